import type { ImageShape } from '../data/dataset';
import type { CalibrationBin, ClassScores } from '../train/metrics';

/** The server's answers to the page, as JSON. Names are paths below the folder of runs: `two-layer-1`, `search-1/trial-003`. */
export interface Catalogue {
  readonly entries: readonly Entry[];
  /** Of the folder of runs. */
  readonly folder: string;
}

/** Something in the folder of runs. */
export type Entry = RunEntry | SearchEntry | DepthEntry;

/**
 * `running` is a run whose folder a live process owns, and a trial whose search's does and whose metrics are fresh; `unfinished` has
 * neither a process nor a result; a file of a `damaged` one cannot be read, or does not have the expected content.
 */
export type RunState = 'running' | 'finished' | 'stopped' | 'failed' | 'unfinished' | 'damaged';

/** Why something failed, or what is damaged. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface RunEntry {
  readonly kind: 'run';
  readonly name: string;
  readonly state: RunState;
  /** Whether there is a process that a request can stop. */
  readonly stoppable: boolean;
  /** ISO 8601; null while unknown, as all that follows. */
  readonly startedAt: string | null;
  readonly step: number;
  readonly steps: number | null;
  /** Of the last evaluation, or of the result. */
  /** Of a regression its error takes its place. */
  readonly valAccuracy?: number | null;
  readonly valRmse?: number | null;
  readonly valLoss: number | null;
  /** Why it failed or is damaged. */
  readonly failure: Failure | null;
}

export interface SearchEntry {
  readonly kind: 'search';
  readonly name: string;
  readonly startedAt: string | null;
  /** What is damaged. */
  readonly failure: Failure | null;
}

/** A depth experiment; its runs are entries of their own. */
export interface DepthEntry {
  readonly kind: 'depth';
  readonly name: string;
  readonly runs: readonly string[];
  /** What is damaged. */
  readonly failure: Failure | null;
}

/** A validation row with the model's prediction. */
export interface ShownRow {
  readonly row: number;
  readonly label: number;
  readonly prediction: number;
  /** Of the most probable classes, in falling order, and of the label. */
  readonly probabilities: readonly { readonly label: number; readonly probability: number }[];
  /** Bytes of the picture in planes of channels, base64; absent where rows are no images. */
  readonly pixels?: string;
}

/** Scores of a run's model on the validation rows, with examples. Never made from test rows. */
export interface Examination {
  readonly run: string;
  /** Steps that the model had been trained for. */
  readonly step: number;
  readonly rows: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape | null;
  /** confusion[label][prediction], in rows. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassScores[];
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationBin[];
  /** The rows of the examples. */
  readonly shown: readonly ShownRow[];
  /** For `label-prediction` the most confident examples, as indices into `shown`. */
  readonly examples: Readonly<Record<string, readonly number[]>>;
  /** Where the model gave the label the least probability, worst first, as indices into `shown`. */
  readonly worst: readonly number[];
}

/** The server's answer to a request that it refuses. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Files that grow; the page reads what follows its last position. */
export const tailFiles = ['metrics.jsonl', 'weights.film', 'journal.jsonl'] as const;
/** Files that are replaced as a whole. */
export const wholeFiles = ['spec.json'] as const;
/** This many bytes before the page's position are compared; where they differ a file was cut, and is read from its start. */
export const checkedBytes = 32;
