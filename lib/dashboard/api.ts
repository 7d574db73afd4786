import type { ImageShape } from '../data/dataset';
import type { Failure, RunState } from '../history/outcome';
import type { LabelScores, TargetPairs } from '../inference/targetPairs';
import type { CalibrationBin, ClassScores } from '../train/metrics';

/** The server's answers to the page, as JSON. Names are paths below the folder of runs: `two-layer-1`, `search-1/trial-003`. */
export interface Catalogue {
  readonly entries: readonly Entry[];
  /** Of the folder of runs. */
  readonly folder: string;
}

/** Something in the folder of runs. */
export type Entry = RunEntry | SearchEntry | DepthEntry;

/** A search or a depth experiment is `done` once its result is written. */
export type ExperimentState = 'running' | 'done' | 'unfinished' | 'damaged';

/** What lists show of results. */
interface Scores {
  /** Of a run as of its result or last evaluation, null where it failed; of an experiment its best. Of a regression the error takes its place. */
  readonly valAccuracy?: number | null;
  readonly valRmse?: number | null;
  /** Of the last evaluation on the test split; of an experiment that of its best run. */
  readonly testAccuracy?: number | null;
  readonly testRmse?: number | null;
}

export interface RunEntry extends Scores {
  readonly kind: 'run';
  readonly name: string;
  readonly state: RunState;
  /** Whether there is a process that a request can stop. */
  readonly stoppable: boolean;
  /** ISO 8601; null while unknown, as all that follows. */
  readonly startedAt: string | null;
  /** When its last process began: as `startedAt` unless it was resumed. */
  readonly begunAt: string | null;
  readonly step: number;
  readonly steps: number | null;
  readonly valLoss: number | null;
  /** Why it failed or is damaged. */
  readonly failure: Failure | null;
}

export interface SearchEntry extends Scores {
  readonly kind: 'search';
  readonly name: string;
  readonly state: ExperimentState;
  readonly startedAt: string | null;
  /** Trials made; null until it ended, as all of its results. */
  readonly done: number | null;
  /** Name of its best run. */
  readonly best: string | null;
  /** What trials are compared by where it is no accuracy, and the best one's value. */
  readonly metric?: string;
  readonly score?: number | null;
  /** Whether there are processes that a request can stop. */
  readonly stoppable: boolean;
  /** What is damaged. */
  readonly failure: Failure | null;
}

/** A depth experiment; its runs are entries of their own. */
export interface DepthEntry extends Scores {
  readonly kind: 'depth';
  readonly name: string;
  readonly state: ExperimentState;
  readonly startedAt: string | null;
  readonly runs: readonly string[];
  /** Nets trained; null until all are. */
  readonly done: number | null;
  readonly best: string | null;
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

/** A score under the name that people call it by. */
export interface ShownScore {
  readonly title: string;
  readonly value: number;
  readonly isShare: boolean;
}

/** What every examination of a run's model on the validation rows has. Never made from test rows. */
interface Examined {
  readonly run: string;
  /** Steps that the model had been trained for. */
  readonly step: number;
  readonly rows: number;
  readonly loss: number;
}

/** Of a model of numbers: each target beside its predictions. */
export interface NumberExamination extends Examined {
  readonly of: 'numbers';
  readonly scores: readonly ShownScore[];
  readonly targets: readonly TargetPairs[];
}

/** Of a model of labels. */
export interface LabelExamination extends Examined {
  readonly of: 'labels';
  readonly scores: readonly ShownScore[];
  readonly labels: readonly LabelScores[];
}

export type Examination = ClassExamination | NumberExamination | LabelExamination;

/** Of a model of classes, with examples. */
export interface ClassExamination extends Examined {
  readonly of: 'classes';
  readonly accuracy: number;
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

/** What an exported page is told instead of asking a server: which script of its folder `data/` has the answer to a request. */
export interface ExportedSite {
  /** ISO 8601. */
  readonly madeAt: string;
  /** Numbers of scripts by {@link answerKey}. */
  readonly answers: Readonly<Record<string, number>>;
}

/** How the text of an exported answer is read: as it stands, as bytes, or as a {@link Refusal}. */
export type AnswerKind = 'text' | 'base64' | 'refused';

/** What a request is found by in an exported page, where a file that grows is one answer. */
export function answerKey(path: string, { from: _, check: __, ...query }: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}

/** Files that grow; the page reads what follows its last position. */
export const tailFiles = ['metrics.jsonl', 'weights.film', 'journal.jsonl'] as const;
/** Files that are replaced as a whole. */
export const wholeFiles = ['spec.json'] as const;
/** This many bytes before the page's position are compared; where they differ a file was cut, and is read from its start. */
export const checkedBytes = 32;
