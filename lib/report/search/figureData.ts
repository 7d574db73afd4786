import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRunHistory } from '../../history/readRunHistory';
import { countTrials, SearchHistory } from '../../history/searchHistory';
import type { TrialSummary } from '../../history/searchHistory';
import { weightedMean } from '../../numbers';
import type { JournalContents } from '../../search/journal';
import type { Parameter } from '../../search/types';
import type { Point } from '../drawing/thin';

/** The data of a search's figures. */
export interface SearchFigureData {
  readonly name: string;
  readonly parameters: readonly Pick<Parameter, 'name' | 'domain'>[];
  readonly trials: readonly TrialSummary[];
  /** What their scores are. */
  readonly metric: string;
  /** The trials with a score, the best first. */
  readonly ranking: readonly TrialSummary[];
  /** Share of the scores' variance that a parameter explains, by name, where it is known. */
  readonly importances?: Readonly<Record<string, number>>;
}

/** Only so many trials are drawn, the best: more could not be told apart. */
export const maxDrawn = 400;

/** The figures' data from the journal of a search. */
export function searchFigureData(
  { head, entries }: Pick<JournalContents, 'head' | 'entries'>, importances?: SearchFigureData['importances'],
): SearchFigureData {
  const history = new SearchHistory();
  for (const entry of [{ elapsed: 0, ...head }, ...entries]) history.apply(entry);
  const { trials, ranking, metric } = history;
  return { name: head.name, metric, parameters: head.spec.space.parameters, trials, ranking, ...(importances && { importances }) };
}

/**
 * The same with the curves that the metrics of its runs in that folder hold, which are finer than the scores at the
 * ends of rungs; of several replicates their mean over rows. A trial whose runs are gone keeps its curve. Throws as
 * `readRunHistory` does.
 */
export function withRunCurves(data: SearchFigureData, runs: string): SearchFigureData {
  const trials = data.trials.map((trial) => ({ ...trial, curve: runCurve(trial, runs) }));
  const ranking = data.ranking.map(({ trial: number }) => trials.find(({ trial }) => trial === number)!);
  return { ...data, trials, ranking };
}

function runCurve(trial: TrialSummary, runs: string): readonly Point[] {
  const files = trial.runs.map((run) => join(runs, run, 'metrics.jsonl'));
  if (!files.every(existsSync)) return trial.curve;
  const curves = files.map((file) => {
    const { evaluations } = readRunHistory(file);
    return new Map(evaluations.map(({ step, monitored, valAccuracy = NaN }) => [step, monitored?.value ?? valAccuracy]));
  });
  const [first] = curves;
  return [...first!.keys()]
    .filter((step) => curves.every((curve) => curve.has(step)))
    .map((step) => [step, weightedMean(curves.map((curve) => curve.get(step)!), trial.rows)]);
}

/** The number of trials in each state, for the subtitle of a figure. */
export function trialCounts({ trials }: Pick<SearchFigureData, 'trials'>): string {
  const count = (state: TrialSummary['state'], what: string): string[] => {
    const n = countTrials(trials, state);
    return n === 0 ? [] : [`${n} ${what}`];
  };
  return [
    `${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`,
    ...count('finished', 'trained to the end'), ...count('pruned', 'left behind'), ...count('running', 'not ended'), ...count('failed', 'failed'),
  ].join(', ');
}

/** What the scores are, for the words of figures, and how they are written. */
export function scoreAxisOf({ metric }: Pick<SearchFigureData, 'metric'>): { readonly label: string; readonly yFormat: 'percent' | 'number' } {
  return { label: `validation ${metric}`, yFormat: metric === 'accuracy' ? 'percent' : 'number' };
}
