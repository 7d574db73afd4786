import { weightedMean } from '../numbers';
import type { JournalEntry } from './journal';
import type { Standing } from './asha';
import type { DecisionEvent } from './events';
import type { Assignment, Observation } from './types';

/** A trial, as far as the journal tells. */
export interface Trial {
  readonly trial: number;
  readonly assignment: Assignment;
  readonly runs: readonly string[];
  /** Steps that the rungs end at. */
  readonly steps: readonly number[];
  /** The rung that it is, or was last, trained for. */
  rung: number;
  /** Validation accuracy on each rung of each replicate, as far as they are known. */
  readonly scores: (number | undefined)[][];
  /** Validation rows of each replicate, as far as they are known; 1 where the journal does not tell. */
  readonly rows: number[];
  /** Wall time of its stretches of training. */
  seconds: number;
  /** The last decision, if it was none to go on. */
  decision: DecisionEvent | null;
  /** Its checkpoints are gone. */
  isDropped: boolean;
}

/** What a trial scores on a rung. */
export interface Score {
  readonly score: number;
  /** Standard deviation over replicates, with n − 1 in the denominator; absent for a single one. */
  readonly std?: number;
}

/** The score on a rung, once all replicates have done it: the share of all their rows, as folds may differ by one. */
export function scoreOf({ runs, scores, rows }: Trial, rung: number): Score | undefined {
  const all = (scores[rung] ?? []).filter((score) => score !== undefined);
  if (all.length < runs.length) return undefined;
  const score = weightedMean(all, rows);
  if (all.length === 1) return { score };
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
  return { score, std: Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (all.length - 1)) };
}

/** The last rung that a trial has done; -1 before the first. */
export function rungDone(trial: Trial): number {
  return scoreOf(trial, trial.rung) === undefined ? trial.rung - 1 : trial.rung;
}

export const hasFailed = ({ decision }: Trial): boolean => decision?.what === 'failed';

/** All trials of a search: what its journal says, entry by entry. */
export class SearchState {
  readonly trials: Trial[] = [];
  /** Stretches of training that are done. */
  units = 0;
  /** Training that is done, in runs of full length. */
  work = 0;

  /** @param rungs shares of the whole length at which rungs end. */
  constructor(readonly rungs: readonly number[]) {}

  apply(entry: JournalEntry): void {
    if (entry.type === 'trial') {
      const { trial, assignment, runs, steps } = entry;
      this.trials.push({ trial, assignment, runs, steps, rung: 0, scores: [], rows: [], seconds: 0, decision: null, isDropped: false });
    } else if (entry.type === 'unit') {
      const { trial: number, rung, replicate, score, rows = 1, seconds } = entry;
      const trial = this.trials[number]!;
      (trial.scores[rung] ??= [])[replicate] = score;
      trial.rows[replicate] = rows;
      trial.seconds += seconds;
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

  standings(): Standing[] {
    return this.trials.map((trial) => {
      const { trial: number, rung, isDropped } = trial;
      const done = rungDone(trial);
      const scores = Array.from({ length: done + 1 }, (_, k) => scoreOf(trial, k)!.score);
      return { trial: number, scores, state: hasFailed(trial) ? 'failed' : done < rung ? 'running' : isDropped ? 'dropped' : 'waiting' };
    });
  }

  /** What a sampler may know. A first score that is not known yet counts as a failure: it keeps others away until it is. */
  observations(): Observation[] {
    return this.trials.map((trial) => {
      const { assignment } = trial;
      const done = rungDone(trial);
      if (hasFailed(trial) || done < 0) return { assignment, score: 0, budget: 0 };
      return { assignment, score: scoreOf(trial, done)!.score, budget: this.rungs[done]! };
    });
  }

  /** Trials with a score that did not fail, the best first: whoever came further stands before those left behind. */
  ranking(): Trial[] {
    const last = (trial: Trial): number => scoreOf(trial, rungDone(trial))!.score;
    return this.trials
      .filter((trial) => !hasFailed(trial) && rungDone(trial) >= 0)
      .sort((a, b) => rungDone(b) - rungDone(a) || last(b) - last(a) || a.trial - b.trial);
  }
}
