import type { Column } from '../data/columns/column';
import type { EncodedColumn, NumberScale } from '../data/columns/encoded';
import type { ImageShape } from '../data/dataset';
import type { TargetScale } from '../data/targetScale';
import { anything, count, flag, listOf, nullOr, number, objectOf, oneOf, optional, refine, shapeOf, text, unionOf } from '../files/shape';
import type { Shape } from '../files/shape';
import type { PlateauState } from '../optim/schedules';
import type { RowScores } from './diagnose';
import type { Examination } from './examination';
import type { HealthState } from './health';
import type { RunningSums } from './sums';
import type { BestEvaluation, TrainingProgress } from './train';

/** Facts about a trained model, beside its arrays. */
export interface CheckpointFacts {
  /** The spec of the run, as plain JSON. */
  readonly spec: unknown;
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
  /** What the features are, where they have names. */
  readonly columns?: readonly Column[] | undefined;
  /** Names of the target's columns, where they have some. */
  readonly targetNames?: readonly string[] | undefined;
  /** How they become inputs, where they are not all numbers that are there. */
  readonly encoding?: readonly EncodedColumn[] | undefined;
  /** How numeric targets were scaled, where they were. */
  readonly targetScale?: TargetScale | undefined;
  /** What the logits of classes are divided by, where that was fitted. */
  readonly temperature?: number | undefined;
  readonly dataDigest: string;
  /** Sizes of the model. */
  readonly inputSize: number;
  readonly outputSize: number;
}

/** State of the parts of a training, beside its arrays. */
export interface PartsState {
  readonly optimizerSteps: number;
  readonly plateau: PlateauState | null;
  /** States of the layers' random generators. */
  readonly layers: readonly unknown[];
  /** What callbacks of the user's own keep, by name. */
  readonly callbacks?: Readonly<Record<string, unknown>> | undefined;
}

