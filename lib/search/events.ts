import type { TrainSpec } from '../spec/spec';
import type { Assignment, Sampler } from './types';

/** Events of a search, plain JSON objects in the order in which they happen. */
export type SearchEvent = SearchStart | TrialEvent | UnitEvent | DecisionEvent | ProgressEvent | SearchResult;

/** A metric of the validation rows, and which of its values are better. */
export interface SearchMonitor {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
}

/** First event. A resumed search then repeats the trials, units and decisions of its journal. */
export interface SearchStart {
  readonly type: 'start';
  readonly name: string;
  /** The search's folder. */
  readonly folder: string;
  readonly sampler: Sampler['name'];
  readonly pruner: 'asha' | 'none';
  /** Names of the parameters, in the order in which they are drawn. */
  readonly parameters: readonly string[];
  /** Where the rungs end, as shares of a trial's full length of training; the last is 1. */
  readonly rungs: readonly number[];
  readonly folds: number;
  readonly seeds: number;
  /** What trials are compared by; absent where a search of an earlier version goes on: the accuracy. */
  readonly monitor?: SearchMonitor | undefined;
  readonly workers: number;
  /** Threads of the kernels in each worker. */
  readonly threads: number;
  /** Number of trials to make in all; null where only time or a stop ends the search. */
  readonly trials: number | null;
  /** Seconds that the search may take, those before an interruption included; null for no limit. */
  readonly budget: number | null;
  readonly data: string;
  readonly dataDigest: string;
  /**
   * Of a resumed search: how many trials and units its journal holds, the seconds it has taken, and a sentence for each line of the
   * journal that is left out because it is damaged or contradicts the others.
   */
  readonly resumed?: { readonly trials: number; readonly units: number; readonly seconds: number; readonly leftOut: readonly string[] };
}

/** A trial has been proposed; the first is 0. */
export interface TrialEvent {
  readonly type: 'trial';
  readonly trial: number;
  readonly assignment: Assignment;
  /** The runs of its folds × seeds replicates, by name below the folder of runs. */
  readonly runs: readonly string[];
  /** Steps at which the rungs end. */
  readonly steps: readonly number[];
}

/** A unit is done: one replicate of a trial has been trained to the end of a rung. */
export interface UnitEvent {
  readonly type: 'unit';
  readonly trial: number;
  readonly rung: number;
  readonly replicate: number;
  /** The monitored metric at that step, and the number of validation rows. Journals of earlier versions, which weighted all folds alike, have no rows. */
  readonly score: number;
  readonly rows?: number;
  readonly step: number;
  /** Wall time of this segment of training. */
  readonly seconds: number;
  /** The monitored metric at the evaluations of the segment, of many at 100; absent in journals of earlier versions. */
  readonly curve?: readonly (readonly [step: number, value: number])[];
}

/** A decision on a trial that has finished a rung: promoted to the next, pruned (it may still be promoted later), finished with the last rung; or failed. */
export interface DecisionEvent {
  readonly type: 'decision';
  readonly trial: number;
  readonly what: 'promoted' | 'pruned' | 'finished' | 'failed';
  /** The rung that the trial has finished, or in which it failed. */
  readonly rung: number;
  /** Mean of the monitored metric over its replicates, and their standard deviation where there are several; absent when it failed. */
  readonly score?: number;
  readonly std?: number;
  /** Why it failed. */
  readonly reason?: { readonly code: string; readonly message: string };
}

/** What the workers are training; about once a second, and not written to the journal. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly running: readonly {
    readonly trial: number; readonly rung: number; readonly replicate: number; readonly step: number; readonly until: number;
  }[];
  /** Wall time of the search so far, including that before an interruption. */
  readonly seconds: number;
  /** Seconds left: of the budget, or estimated from the trials so far, whichever is less; null while unknown. */
  readonly secondsLeft: number | null;
}

/** Why a search ended: its trials are done, its time is up, or it was stopped. */
export type SearchEnd = 'finished' | 'budget' | 'stopped';

/** Last event. */
export interface SearchResult {
  readonly type: 'result';
  readonly name: string;
  readonly ended: SearchEnd;
  /** The trial with the best score on the highest rung that any finished; null when all failed. */
  readonly best: {
    readonly trial: number;
    /** The metric that trials are compared by. */
    readonly score: number;
    /** Standard deviation over the replicates, where there are several. */
    readonly scoreStd?: number | undefined;
    /** The same two, where the metric is the accuracy. */
    readonly valAccuracy?: number | undefined;
    readonly valAccuracyStd?: number | undefined;
    readonly assignment: Assignment;
    /** Ready for `train`. */
    readonly spec: TrainSpec;
    /** The first replicate's run, whose model can be tested, and the runs of all replicates. */
    readonly run: string;
    readonly runs: readonly string[];
  } | null;
  readonly trials: number;
  /** Trials that finished the last rung, that stayed on an earlier one, and that failed. */
  readonly finished: number;
  readonly pruned: number;
  readonly failed: number;
  readonly seconds: number;
}
