import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import type { Dataset } from '../data/dataset';
import type { Arena } from '../model/arena';
import { MeanSquaredError, SoftmaxCrossEntropy } from '../model/loss';
import type { Loss } from '../model/loss';
import type { Sequential } from '../model/sequential';
import { Adam } from '../optim/adam';
import { Lion } from '../optim/lion';
import type { Optimizer } from '../optim/optimizer';
import { Rmsprop } from '../optim/rmsprop';
import { constant, cosine, exponentialDecay, oneCycle, ReduceOnPlateau, stepDecay, warmUp } from '../optim/schedules';
import type { Schedule } from '../optim/schedules';
import { Sgd } from '../optim/sgd';
import type { TrainingPlan } from '../train/train';
import type { TrainSpec } from '../spec/spec';

/** The optimiser that a spec names. */
export function makeOptimizer(spec: TrainSpec, kernels: Kernels, arena: Arena): Optimizer {
  const { beta1, beta2, epsilon } = spec;
  switch (spec.optimizer) {
    case 'sgd':
      return new Sgd(kernels, arena, spec);
    case 'adam':
    case 'adamw':
      return new Adam(kernels, arena, { ...spec, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999, epsilon });
    case 'rmsprop':
      return new Rmsprop(kernels, arena, spec);
    case 'lion':
      return new Lion(kernels, arena, { ...spec, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.99 });
  }
}

/** Evaluations that a plateau may last where the spec does not say, as in PyTorch. */
const defaultPatience = 10;

/**
 * The schedule that a spec names, and the plateau that it listens to. Milestones are epochs where the length of training is
 * given in epochs, else steps. A cosine falls over what the warm-up leaves of the steps; other schedules count from step 0.
 */
export function makeSchedule(
  spec: TrainSpec, { steps, stepsPerEpoch }: TrainingPlan,
): { schedule: Schedule; plateau: ReduceOnPlateau | null } {
  const { learningRate, decay, minLearningRate, warmupSteps } = spec;
  if (warmupSteps >= steps) {
    throw expected('ERR_CONFIG', `fewer than the ${String(steps)} steps of training`, 'warmupSteps', warmupSteps, { path: 'warmupSteps' });
  }
  const warmed = (schedule: Schedule): Schedule => (warmupSteps > 0 ? warmUp(schedule, warmupSteps) : schedule);
  switch (spec.schedule) {
    case 'constant':
      return { schedule: warmed(constant(learningRate)), plateau: null };
    case 'exponential':
      return { schedule: warmed(exponentialDecay(learningRate, decay, spec.decayEvery ?? stepsPerEpoch)), plateau: null };
    case 'step':
      return { schedule: warmed(stepDecay(learningRate, decay, milestoneSteps(spec, steps, stepsPerEpoch))), plateau: null };
    case 'cosine':
      return { schedule: warmed(cosine(learningRate, minLearningRate, warmupSteps, steps)), plateau: null };
    case 'one-cycle':
      return { schedule: oneCycle(learningRate, steps), plateau: null };
    case 'plateau': {
      const plateau = new ReduceOnPlateau(learningRate, decay, spec.patience ?? defaultPatience, minLearningRate);
      return { schedule: warmed(plateau.schedule), plateau };
    }
  }
}

function milestoneSteps({ milestones, epochs }: TrainSpec, steps: number, stepsPerEpoch: number): number[] {
  return milestones!.map((milestone) => {
    const step = epochs === null ? milestone : Math.round(milestone * stepsPerEpoch);
    if (step < steps) return step;
    const length = epochs === null ? `${String(steps)} steps` : `${String(epochs)} epochs`;
    throw expected('ERR_CONFIG', `milestones within the ${length} of training`, 'milestones', milestones, { path: 'milestones' });
  });
}

/** What the losses look at of a data set. */
type LabelledRows = Pick<Dataset, 'name' | 'labels' | 'targets' | 'size' | 'classNames'>;

/**
 * What a spec trains on and what it evaluates with: cross-entropy is evaluated without smoothing and weights. Throws
 * ERR_CONFIG where the loss or the class weights do not fit the data.
 */
export function makeLosses(
  spec: TrainSpec, model: Sequential, train: LabelledRows,
): { loss: Loss; evaluationLoss: Loss } {
  const fitting = train.targets === undefined ? 'cross-entropy' : 'mse';
  if (spec.loss !== fitting) {
    const rows = train.targets === undefined ? 'class labels' : 'numeric targets';
    throw expected('ERR_CONFIG', `${fitting}, as the rows of ${train.name} have ${rows},`, 'loss', spec.loss, { path: 'loss' });
  }
  const evaluationLoss = makeEvaluationLoss(spec, model);
  if (spec.labelSmoothing === 0 && spec.classWeights === null) return { loss: evaluationLoss, evaluationLoss };
  const classWeights = weightsOf(spec, train);
  if (classWeights !== undefined && !weighsSomething(train, classWeights)) {
    throw expected('ERR_CONFIG', 'a weight above 0 for some class that training rows have', 'classWeights', spec.classWeights, { path: 'classWeights' });
  }
  const { kernels, outputSize, maxBatch } = model;
  const loss = new SoftmaxCrossEntropy(kernels, outputSize, maxBatch, {
    labelSmoothing: spec.labelSmoothing, ...(classWeights && { classWeights }),
  });
  return { loss, evaluationLoss };
}

/** What a spec's model is evaluated with. */
export function makeEvaluationLoss({ loss }: TrainSpec, { kernels, outputSize, maxBatch }: Sequential): Loss {
  return loss === 'mse' ? new MeanSquaredError(kernels, outputSize) : new SoftmaxCrossEntropy(kernels, outputSize, maxBatch);
}

/** 'balanced' is rows / (classes · rows of the class): classes weigh alike, the mean weight of a row is 1. */
function weightsOf({ classWeights }: TrainSpec, { labels, size, classNames }: LabelledRows): readonly number[] | undefined {
  if (classWeights === null) return undefined;
  if (classWeights === 'balanced') {
    const counts = classNames.map(() => 0);
    for (let i = 0; i < size; i++) counts[labels[i]!]!++;
    return counts.map((count) => (count === 0 ? 0 : size / (classNames.length * count)));
  }
  if (classWeights.length !== classNames.length) {
    throw expected('ERR_CONFIG', `${String(classNames.length)} numbers, one for each class,`, 'classWeights', classWeights, { path: 'classWeights' });
  }
  return classWeights;
}

function weighsSomething({ labels, size }: LabelledRows, classWeights: readonly number[]): boolean {
  for (let i = 0; i < size; i++) if (classWeights[labels[i]!]! > 0) return true;
  return false;
}
