import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { weightedMean } from '../../numbers';
import type { JournalContents } from '../../search/journal';
import type { Parameter } from '../../search/types';
import { readMetrics } from '../metrics';
import { SearchTrials } from './trials';
import type { TrialSummary } from './trials';
import type { Point } from '../drawing/thin';

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
export const maxDrawn = 400;

/** The trials that a search's journal tells of. */
export function searchHistory({ head, entries }: Pick<JournalContents, 'head' | 'entries'>, importances?: SearchHistory['importances']): SearchHistory {
  const trials = new SearchTrials();
  for (const entry of entries) if (entry.type === 'trial' || entry.type === 'unit' || entry.type === 'decision') trials.handle(entry);
  const { name, spec } = head;
  return { name, parameters: spec.space.parameters, trials: trials.all, ranking: trials.ranking, ...(importances && { importances }) };
}

/**
 * The history with the curves that the metrics of its runs in that folder hold, which are finer than the scores at the
 * ends of rungs; of several replicates their mean over rows. A trial whose runs are gone keeps its curve. Throws as `readMetrics`
 * does.
 */
export function withRunCurves(history: SearchHistory, runs: string): SearchHistory {
  const trials: TrialSummary[] = [];
  for (const trial of history.trials) trials.push({ ...trial, curve: runCurve(trial, runs) });
  const ranking = history.ranking.map(({ trial: number }) => trials.find(({ trial }) => trial === number)!);
  return { ...history, trials, ranking };
}

function runCurve(trial: TrialSummary, runs: string): readonly Point[] {
  const files = trial.runs.map((run) => join(runs, run, 'metrics.jsonl'));
  if (!files.every(existsSync)) return trial.curve;
  const curves = files.map((file) => {
    const { evaluations } = readMetrics(file);
    return new Map(evaluations.map(({ step, valAccuracy }) => [step, valAccuracy]));
  });
  const [first] = curves;
  return [...first!.keys()]
    .filter((step) => curves.every((curve) => curve.has(step)))
    .map((step) => [step, weightedMean(curves.map((curve) => curve.get(step)!), trial.rows)]);
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
