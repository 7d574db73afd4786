import { checkInteger, checkKernels, checkList, checkNumber } from '../arguments';
import { expected } from '../errors';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Loss, Targets } from './loss';

/**
 * A loss of outputs [m, outputs] against numbers, each row of which counts by its weight: the mean divides by the sum of the weights times the
 * outputs. Its kernels throw ERR_KERNEL_ARG for labels as targets.
 */
abstract class RowLoss implements Loss {
  abstract readonly name: string;
  abstract readonly predictions: FloatArray;
  weight = 0;
  /** [maxBatch], the weights of rows that have none. */
  private readonly ones: FloatArray;

  constructor(protected readonly kernels: Kernels, protected readonly outputs: number, maxBatch: number) {
    checkKernels(kernels);
    checkInteger(outputs, 'outputs', 1);
    checkInteger(maxBatch, 'maxBatch', 1);
    this.ones = kernels.allocate(maxBatch).fill(1);
  }

  forward(m: number, outputs: FloatArray, targets: Targets, weights: FloatArray = this.ones): number {
    this.weight = 0;
    for (let i = 0; i < m; i++) this.weight += weights[i]!;
    this.weight *= this.outputs;
    return this.sum(m, outputs, targets as FloatArray, weights);
  }

  backward(m: number, outputs: FloatArray, targets: Targets, scale: number, doutputs: FloatArray, weights: FloatArray = this.ones): void {
    this.gradient(m, outputs, targets as FloatArray, scale, doutputs, weights);
  }

  abstract predict(m: number, outputs: FloatArray): void;
  abstract outputsOf(m: number, predictions: FloatArray, outputs: FloatArray): void;
  protected abstract sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number;
  protected abstract gradient(m: number, outputs: FloatArray, targets: FloatArray, scale: number, doutputs: FloatArray, weights: FloatArray): void;
}

/**
 * A loss whose predictions are the outputs themselves. One of your own gives the sum over m rows of outputs[m, outputs] against targets of the same
 * shape, each row times its weight, and writes scale times the gradient of that sum into doutputs.
 */
export abstract class NumberLoss extends RowLoss {
  predictions: FloatArray;

  constructor(kernels: Kernels, outputs: number, maxBatch: number) {
    super(kernels, outputs, maxBatch);
    this.predictions = kernels.allocate(0);
  }

  override forward(m: number, outputs: FloatArray, targets: Targets, weights?: FloatArray): number {
    this.predictions = outputs;
    return super.forward(m, outputs, targets, weights);
  }

  predict(_m: number, outputs: FloatArray): void {
    this.predictions = outputs;
  }

  outputsOf(m: number, predictions: FloatArray, outputs: FloatArray): void {
    for (let i = 0; i < m * this.outputs; i++) outputs[i] = predictions[i]!;
  }
}

/** Huber loss on numbers, over all elements, as torch.nn.HuberLoss: squared errors up to δ, beyond it absolute ones (Huber 1964). */
export class HuberLoss extends NumberLoss {
  readonly name = 'huber';

  /** @param delta δ > 0, in the units of what is trained on. */
  constructor(kernels: Kernels, outputs: number, maxBatch: number, private readonly delta = 1) {
    super(kernels, outputs, maxBatch);
    checkNumber(delta, 'delta');
    if (!(delta > 0)) throw expected('ERR_CONFIG', 'a number > 0', 'delta', delta, { path: 'delta' });
  }

  protected sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number {
    return this.kernels.huberForward(m, this.outputs, this.delta, outputs, targets, weights);
  }

  protected gradient(m: number, outputs: FloatArray, targets: FloatArray, scale: number, doutputs: FloatArray, weights: FloatArray): void {
    this.kernels.huberBackward(m, this.outputs, scale, this.delta, outputs, targets, weights, doutputs);
  }
}

/**
 * Pinball loss on quantiles [m, targets, levels] of numbers [m, targets], over all elements (Koenker & Bassett 1978). Nothing keeps the quantiles
 * of a row from crossing.
 */
export class QuantileLoss extends NumberLoss {
  readonly name = 'quantile';
  readonly levels: readonly number[];
  private readonly levelArray: FloatArray;

  /**
   * @param outputs the targets times the levels.
   * @param levels in (0, 1). Throws ERR_CONFIG for others, ERR_SHAPE for outputs that do not divide by their number.
   */
  constructor(kernels: Kernels, outputs: number, maxBatch: number, levels: readonly number[]) {
    super(kernels, outputs, maxBatch);
    checkList(levels, 'levels', 'numbers in (0, 1)', true);
    if (levels.length === 0 || levels.some((level) => !(level > 0 && level < 1))) throw expected('ERR_CONFIG', 'numbers in (0, 1)', 'levels', levels, { path: 'levels' });
    if (outputs % levels.length !== 0) throw expected('ERR_SHAPE', `a multiple of the ${String(levels.length)} levels`, 'outputs', outputs, { path: 'outputs' });
    this.levels = levels;
    this.levelArray = kernels.allocate(levels.length);
    this.levelArray.set(levels);
  }

