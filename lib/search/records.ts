import type { TrialEvent, UnitEvent, DecisionEvent, SearchMonitor, SearchResult } from './events';
import type { PairedComparison } from './analysis/bootstrap';
import type { Importances } from './analysis/importance';
import type { SearchSpec } from './searchSpec';
import type { Assignment } from './types';

// Types of what a search writes to disk: entries of journal.jsonl, and search.json. Their shapes stand in shapes.ts.

/** What may differ when a search is resumed. */
export interface SearchLimits {
  readonly workers: number;
  /** Threads of the kernels in each worker. */
  readonly threads: number;
  readonly trials: number | null;
  /** Seconds, those before an interruption included. */
  readonly budget: number | null;
}

/** First line of a journal. */
export interface SearchHead extends SearchLimits {
  readonly type: 'search';
  readonly name: string;
  readonly startedAt: string;
  /** Of blastrain. */
  readonly version: string;
  readonly spec: SearchSpec;
  /** What trials are compared by; absent in journals of earlier versions, where it is the accuracy. */
  readonly monitor?: SearchMonitor | undefined;
  readonly data: string;
  readonly dataDigest: string;
  /** Of a shared search, which any number of processes work on: what the last bits of its runs depend on, but for the threads. */
  readonly shared?: Readonly<Record<string, string>> | undefined;
}

/** One line of a journal. */
export type JournalEntry = { /** Seconds that the search has taken. */ readonly elapsed: number } & (
  | SearchHead
  | (SearchLimits & { readonly type: 'resume'; readonly at: string })
  | TrialEvent
  /** A worker starts to train a replicate for a rung; of a shared search, on which host and in which process. */
  | { readonly type: 'begun'; readonly trial: number; readonly rung: number; readonly replicate: number; readonly host?: string | undefined; readonly pid?: number | undefined }
  | UnitEvent
  | DecisionEvent
  /** The trial can no longer be promoted; its checkpoints are deleted. */
  | { readonly type: 'dropped'; readonly trial: number }
  /** Nothing is left to do, unless more trials are asked for. */
  | { readonly type: 'ended' }
);

/** A line of the ranking in search.json. */
export interface RankedTrial {
  readonly trial: number;
  readonly assignment: Assignment;
  readonly runs: readonly string[];
  /** The last rung that it has finished, the step at its end, and the score there. */
  readonly rung: number;
  readonly step: number;
  readonly score: number;
  readonly scoreStd?: number | undefined;
  /** The same, where it is the accuracy. */
  readonly valAccuracy?: number | undefined;
  readonly valAccuracyStd?: number | undefined;
  readonly finished: boolean;
  readonly seconds: number;
}

/** Importance of each parameter for the scores on a rung: the first, which most trials have finished. */
export interface ParameterImportances extends Importances {
  readonly rung: number;
}

/** The best trial compared with the next that reached the same rung, on the validation rows of all replicates. */
export interface Significance extends PairedComparison {
  readonly winner: number;
  readonly runnerUp: number;
}

/** Contents of search.json. */
export interface SearchReport extends SearchResult {
  /** The best first; trials on a higher rung stand before those on a lower one. */
  readonly ranking: readonly RankedTrial[];
  /** Null where too few trials have a score. */
  readonly importances: ParameterImportances | null;
  /** Null where no other trial reached the rung of the best. */
  readonly significance: Significance | null;
  readonly failures: readonly { readonly trial: number; readonly assignment: Assignment; readonly code: string; readonly message: string }[];
}
