import type { TrainSpec } from '../spec/spec';
import type { Assignment, Sampler } from './types';

/** Everything a search says, as plain JSON objects in the order in which it happens. */
export type SearchEvent = SearchStart | TrialEvent | UnitEvent | DecisionEvent | ProgressEvent | SearchResult;

/** First event: what is about to happen. A search that goes on then tells again the trials, units and decisions of its journal. */
export interface SearchStart {
  readonly type: 'start';
  readonly name: string;
  /** The search's folder. */
  readonly folder: string;
  readonly sampler: Sampler['name'];
  readonly pruner: 'asha' | 'none';
  /** Names of the parameters, in the order in which they are drawn. */
  readonly parameters: readonly string[];
  /** Shares of a trial's length of training at whose ends it is compared with the others, the last is 1. */
  readonly rungs: readonly number[];
  readonly folds: number;
  readonly seeds: number;
  readonly workers: number;
  /** BLAS threads of each worker. */
  readonly threads: number;
  /** How many trials are to be made in all; null where only time or a stop ends the search. */
  readonly trials: number | null;
  /** Seconds that the search may take, those before an interruption included; null for no limit. */
  readonly budget: number | null;
  readonly data: string;
  readonly dataDigest: string;
  /**
   * What the journal of a search that goes on holds already, the seconds it has taken, and a sentence for each of its lines that is
   * damaged or contradicts the others, and so does not count.
   */
  readonly resumed?: { readonly trials: number; readonly units: number; readonly seconds: number; readonly leftOut: readonly string[] };
}

/** A trial is proposed; the first is 0. */
export interface TrialEvent {
  readonly type: 'trial';
  readonly trial: number;
  readonly assignment: Assignment;
  /** Names below the folder of runs of its replicates: folds × seeds of them. */
  readonly runs: readonly string[];
  /** Steps that the rungs end at. */
  readonly steps: readonly number[];
}

/** A replicate of a trial has been trained to the end of a rung. */
export interface UnitEvent {
  readonly type: 'unit';
  readonly trial: number;
  readonly rung: number;
  readonly replicate: number;
  /** Validation accuracy at that step, and of how many rows; absent in journals of earlier versions, which gave all folds one weight. */
  readonly score: number;
  readonly rows?: number;
  readonly step: number;
  /** Wall time of this segment of training. */
  readonly seconds: number;
}

/** What becomes of a trial: to the next rung, no further for the time being, through with the last rung, or failed. */
export interface DecisionEvent {
  readonly type: 'decision';
  readonly trial: number;
  readonly what: 'promoted' | 'pruned' | 'finished' | 'failed';
  /** The rung that the trial has done; of one that failed, the rung in which it did. */
  readonly rung: number;
  /** Mean validation accuracy of its replicates, with their standard deviation where there are several; absent when it failed. */
  readonly score?: number;
  readonly std?: number;
  /** Why it failed. */
  readonly reason?: { readonly code: string; readonly message: string };
}

/** What the workers are at; said about once a second, and not kept. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly running: readonly {
    readonly trial: number; readonly rung: number; readonly replicate: number; readonly step: number; readonly until: number;
  }[];
  /** Wall time of the search so far, that before an interruption included. */
  readonly seconds: number;
  /** Seconds left: of the budget, or as the trials made so far suggest, whichever is less; null while nothing is known. */
  readonly secondsLeft: number | null;
}

/** Why a search ended: its trials are done, its time is up, or it was asked to. */
export type SearchEnd = 'finished' | 'budget' | 'stopped';

/** Last event. */
export interface SearchResult {
  readonly type: 'result';
  readonly name: string;
  readonly ended: SearchEnd;
  /** The trial with the best score among those that came furthest; null when all failed. */
  readonly best: {
    readonly trial: number;
    readonly valAccuracy: number;
    /** Standard deviation over the replicates, where there are several. */
    readonly valAccuracyStd?: number;
    readonly assignment: Assignment;
    /** Ready for `train`. */
    readonly spec: TrainSpec;
    /** The run whose model can be tested, and those of all replicates. */
    readonly run: string;
    readonly runs: readonly string[];
  } | null;
  readonly trials: number;
  /** Trials through the last rung, those left behind on an earlier one, and those that failed. */
  readonly finished: number;
  readonly pruned: number;
  readonly failed: number;
  readonly seconds: number;
}
