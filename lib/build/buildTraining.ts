import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import { sliceRows } from '../data/dataset';
import type { Dataset, DataSplits, StoredDataset } from '../data/dataset';
import { refuseOverflow } from '../data/normalize/normalization';
import type { Normalization } from '../data/normalize/transform';
import { refuseOddRows } from '../data/givenTargets';
import { refuseLostTargets } from '../data/targets';
import { fitTargetScale, refuseScaledOverflow } from '../data/targetScale';
import type { TargetScale } from '../data/targetScale';
import { generatorOf, initialize } from '../model/init';
import type { Sequential } from '../model/sequential';
import { WeightAverage } from '../optim/average';
import { Evaluator } from '../train/evaluate';
import type { Exchange } from '../train/exchange';
import { HealthMonitor } from '../train/health';
import type { StepRows } from '../train/health';
import { HistogramRecorder } from '../train/histograms';
import { Objective } from '../train/objective';
import { TrainingStep } from '../train/step';
import type { Peers } from '../train/peers';
import type { Training, TrainingPlan } from '../train/train';
import type { Optimizer } from '../optim/optimizer';
import { fitInputs, BatchSource } from './batchSource';
import { checkTrainingMemory } from './memory';
import { buildModel, maxBatchOf, modelSizes } from './buildModel';
import { makeOptimizer } from '../optim/optimizers';
import { factorsOf, makeLosses, monitorOfSpec, predictsOf, scheduleOf } from './buildOptimizer';
import { withBatchSize } from '../spec/spec';
import type { SizedSpec, TrainSpec } from '../spec/spec';

/** The rows for training and model selection; without the test split, on purpose. */
export type TrainingData = Pick<DataSplits<Dataset | StoredDataset>, 'train' | 'validation' | 'origin'>;

/** A training, with the parts whose state a checkpoint holds. */
export interface BuiltTraining {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | null;
  readonly batchSource: BatchSource;
  readonly normalization: Normalization;
  readonly targetScale: TargetScale | null;
}

/** What a training takes over from a trained model, see warmStart.ts. */
export interface StartingPoint {
  readonly normalization: Normalization;
  /** Of a last layer that is kept. */
  readonly targetScale: TargetScale | undefined;
  /** Copies the parameters into an initialised model. Throws ERR_SHAPE, naming the parameter, for layers unlike the trained model's. */
  readonly restore: (model: Sequential) => void;
}

/** What a training is built with beside its spec and data. */
export interface BuildOptions {
  /** Fits what turns features into inputs; by default without a cache. */
  readonly fit?: typeof fitInputs | undefined;
  /** What turns features into inputs, where that is known already. */
  readonly normalization?: Normalization | undefined;
  /** The model whose parameters the training starts from, of whose rows `data` are. */
  readonly start?: StartingPoint | undefined;
  /** Which shards of the batches this process computes, and where it meets the others; by default it computes all. */
  readonly exchange?: Exchange | undefined;
  /** The processes that train together; by default this one alone. */
  readonly peers?: Peers | undefined;
}

/**
 * Builds the objects of a training from a spec. Weights, batches, augmentation and dropout draw from separate generators, seeded with
 * `seed` to `seed + 3`, so that changing one does not change the others.
 * Throws ERR_SHAPE where layers do not fit the data, ERR_CONFIG where other keys do not, such as early stopping without validation rows;
 * ERR_MEMORY.
 */
export function buildTraining(given: TrainSpec, data: TrainingData, kernels: Kernels, { fit = fitInputs, start, normalization: known = start?.normalization, exchange, peers }: BuildOptions = {}): BuiltTraining {
  const spec = withBatchSize(given, data.train.size);
  const { train, validation } = usedRows(spec, data);
  checkTrainingMemory(spec, data.train, kernels, known, exchange?.shardCount);
  if (validation.size === 0) refuseWithoutValidation(spec);
  const plan = planOf(spec, data.train.size);
  // With fastDevRun too, schedules are those of the full length.
  const fullLength = planOf({ ...spec, fastDevRun: false }, data.train.size);
  const normalization = known ?? fit(spec, data.train, kernels);
  const model = buildModel(spec, modelSizes(spec, data.train, normalization), kernels, maxBatchOf(spec));
  initialize(model, spec.init, spec.initStd, generatorOf(spec.generator, spec.seed));
  start?.restore(model);
  if (spec.freeze !== null) model.freeze(spec.freeze);
  for (const rows of [train, validation]) refuseOddRows(rows, predictsOf(spec));
  const losses = makeLosses(spec, model, train);
  const objective = new Objective(model, spec.l2, { ...losses, decayBiases: spec.decayBiases, weightDecays: spec.weightDecays });
  const optimizer = makeOptimizer(spec.optimizer, kernels, model.arena, spec);
  const average = spec.emaDecay === null ? null : new WeightAverage(model, spec.emaDecay);
  const batchSource = new BatchSource(spec, train);
  const { batches, augmenter } = batchSource;
  const targetScale = spec.targetScaling === 'none' ? null : start?.targetScale ?? fitTargetScale(data.train, spec.targetScaling);
  for (const rows of [train, validation]) {
    if (targetScale === null) refuseLostTargets(rows, kernels.dtype);
    else refuseScaledOverflow(rows, targetScale, kernels.dtype);
  }
  refuseOverflow(validation, normalization, kernels.dtype);
  return {
    training: {
      objective,
      step: new TrainingStep(objective, optimizer, batches, train, normalization, {
        ...spec, average, augmenter, targetScale, ...factorsOf(spec, fullLength), localSteps: spec.localSteps && (spec.fastDevRun ? 1 : spec.localSteps), ...(exchange && { exchange }),
      }),
      ...scheduleOf(spec, fullLength),
      monitor: monitorOfSpec(spec),
      plateauMetric: spec.monitor === null ? 'loss' : 'monitored',
      evaluator: new Evaluator(objective, normalization, average, targetScale),
      train,
      validation,
      plan,
      health: spec.health ? new HealthMonitor(objective, spec.learningRate, stepRows(spec, train.size)) : null,
      histograms: plan.histogramEvery === null ? null : new HistogramRecorder(model),
      peers,
    },
    optimizer,
    average,
    batchSource,
    normalization,
    targetScale,
  };
}

