import { choice, isNumber, orNull, share } from '../fields';
import type { Field } from '../fields';
import type { Kernels } from '../kernels/contract';
import { EnsembleLoss, MeanPredictionLoss } from './ensembleLoss';
import type { EnsembleSizes } from './ensembleLoss';
import { MeanSquaredError, SoftmaxCrossEntropy } from './loss';
import type { CrossEntropyOptions, EvaluationLoss, Loss, LossName } from './loss';

/** What losses can be told, as keys of a spec. */
export interface LossOptions {
  labelSmoothing: number;
  classWeights: 'balanced' | readonly number[] | null;
  targetScaling: 'none' | 'standardize' | 'log';
  calibration: 'none' | 'temperature';
}

export const lossOptions: { readonly [Key in keyof LossOptions]: Field } = {
  labelSmoothing: share(0, 'share of each target that is spread over all classes,'),
  classWeights: orNull({
    help: 'a weight for each class, or balanced (inversely to their numbers of rows),',
    default: null,
    what: 'balanced or numbers ≥ 0',
    list: true,
    accepts: (value) => value === 'balanced' || (Array.isArray(value) && value.every((weight) => isNumber(weight) && weight >= 0)),
  }),
  targetScaling: {
    ...choice('none', ['none', 'standardize', 'log'], ''),
    help: 'none, standardize or log (of targets ≥ 0, then standardised), what numeric targets are trained on (predictions and errors keep the units of the data),',
  },
  calibration: {
    ...choice('none', ['none', 'temperature'], ''),
    help: 'none or temperature, one number that logits are divided by, fitted on validation rows at the end (Guo et al. 2017),',
  },
};

interface LossKind {
  /** The options that it has, each with its default. */
  readonly options: Readonly<Partial<Record<keyof LossOptions, number | string | null>>>;
  /** What the model's outputs stand for: logits of classes, against labels, or numbers, against numbers. */
  readonly predicts: 'classes' | 'numbers';
  /** @param options none where the model is evaluated: there losses are to be comparable between runs. */
  readonly make: (kernels: Kernels, outputs: number, maxBatch: number, options?: CrossEntropyOptions) => Loss;
}

/** The losses by name: spec keys, their help and rules, and what a model predicts follow from this table. */
export const losses: Readonly<Record<LossName, LossKind>> = {
  'cross-entropy': {
    options: { labelSmoothing: 0, classWeights: null, calibration: 'none' },
    predicts: 'classes',
    make: (kernels, classes, maxBatch, options) => new SoftmaxCrossEntropy(kernels, classes, maxBatch, options),
  },
  mse: { options: { targetScaling: 'none' }, predicts: 'numbers', make: (kernels, outputs) => new MeanSquaredError(kernels, outputs) },
};

/** The loss of that name for the outputs of a model; of an ensemble the mean of its members' losses. */
export function makeLoss(name: LossName, model: EnsembleSizes, options?: CrossEntropyOptions): Loss {
  const { kernels, members, outputSize, maxBatch } = model;
  return members === 1 ? losses[name].make(kernels, outputSize, maxBatch, options) : ensembleLoss(name, model, options);
}

/** What a model is judged by, whatever the options of its training; of an ensemble the loss of its members' mean prediction. */
export function makeEvaluationLoss(name: LossName, model: EnsembleSizes): EvaluationLoss {
  const { kernels, members, outputSize, maxBatch } = model;
  const single = losses[name].make(kernels, outputSize, maxBatch);
  return members === 1 ? single : new MeanPredictionLoss(ensembleLoss(name, model), single, model);
}

function ensembleLoss(name: LossName, model: EnsembleSizes, options?: CrossEntropyOptions): EnsembleLoss {
  const { kernels, members, outputSize, maxBatch } = model;
  return new EnsembleLoss(losses[name].make(kernels, outputSize, members * maxBatch, options), model);
}
