import { expected } from '../errors';
import { choice, isNumber, number, orNull, share } from '../fields';
import type { Field } from '../fields';
import type { Kernels } from '../kernels/contract';
import { EnsembleLoss, MeanPredictionLoss } from './ensembleLoss';
import type { EnsembleSizes } from './ensembleLoss';
import { MeanSquaredError, SoftmaxCrossEntropy } from './loss';
import type { CrossEntropyOptions, EvaluationLoss, Loss, LossName } from './loss';
import { BinaryCrossEntropy, HuberLoss, MeanAbsoluteError, PoissonLoss, QuantileLoss } from './rowLosses';
import type { RowLossOptions } from './rowLosses';

/** What losses can be told, as keys of a spec. */
export interface LossOptions {
  labelSmoothing: number;
  classWeights: 'balanced' | readonly number[] | null;
  targetScaling: 'none' | 'standardize' | 'log';
  huberDelta: number;
  quantiles: readonly number[];
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
  huberDelta: number(1, '> 0', (value) => value > 0, 'error from which on the loss grows linearly, in units of the spread of targets that are standardized,'),
  quantiles: {
    help: 'levels of the quantiles to predict, each an output for each target,',
    default: [0.1, 0.5, 0.9],
    what: 'ascending numbers in (0, 1)',
    list: true,
    accepts: (value) => Array.isArray(value) && value.length > 0 &&
      value.every((level, i) => isNumber(level) && level > ((value as number[])[i - 1] ?? 0) && level < 1),
  },
  calibration: {
    ...choice('none', ['none', 'temperature'], ''),
    help: 'none or temperature, one number that logits are divided by, fitted on validation rows at the end (Guo et al. 2017),',
  },
};

/** What the outputs of a model stand for: logits of classes or of labels, numbers, quantiles of numbers or logarithms of rates. */
export type Predicts = 'classes' | 'labels' | 'numbers' | 'quantiles' | 'rates';

type AnyLossOptions = CrossEntropyOptions & RowLossOptions;

export interface LossKind {
  /** Whether a module of the user's own has it; what other programs would make of its outputs is not known. */
  readonly isOwn?: boolean;
  /** The options that it has, each with its default. */
  readonly options: Readonly<Partial<Record<keyof LossOptions, number | string | readonly number[] | null>>>;
  readonly predicts: Predicts;
  /** @param options without smoothing and class weights where the model is evaluated: there losses are to be comparable between runs. */
  readonly make: (kernels: Kernels, outputs: number, maxBatch: number, options?: AnyLossOptions) => Loss;
}

/**
 * The losses by name: spec keys, their help and rules, and what a model predicts follow from this table. A module of one's own adds to it, see
 * `registerParts`; the type names those that come with the package.
 */
export const losses: Readonly<Record<LossName, LossKind>> = {
  'cross-entropy': {
    options: { labelSmoothing: 0, classWeights: null, calibration: 'none' },
    predicts: 'classes',
    make: (kernels, classes, maxBatch, options) => new SoftmaxCrossEntropy(kernels, classes, maxBatch, options),
  },
  bce: { options: {}, predicts: 'labels', make: (kernels, labels, maxBatch) => new BinaryCrossEntropy(kernels, labels, maxBatch) },
  mse: { options: { targetScaling: 'none' }, predicts: 'numbers', make: (kernels, outputs) => new MeanSquaredError(kernels, outputs) },
  huber: {
    options: { targetScaling: 'none', huberDelta: 1 },
    predicts: 'numbers',
    make: (kernels, outputs, maxBatch, { huberDelta } = {}) => new HuberLoss(kernels, outputs, maxBatch, huberDelta),
  },
  mae: { options: { targetScaling: 'none' }, predicts: 'numbers', make: (kernels, outputs, maxBatch) => new MeanAbsoluteError(kernels, outputs, maxBatch) },
  quantile: {
    options: { targetScaling: 'none', quantiles: [0.1, 0.5, 0.9] },
    predicts: 'quantiles',
    make: (kernels, outputs, maxBatch, { quantiles = [0.5] } = {}) => new QuantileLoss(kernels, outputs, maxBatch, quantiles),
  },
  poisson: { options: {}, predicts: 'rates', make: (kernels, outputs, maxBatch) => new PoissonLoss(kernels, outputs, maxBatch) },
};

/** The loss of that name, which an own `Loss` may have given itself. Throws ERR_CONFIG where there is none. */
function kindOf(name: string): LossKind {
  const kind = Object.hasOwn(losses, name) ? losses[name as LossName] : undefined;
  if (kind === undefined) throw expected('ERR_CONFIG', `one of ${Object.keys(losses).join(', ')}, or of a loss that registerParts was given,`, 'the name of a loss', name, { path: 'loss' });
  return kind;
}

/** What the outputs of a model with a loss of that name stand for. Throws ERR_CONFIG where there is none. */
export function predictedBy(name: string): Predicts {
  return kindOf(name).predicts;
}

/** Throws ERR_CONFIG for a loss of the user's own: what predictions are of a model's outputs is then not known outside. */
export function refuseOwnLoss(name: string): void {
  if (kindOf(name).isOwn === true) throw expected('ERR_CONFIG', 'a loss that comes with blastrain, whose predictions other programs can compute,', 'the loss of an exported model', name, { path: 'loss' });
}

/** The loss of that name for the outputs of a model; of an ensemble the mean of its members' losses. */
export function makeLoss(name: string, model: EnsembleSizes, options?: AnyLossOptions): Loss {
  const { kernels, members, outputSize, maxBatch } = model;
  return members === 1 ? kindOf(name).make(kernels, outputSize, maxBatch, options) : ensembleLoss(name, model, options);
}

/** What a model is judged by, whatever the options of its training; of an ensemble the loss of its members' mean prediction. */
export function makeEvaluationLoss(name: string, model: EnsembleSizes, { huberDelta, quantiles }: RowLossOptions = {}): EvaluationLoss {
  const options = { ...(huberDelta !== undefined && { huberDelta }), ...(quantiles !== undefined && { quantiles }) };
  const { kernels, members, outputSize, maxBatch } = model;
  const single = kindOf(name).make(kernels, outputSize, maxBatch, options);
  return members === 1 ? single : new MeanPredictionLoss(ensembleLoss(name, model, options), single, model);
}

function ensembleLoss(name: string, model: EnsembleSizes, options?: AnyLossOptions): EnsembleLoss {
  const { kernels, members, outputSize, maxBatch } = model;
  return new EnsembleLoss(kindOf(name).make(kernels, outputSize, members * maxBatch, options), model);
}
