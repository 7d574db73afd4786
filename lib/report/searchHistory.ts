import type { Parameter } from '../search/types';
import type { TrialSummary } from './searchTrials';

/** What the pictures of a search show. */
export interface SearchHistory {
  readonly name: string;
  readonly parameters: readonly Pick<Parameter, 'name' | 'domain'>[];
  /** How many rungs a trial has that goes all the way. */
  readonly rungs: number;
  readonly trials: readonly TrialSummary[];
  /** The trials with a score, the best first. */
  readonly ranking: readonly TrialSummary[];
  /** Share of the scores' variance that a parameter explains, by name, where it is known. */
  readonly importances?: Readonly<Record<string, number>>;
}

/** How many trials came to which end, as the line below a picture's title. */
export function trialCounts({ trials }: Pick<SearchHistory, 'trials'>): string {
  const count = (state: TrialSummary['state'], what: string): string[] => {
    const n = trials.filter((trial) => trial.state === state).length;
    return n === 0 ? [] : [`${n} ${what}`];
  };
  return [
    `${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`,
    ...count('finished', 'trained to the end'), ...count('pruned', 'left behind'), ...count('failed', 'failed'),
  ].join(', ');
}