/** Throws ERR_CONFIG for a key that needs validation rows. */
function refuseWithoutValidation({ restoreBest, earlyStopping, schedule, calibration, monitor }: TrainSpec): void {
  const needs = { monitor: monitor !== null, restoreBest, earlyStopping: earlyStopping !== null, schedule: schedule === 'plateau', calibration: calibration !== 'none' };
  for (const [key, isNeeded] of Object.entries(needs)) {
    if (isNeeded) throw expected('ERR_CONFIG', `at least one validation row, as ${key} goes by them,`, 'validationRows', 0, { path: key });
  }
}

/** The rows used: all, or the first few with overfitBatches or fastDevRun. Throws ERR_SHAPE for a batch larger than the training rows. */
function usedRows(
  { batchSize, overfitBatches, fastDevRun }: SizedSpec, { train, validation }: TrainingData,
): Pick<TrainingData, 'train' | 'validation'> {
  if (batchSize > train.size) {
    throw expected('ERR_SHAPE', `at most ${String(train.size)}, the training rows,`, 'batchSize', batchSize);
  }
  const first = (data: Dataset | StoredDataset, batches: number): Dataset | StoredDataset =>
    sliceRows(data, data.split, 0, Math.min(data.size, batches * batchSize));
  if (fastDevRun) return { train: first(train, 1), validation: first(validation, 1) };
  return { train: overfitBatches === null ? train : first(train, overfitBatches), validation };
}

/** Rows that the training doctor sees of a step, with shards those of the first, and steps per epoch, for a number of training rows. */
function stepRows({ batchSize, accumulate, sampling, shards }: SizedSpec, trainRows: number): StepRows {
  const batches = Math.ceil(trainRows / batchSize);
  const stepsPerEpoch = Math.ceil(batches / accumulate);
  const before = (stepsPerEpoch - 1) * accumulate;
  const lastRows = (sampling === 'shuffle' ? trainRows : batches * batchSize) - before * batchSize;
  const parts = shards ?? 1;
  return { rows: (batchSize * accumulate) / parts, lastRows: Math.floor(lastRows / parts), stepsPerEpoch };
}

/** Histograms of a run, and steps between two, where the spec does not say: counting takes up to a few steps, the first time more. */
const maxHistograms = 40;
const minHistogramGap = 1000;

/**
 * Length and intervals of a training in steps. An epoch is ⌈rows / batchSize⌉ batches, also with overfitBatches, which does not change
 * the length of a run. A step takes `accumulate` batches, the last of an epoch the remaining ones.
 * With localSteps, lengths and intervals that follow from epochs are rounded up to multiples of these.
 */
export function planOf(spec: TrainSpec, trainRows: number): TrainingPlan {
  const { keepEvery, earlyStopping, maxSeconds, localSteps } = spec;
  const whole = (count: number): number => Math.ceil(count / (localSteps ?? 1)) * (localSteps ?? 1);
  const stepsPerEpoch = Math.ceil(Math.ceil(trainRows / withBatchSize(spec, trainRows).batchSize) / spec.accumulate);
  const steps = spec.fastDevRun ? 1 : spec.steps ?? whole(Math.max(1, Math.round(spec.epochs! * stepsPerEpoch)));
  return {
    steps,
    stepsPerEpoch,
    logEvery: spec.logEvery ?? Math.ceil(steps / 1000),
    evaluateEvery: spec.evaluateEvery ?? whole(stepsPerEpoch),
    keepEvery: spec.fastDevRun ? 1 : keepEvery,
    histogramEvery: (spec.histogramEvery ?? (spec.fastDevRun ? 1 : Math.max(minHistogramGap, Math.ceil(steps / maxHistograms)))) || null,
    earlyStopping,
    maxSeconds,
  };
}
