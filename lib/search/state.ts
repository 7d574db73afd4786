import { describe } from '../errors';
import { weightedMean } from '../numbers';
import type { Standing } from './asha';
import { isIn } from './domain';
import type { DecisionEvent, SearchMonitor } from './events';
import type { JournalEntry, SearchHead } from './records';
import type { Assignment, Observation } from './types';

/** A trial, as recorded in the journal. */
export interface Trial {
  readonly trial: number;
  readonly assignment: Assignment;
  readonly runs: readonly string[];
  /** Steps at which the rungs end. */
  readonly steps: readonly number[];
  /** The rung that it is being trained for, or was last. */
  rung: number;
  /** The monitored metric by rung and replicate; undefined while unknown. */
  readonly scores: (number | undefined)[][];
  /** Validation rows of each replicate that has a score; 1 where the journal, of an earlier version, has none. */
  readonly rows: number[];
  /** Wall time of its segments of training. */
  seconds: number;
  /** The last decision, unless that was a promotion. */
  decision: DecisionEvent | null;
  /** It can no longer be promoted, and its checkpoints are deleted. */
  isDropped: boolean;
}

/** The score of a trial on a rung. */
export interface Score {
  readonly score: number;
  /** Standard deviation over replicates, with n − 1 in the denominator; absent for a single one. */
  readonly std?: number;
}

/** The score on a rung, undefined until all replicates have finished it: their mean weighted by rows, as folds can differ by one row. */
export function scoreOf({ runs, scores, rows }: Trial, rung: number): Score | undefined {
  const all = (scores[rung] ?? []).filter((score) => score !== undefined);
  if (all.length < runs.length) return undefined;
  const score = weightedMean(all, rows);
  if (all.length === 1) return { score };
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
  return { score, std: Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (all.length - 1)) };
}

/** The last rung that a trial has finished; -1 before the first. */
export function rungDone(trial: Trial): number {
  return scoreOf(trial, trial.rung) === undefined ? trial.rung - 1 : trial.rung;
}

/** Whether a trial is to be trained: it did not fail, and not all of its replicates have finished its rung. */
export const isPending = (trial: Trial): boolean => !hasFailed(trial) && scoreOf(trial, trial.rung) === undefined;

export const hasFailed = ({ decision }: Trial): boolean => decision?.what === 'failed';

/** All trials of a search, built up from the entries of its journal. */
export class SearchState {
  readonly trials: Trial[] = [];
  /** Segments of training that are done. */
  units = 0;
  /** Training that is done, as a number of runs of full length, and the seconds that workers have spent on it. */
  work = 0;
  seconds = 0;
  /** Nothing was left to do at the last entry. */
  hasEnded = false;

  /**
   * @param rungs where the rungs end, as shares of the full length of training.
   * @param better which scores are.
   */
  constructor(readonly rungs: readonly number[], private readonly better: SearchMonitor['better'] = 'higher') {}

  apply(entry: JournalEntry): void {
    if (entry.type !== 'resume') this.hasEnded = entry.type === 'ended';
    if (entry.type === 'trial') {
      const { trial, assignment, runs, steps } = entry;
      this.trials.push({ trial, assignment, runs, steps, rung: 0, scores: [], rows: [], seconds: 0, decision: null, isDropped: false });
    } else if (entry.type === 'unit') {
      const { trial: number, rung, replicate, score, rows = 1, seconds } = entry;
      const trial = this.trials[number]!;
      (trial.scores[rung] ??= [])[replicate] = Number.isFinite(score) ? score : this.better === 'higher' ? 0 : Infinity; // NaN ranks with failed trials
      trial.rows[replicate] = rows;
      trial.seconds += seconds;
      this.seconds += seconds;
      this.units++;
      this.work += this.rungs[rung]! - (this.rungs[rung - 1] ?? 0);
    } else if (entry.type === 'decision') {
      const trial = this.trials[entry.trial]!;
      if (entry.what === 'promoted') trial.rung = entry.rung + 1;
      trial.decision = entry.what === 'promoted' ? null : entry;
    } else if (entry.type === 'dropped') {
      this.trials[entry.trial]!.isDropped = true;
    }
  }

  /** A score as a number of which higher is better. */
  private rankOf(score: number): number {
    return this.better === 'higher' ? score : -score;
  }