  protected sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number {
    const { length } = this.levels;
    return this.kernels.pinballForward(m, this.outputs / length, length, outputs, targets, this.levelArray, weights);
  }

  protected gradient(m: number, outputs: FloatArray, targets: FloatArray, scale: number, doutputs: FloatArray, weights: FloatArray): void {
    const { length } = this.levels;
    this.kernels.pinballBackward(m, this.outputs / length, length, scale, outputs, targets, this.levelArray, weights, doutputs);
  }
}

/** Mean absolute error on numbers, over all elements, as torch.nn.L1Loss: twice the pinball loss of the median. */
export class MeanAbsoluteError extends NumberLoss {
  readonly name = 'mae';
  private readonly median: FloatArray;

  constructor(kernels: Kernels, outputs: number, maxBatch: number) {
    super(kernels, outputs, maxBatch);
    this.median = kernels.allocate(1).fill(0.5);
  }

  protected sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number {
    return 2 * this.kernels.pinballForward(m, this.outputs, 1, outputs, targets, this.median, weights);
  }

  protected gradient(m: number, outputs: FloatArray, targets: FloatArray, scale: number, doutputs: FloatArray, weights: FloatArray): void {
    this.kernels.pinballBackward(m, this.outputs, 1, 2 * scale, outputs, targets, this.median, weights, doutputs);
  }
}

/** A loss whose predictions are a function of the outputs, and its gradient weight·(prediction − target). */
abstract class LinkedLoss extends RowLoss {
  readonly predictions: FloatArray;
  private readonly zeros: FloatArray;

  constructor(kernels: Kernels, outputs: number, maxBatch: number) {
    super(kernels, outputs, maxBatch);
    this.predictions = kernels.allocate(maxBatch * outputs);
    this.zeros = kernels.allocate(maxBatch);
  }

  /** By the kernel of the loss, so that predictions have the same bits with targets as without. */
  predict(m: number, outputs: FloatArray): void {
    this.sum(m, outputs, outputs, this.zeros);
  }

  protected gradient(m: number, _outputs: FloatArray, targets: FloatArray, scale: number, doutputs: FloatArray, weights: FloatArray): void {
    this.kernels.huberBackward(m, this.outputs, scale, Infinity, this.predictions, targets, weights, doutputs);
  }
}

/**
 * Binary cross-entropy on logits [m, labels] of several labels, each of which applies to a row (1) or not (0), over all elements, as
 * torch.nn.BCEWithLogitsLoss. Predictions are the probabilities that labels apply.
 */
export class BinaryCrossEntropy extends LinkedLoss {
  readonly name = 'bce';

  /** log p − log(1 − p), of finite size. */
  outputsOf(m: number, probabilities: FloatArray, logits: FloatArray): void {
    const [least, most] = this.kernels.dtype === 'float32' ? [2 ** -126, 1 - 2 ** -24] : [2 ** -1022, 1 - 2 ** -53];
    for (let i = 0; i < m * this.outputs; i++) {
      const p = Math.min(most, Math.max(least, probabilities[i]!));
      logits[i] = Math.log(p) - Math.log1p(-p);
    }
  }

  protected sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number {
    return this.kernels.sigmoidCrossEntropyForward(m, this.outputs, outputs, targets, weights, this.predictions);
  }
}

/** Poisson loss exp(x) − t·x on logarithms x of the rates that counts t are drawn at, over all elements, as torch.nn.PoissonNLLLoss. Predictions are the rates. */
export class PoissonLoss extends LinkedLoss {
  readonly name = 'poisson';

  /** Logarithms of the rates, of finite size. */
  outputsOf(m: number, rates: FloatArray, outputs: FloatArray): void {
    const least = this.kernels.dtype === 'float32' ? 2 ** -126 : 2 ** -1022;
    for (let i = 0; i < m * this.outputs; i++) outputs[i] = Math.log(Math.max(least, rates[i]!));
  }

  protected sum(m: number, outputs: FloatArray, targets: FloatArray, weights: FloatArray): number {
    return this.kernels.poissonForward(m, this.outputs, outputs, targets, weights, this.predictions);
  }
}

/** Options of losses that need some. */
export interface RowLossOptions {
  /** δ of the Huber loss. */
  readonly huberDelta?: number;
  /** Levels of the quantile loss. */
  readonly quantiles?: readonly number[];
}
