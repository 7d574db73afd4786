import type { JournalContents } from '../search/journal';
import type { Parameter } from '../search/types';
import { SearchTrials } from './searchTrials';
import type { TrialSummary } from './searchTrials';

/** What the pictures of a search show. */
export interface SearchHistory {
  readonly name: string;
  readonly parameters: readonly Pick<Parameter, 'name' | 'domain'>[];
  readonly trials: readonly TrialSummary[];
  /** The trials with a score, the best first. */
  readonly ranking: readonly TrialSummary[];
  /** Share of the scores' variance that a parameter explains, by name, where it is known. */
  readonly importances?: Readonly<Record<string, number>>;
}

/** More trials than these cannot be told apart in a picture; the best are drawn. */
export const mostDrawn = 400;

/** The trials that a search's journal tells of. */
export function searchHistory({ head, entries }: Pick<JournalContents, 'head' | 'entries'>, importances?: SearchHistory['importances']): SearchHistory {
  const trials = new SearchTrials();
  for (const entry of entries) if (entry.type === 'trial' || entry.type === 'unit' || entry.type === 'decision') trials.handle(entry);
  const { name, spec } = head;
  return { name, parameters: spec.space.parameters, trials: trials.all, ranking: trials.ranking, ...(importances && { importances }) };
}

/** How many trials came to which end, as the line below a picture's title. */
export function trialCounts({ trials }: Pick<SearchHistory, 'trials'>): string {
  const count = (state: TrialSummary['state'], what: string): string[] => {
    const n = trials.filter((trial) => trial.state === state).length;
    return n === 0 ? [] : [`${n} ${what}`];
  };
  return [
    `${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`,
    ...count('finished', 'trained to the end'), ...count('pruned', 'left behind'), ...count('running', 'not ended'), ...count('failed', 'failed'),
  ].join(', ');
}
