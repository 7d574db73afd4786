import type { ImageShape } from '../data/dataset';
import type { TableName } from '../history/curves/runSeries';
import type { Failure, RunState } from '../history/outcome';
import type { LabelScores, TargetPairs } from '../inference/targetPairs';
import type { EpochEvent, EvaluationEvent, HealthEvent, HistogramsEvent, ResultEvent, StartEvent, WarningEvent } from '../train/events';
import type { Best } from '../history/bestScore';
import type { Labels } from '../runFolder/labels';
import type { CalibrationBin, ClassScores } from '../train/metrics';

/** The server's answers to the page, as JSON. Names are paths below the folder of runs: `two-layer-1`, `search-1/trial-003`. */
export interface Catalogue {
  /** All, or those that have changed since the revision that the page has named. */
  readonly entries: readonly Entry[];
  /** Names of those that are not there any more since then. */
  readonly gone: readonly string[];
  /** To be named when the list is asked for again. */
  readonly revision: number;
  /** Of the folder of runs. */
  readonly folder: string;
  /** All keys of specs with their defaults; only where no revision was named. */
  readonly defaults?: Readonly<Record<string, KeyValue>>;
}

/** A key's value as lists show it: a list of sizes as 3072-100-10, other lists and objects as JSON. */
export type KeyValue = string | number | boolean | null;

/** Something in the folder of runs. */
export type Entry = RunEntry | SearchEntry | DepthEntry;

/** A search or a depth experiment is `done` once its result is written. */
export type ExperimentState = 'running' | 'done' | 'unfinished' | 'damaged';

/** What lists show of results. */
interface Scores extends LabelsEntry {
  /** Of a run as of its result or last evaluation, null where it failed; of an experiment its best. Of a regression the error takes its place. */
  readonly valAccuracy?: number | null;
  readonly valRmse?: number | null;
  /** Of the last evaluation on the test split; of an experiment that of its best run. */
  readonly testAccuracy?: number | null;
  readonly testRmse?: number | null;
  readonly testLoss?: number | null;
}

/** What people wrote about something. */
export interface LabelsEntry {
  readonly labels: Labels;
  /** Why that cannot be read. */
  readonly badLabels?: string;
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
  /** Of the training rows before the last evaluation; before the first of the last step. */
  readonly trainLoss: number | null;
  readonly trainAccuracy?: number | null;
  readonly trainRmse?: number | null;
  /** Of the metric that the training goes by. */
  readonly best: Best | null;
  readonly epoch: number | null;
  readonly parameters: number | null;
  /** Wall time of the training; null until it ended, as the mean of its steps. */
  readonly seconds: number | null;
  readonly stepMilliseconds: number | null;
  /** Keys of its spec that differ from their defaults. */
  readonly keys: Readonly<Record<string, KeyValue>>;
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

/** What is known of a run beside its curves. */
export interface CurvesState {
  readonly start: StartEvent | null;
  readonly result: ResultEvent | null;
  readonly step: number;
  readonly best: EvaluationEvent | null;
  readonly lastEvaluation: EvaluationEvent | null;
  readonly lastEpoch: EpochEvent | null;
  readonly lastHealth: HealthEvent | null;
  readonly warnings: readonly WarningEvent[];
  /** Of the last step. */
  readonly learningRate: number | null;
  readonly isRegression: boolean;
  readonly hasAccuracy: boolean;
  readonly hasRmse: boolean;
}

/** Some rows of a table of numbers; where there are many, a point stands for `stride` of them. */
export interface TablePart {
  /** Rows of the table in whole. */
  readonly count: number;
  /** Of each axis, its value in the first and in the last row. */
  readonly ends: Readonly<Record<string, readonly [first: number | null, last: number | null]>>;
  /** Rows of a point, a power of two. */
  readonly stride: number;
  /** The row that the first point begins with, a multiple of `stride`. */
  readonly first: number;
  /** Where `stride` is 1 values, else means; null where there is none. Of `weight` sums. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
  /** The least and the greatest value of each point, by column; absent where `stride` is 1, and for axes. */
  readonly ranges: Readonly<Record<string, { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] }>>;
}

/** The numbers of a run's events, and its state. */
export interface CurvesAnswer {
  /** Another than the page has where all that the page has is void. */
  readonly version: string;
  /** Bytes of the metrics that were read so far, and that there are. */
  readonly read: number;
  readonly size: number;
  readonly hasMore: boolean;
  readonly state: CurvesState;
  readonly tables: Readonly<Partial<Record<TableName, TablePart>>>;
}

/** Histograms of a run's layers. */
export interface HistogramsAnswer {
  /** Another than the page has where all that the page has is void. */
  readonly version: string;
  /** Whether there are lines that were not looked at yet. */
  readonly hasMore: boolean;
  /** Every so many moments that were recorded one is sent, and the last. */
  readonly stride: number;
  /** How many of those sent before still hold. */
  readonly first: number;
  readonly moments: readonly HistogramsEvent[];
  /** Whether the last of them is sent only because it is the last, and gives way to what follows. */
  readonly isLastExtra: boolean;
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

/** A request to change labels: those of `change` are replaced, by null removed. */
export interface LabelChange {
  readonly run: string;
  readonly change: { readonly [Key in keyof Labels]?: Labels[Key] | null };
}

/** What became of a request to change, delete or restore several runs; each is done or refused by itself. */
export interface EditAnswer {
  /** Of what was deleted the `id` restores it. */
  readonly done: readonly { readonly run: string; readonly id?: string }[];
  readonly refused: readonly Refused[];
}

export interface Refused {
  readonly run: string;
  readonly message: string;
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

/** Keys of queries that tell what of a file or of curves a page lacks: an exported page has all of it in one answer. */
const partial = new Set(['from', 'check', 'tables', 'version', 'known', 'low', 'high', 'points']);

/** What a request is found by in an exported page. */
export function answerKey(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(Object.entries(query).filter(([key]) => !partial.has(key))).toString()}`;
}

/** Files that grow; the page reads what follows its last position. */
export const tailFiles = ['metrics.jsonl', 'weights.film', 'journal.jsonl'] as const;
/** Files that are replaced as a whole. */
export const wholeFiles = ['spec.json'] as const;
/** This many bytes before the page's position are compared; where they differ a file was cut, and is read from its start. */
export const checkedBytes = 32;