  standings(): Standing[] {
    return this.trials.map((trial) => {
      const { trial: number, rung, isDropped } = trial;
      const done = rungDone(trial);
      const scores = Array.from({ length: done + 1 }, (_, k) => this.rankOf(scoreOf(trial, k)!.score));
      return { trial: number, scores, state: hasFailed(trial) ? 'failed' : done < rung ? 'running' : isDropped ? 'dropped' : 'waiting' };
    });
  }

  /** Observations for the sampler. A trial without a score counts as failed, so that its neighbourhood is avoided until it has one. */
  observations(): Observation[] {
    return this.trials.map((trial) => {
      const { assignment } = trial;
      const done = rungDone(trial);
      if (hasFailed(trial) || done < 0) return { assignment, score: 0, budget: 0 };
      return { assignment, score: this.rankOf(scoreOf(trial, done)!.score), budget: this.rungs[done]! };
    });
  }

  /** Trials that have a score and did not fail, the best first; those that finished a higher rung stand before all others. */
  ranking(): Trial[] {
    const last = (trial: Trial): number => this.rankOf(scoreOf(trial, rungDone(trial))!.score);
    return this.trials
      .filter((trial) => !hasFailed(trial) && rungDone(trial) >= 0)
      .sort((a, b) => rungDone(b) - rungDone(a) || compare(last(b), last(a)) || a.trial - b.trial);
  }
}

/** a − b, also where both are infinite. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Names of trials' runs, SEARCH/RUN, as `runName` makes them. */
const runPattern = /^[^/]+\/trial-\d{3,}(-fold\d+)?(-seed\d+)?$/;

/**
 * What was expected and what was received, where a journal entry contradicts those before it; undefined for one that fits. Resumed
 * from a contradictory journal, a search could wait for ever or write into the folders of other runs.
 */
export function contradictionOf(
  entry: JournalEntry, { trials, rungs }: SearchState, { spec: { space: { parameters }, folds, seeds } }: Pick<SearchHead, 'spec'>,
): readonly [what: string, received: string] | undefined {
  if (entry.type === 'search') return ['a single start of the search', 'a second one'];
  if (entry.type === 'resume' || entry.type === 'ended') return undefined;
  if (entry.type === 'trial') {
    const { trial, assignment, runs, steps } = entry;
    if (trial !== trials.length) return [`trial ${String(trials.length)}`, `trial ${String(trial)}`];
    if (runs.length !== folds * seeds) return [`${String(folds * seeds)} runs`, String(runs.length)];
    const stranger = runs.find((run) => !runPattern.test(run)) ?? runs.find((run, i) => runs.indexOf(run) !== i);
    if (stranger !== undefined) return ['a run of its own for each replicate', stranger];
    if (steps.length !== 0 && steps.length !== rungs.length) return [`${String(rungs.length)} steps at which rungs end`, String(steps.length)];
    for (const [name, value] of Object.entries(assignment)) {
      const parameter = parameters.find((one) => one.name === name);
      if (parameter === undefined) return ['parameters of the space', name];
      if (!isIn(parameter.domain, value)) return [`a value that ${name} can have`, describe(value)];
    }
    return undefined;
  }
  const trial = trials[entry.trial];
  if (trial === undefined) return ['a trial that was proposed', `trial ${String(entry.trial)}`];
  if (entry.type === 'dropped') return undefined;
  if (entry.rung !== trial.rung) return [`rung ${String(trial.rung)} of trial ${String(trial.trial)}`, `rung ${String(entry.rung)}`];
  if (entry.type === 'decision') {
    const { what, rung } = entry;
    // Several replicates are trained at once, and more than one can fail.
    if (what === 'failed') return undefined;
    if (hasFailed(trial)) return [`nothing after the failure of trial ${String(trial.trial)}`, what];
    if (scoreOf(trial, rung) === undefined) return [`scores of all replicates of trial ${String(trial.trial)} before a decision`, what];
    if (what === 'promoted' ? rung === rungs.length - 1 : trial.decision !== null) return ['a decision that was to be made', what];
    return undefined;
  }
  if (entry.replicate >= trial.runs.length) return [`one of ${String(trial.runs.length)} replicates`, String(entry.replicate)];
  if (entry.type === 'unit' && trial.scores[entry.rung]?.[entry.replicate] !== undefined) return ['each replicate of a rung once', `replicate ${String(entry.replicate)} again`];
  return undefined;
}