const tagOf = (it: unknown): unknown => (Object(it) as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
/** A number, which may be infinite or NaN. */
const value = shapeOf<number>('a number', (it) => typeof it === 'number');
const size = shapeOf<number>('a whole number above 0', (it) => Number.isSafeInteger(it) && (it as number) > 0);

const columnShape = objectOf<Column>({
  name: text,
  kind: oneOf('number', 'boolean', 'category', 'date'),
  categories: optional(listOf(text)),
  hasMissing: flag,
});
const positive = shapeOf<number>('a number above 0', (it) => Number.isFinite(it) && (it as number) > 0);
const ascending = refine(listOf(number), 'ascending numbers', (numbers) => numbers.length > 0 && numbers.every((one, i) => i === 0 || one >= numbers[i - 1]!));
const scaleShape = unionOf<NumberScale>('kind', {
  clipped: objectOf({ kind: oneOf('clipped'), center: number, factor: number }),
  normal: objectOf({ kind: oneOf('normal'), quantiles: ascending }),
  linear: objectOf({ kind: oneOf('linear'), mean: number, std: positive }),
});
const encodedShape = unionOf<EncodedColumn>('kind', {
  number: objectOf({ kind: oneOf('number'), scale: scaleShape, hasMissing: flag }),
  boolean: objectOf({ kind: oneOf('boolean'), mean: number, std: positive, hasMissing: flag }),
  category: objectOf({ kind: oneOf('category'), codes: listOf(count), isEmbedded: flag, hasMissing: flag }),
  date: objectOf({ kind: oneOf('date'), scale: scaleShape, hasTime: flag, hasMissing: flag }),
  constant: objectOf({ kind: oneOf('constant'), hasMissing: flag }),
  duplicate: objectOf({ kind: oneOf('duplicate'), of: count }),
});

/** Shape of the entry `facts` of a checkpoint. */
export const factsShape = refine(objectOf<CheckpointFacts>({
  spec: shapeOf('an object', (it) => typeof it === 'object' && it !== null && !Array.isArray(it)),
  classNames: listOf(text),
  imageShape: optional(objectOf<ImageShape>({ channels: size, height: size, width: size })),
  columns: optional(listOf(columnShape)),
  targetNames: optional(listOf(text)),
  encoding: optional(listOf(encodedShape)),
  targetScale: optional(objectOf<TargetScale>({ mean: listOf(number), std: listOf(positive), logs: optional(listOf(oneOf('none', 'log', 'log1p'))) })),
  temperature: optional(positive),
  dataDigest: text,
  inputSize: size,
  outputSize: size,
}), 'a class, or a scale, for each output, or none,', ({ classNames: { length }, targetScale, outputSize }) =>
  (length === 0 || length === outputSize) && (targetScale === undefined || (outputSize % targetScale.mean.length === 0 && targetScale.std.length === targetScale.mean.length && (targetScale.logs?.length ?? targetScale.mean.length) === targetScale.mean.length)));
const sums = { rows: count, correct: value, lossSum: value, rowWeight: optional(value), squares: optional(value) };
const ofRows = objectOf({ ...sums, weight: value }) as Shape<unknown> as Shape<RunningSums>;
const ofSteps = objectOf({ ...sums, steps: count }) as Shape<unknown> as Shape<RunningSums>;
/** As upgradeSums takes them: earlier versions averaged losses over steps, and stored their number in place of the weight. */
const sumsShape: Shape<RunningSums> = (it, at) => (Object.hasOwn(Object(it) as object, 'steps') ? ofSteps : ofRows)(it, at);
const doubles = shapeOf<Float64Array>('an array of float64', (it) => tagOf(it) === 'Float64Array');
const bytes = shapeOf<Uint8Array>('an array of bytes', (it) => tagOf(it) === 'Uint8Array');
const examinationShape = objectOf<Examination>({
  after: count, untilEvaluation: flag, steps: count, batches: count, rows: count, measured: count, differences: count,
  variances: doubles, last: doubles, active: bytes, weightRms: doubles, gradientRms: doubles, updateRatio: doubles,
});
/** Earlier versions stored only the first two. */
const healthShape = objectOf<Partial<HealthState>>({
  examinedAt: count,
  said: listOf(text) as Shape<string[]>,
  examination: optional(nullOr(examinationShape)),
  losses: optional(sumsShape),
  loss: optional(nullOr(value)),
  evaluated: optional(sumsShape),
  trained: optional(nullOr(objectOf<RowScores>({ rows: count, loss: value, accuracy: value }))),
}) as Shape<HealthState>;
const progressShape = objectOf<TrainingProgress>({
  step: count,
  sinceEvaluation: sumsShape,
  inEpoch: sumsShape,
  best: nullOr(objectOf<BestEvaluation>({ step: count, valAccuracy: optional(value), valLoss: value, monitored: optional(value) })),
  toBeat: optional(nullOr(value)) as Shape<number | null>, // earlier versions have none
  evaluationsSinceBest: count,
  lastFiniteLoss: value,
  health: healthShape,
  stepSeconds: value,
  seconds: value,
  epochStart: objectOf<TrainingProgress['epochStart']>({ stepSeconds: value, seconds: value }),
});
/** The entry `state` of a checkpoint. A checkpoint for prediction only has no sampler and parts. */
interface StoredState {
  readonly progress: TrainingProgress;
  readonly sampler?: unknown;
  readonly parts?: PartsState | undefined;
}
/** Shape of the entry `state` of a checkpoint. */
export const stateShape = objectOf<StoredState>({
  progress: progressShape,
  sampler: anything,
  parts: optional(objectOf<PartsState>({
    optimizerSteps: count,
    plateau: nullOr(objectOf<PlateauState>({ rate: value, best: value, badEvaluations: count })),
    layers: listOf(anything),
    callbacks: anything as Shape<PartsState['callbacks']>,
  })),
});
