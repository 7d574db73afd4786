import { expected } from '../errors';
import { kernelsFor } from '../kernels';
import type { Kernels } from '../kernels/contract';
import { Batches } from '../data/batches';
import type { DataSplits } from '../data/dataset';
import { fitNormalization } from '../data/preprocess';
import type { Normalization } from '../data/preprocess';
import { initialize } from '../model/init';
import { mlp } from '../model/sequential';
import { Sgd } from '../optim/sgd';
import { exponentialDecay } from '../optim/schedules';
import { RandomState } from '../random';
import { Evaluator } from '../train/evaluate';
import { Objective } from '../train/objective';
import { TrainingStep } from '../train/step';
import type { Training, TrainingPlan } from '../train/train';
import type { Optimizer } from '../optim/optimizer';
import type { TrainSpec } from './spec';

/** The rows that training and selection may see. The test split has no place here. */
export type TrainingData = Pick<DataSplits, 'train' | 'validation' | 'origin'>;

/** A training with the parts whose state a checkpoint keeps. */
export interface BuiltTraining {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly batches: Batches;
  readonly normalization: Normalization;
}

/**
 * Makes every object that a spec describes: the one place that knows all concrete classes. Weights and batches draw from
 * generators of their own, seeded with `seed` and `seed + 1`, so that changing one does not change the other.
 * Throws ERR_SHAPE when layers and data do not fit.
 */
export function buildTraining(spec: TrainSpec, data: TrainingData, kernels: Kernels): BuiltTraining {
  const { train, validation } = data;
  const inputSize = spec.layers[0]!;
  const classes = spec.layers[spec.layers.length - 1]!;
  if (inputSize !== train.featureSize) {
    throw expected('ERR_SHAPE', `${String(train.featureSize)} inputs, the features of ${train.name},`, 'layers[0]', inputSize);
  }
  if (classes !== train.classNames.length) {
    throw expected('ERR_SHAPE', `${String(train.classNames.length)} outputs, the classes of ${train.name},`, 'the last of layers', classes);
  }
  if (spec.batchSize > train.size) {
    throw expected('ERR_SHAPE', `at most ${String(train.size)}, the training rows,`, 'batchSize', spec.batchSize);
  }

  const plan = planOf(spec, train.size);
  // Evaluation runs in batches of the same model; very small ones would crawl.
  const model = mlp(spec.layers, kernels, Math.max(spec.batchSize, 100));
  initialize(model, spec.init, spec.initStd, new RandomState(spec.seed));
  const objective = new Objective(model, spec.l2);
  const optimizer = new Sgd(kernels, model.arena, spec);
  const batches = new Batches(train, spec.batchSize, new RandomState((spec.seed + 1) % 2 ** 32), spec.sampling);
  const normalization = fitNormalization(spec.normalization, train, spec.dtype);
  return {
    training: {
      objective,
      step: new TrainingStep(objective, optimizer, batches, train, normalization),
      schedule: exponentialDecay(spec.learningRate, spec.decay, spec.decayEvery ?? plan.stepsPerEpoch),
      evaluator: new Evaluator(objective, normalization),
      train,
      validation,
      plan,
    },
    optimizer,
    batches,
    normalization,
  };
}

/** The kernels that a spec asks for. */
export function kernelsOf(spec: TrainSpec): Kernels {
  return kernelsFor(spec.dtype, spec.backend ?? undefined);
}

/** Lengths and intervals in steps. An epoch is ⌈rows / batchSize⌉ steps. */
export function planOf(spec: TrainSpec, trainRows: number): TrainingPlan {
  const stepsPerEpoch = Math.ceil(trainRows / spec.batchSize);
  const steps = spec.steps ?? Math.max(1, Math.round(spec.epochs! * stepsPerEpoch));
  return {
    steps,
    stepsPerEpoch,
    logEvery: spec.logEvery ?? Math.ceil(steps / 1000),
    evaluateEvery: spec.evaluateEvery ?? stepsPerEpoch,
  };
}
