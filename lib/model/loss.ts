import { checkInteger, checkKernels, checkList, checkNumber, checkOptions } from '../arguments';
import { expected } from '../errors';
import type { FloatArray, Kernels } from '../kernels/contract';

/** What a batch should give: class indices [m], or class probabilities or numbers [m, outputs]. */
export type Targets = Int32Array | FloatArray;

/** See losses.ts, where each has its row. */
export type LossName = 'cross-entropy' | 'bce' | 'mse' | 'huber' | 'mae' | 'quantile' | 'poisson';

/** A loss over the rows of a batch, as evaluation needs it: its mean is the sum that forward returns, over {@link weight}. */
export interface EvaluationLoss {
  /** As in the table of losses: it says what the outputs stand for. */
  readonly name: string;
  /** Of the last forward [m, outputs]: class probabilities, or the outputs themselves. */
  readonly predictions: FloatArray;
  /** The divisor that makes the last forward's sum a mean. */
  readonly weight: number;
  /** Of quantiles: the share of the targets that is to lie below each. Outputs are [m, targets, levels]. */
  readonly levels?: readonly number[] | undefined;
  /** The sum over m rows of outputs[m, outputSize], each times its weight, by default 1. */
  forward(m: number, outputs: FloatArray, targets: Targets, weights?: FloatArray): number;
  /** Fills {@link predictions} alone. */
  predict(m: number, outputs: FloatArray): void;
}

/** A loss that training can minimise. */
export interface Loss extends EvaluationLoss {
  /** The inverse of predict: outputs[m, outputSize] of which these are the predictions, by which an ensemble's mean prediction is judged. */
  outputsOf(m: number, predictions: FloatArray, outputs: FloatArray): void;
  /** doutputs ← scale·∂sum/∂outputs, after a forward on the same arguments. */
  backward(m: number, outputs: FloatArray, targets: Targets, scale: number, doutputs: FloatArray, weights?: FloatArray): void;
}

export interface CrossEntropyOptions {
  /** ε in [0, 1): the share of each target that is spread over all classes. Default 0. */
  readonly labelSmoothing?: number;
  /** A weight ≥ 0 for each class; by default all 1. */
  readonly classWeights?: readonly number[];
}

/**
 * Softmax cross-entropy on logits [m, classes]. Softmax and logarithm stay fused, so that the gradient is the plain
 * difference p − target, without a division by a probability, which may be 0.
 *
 * As torch.nn.CrossEntropyLoss: a label y stands for the one-hot row of y, smoothing makes (1 − ε)·target + ε/classes of a row,
 * and class weights multiply its columns. The mean divides by the sum of the labels' weights, or, for probabilities as
 * targets, by m.
 */
export class SoftmaxCrossEntropy implements Loss {
  readonly name = 'cross-entropy';
  readonly predictions: FloatArray;
  weight = 0;
  private readonly smoothing: number;
  private readonly classWeights: FloatArray;
  /** One-hot rows of labels, for what the kernels on labels do not know: smoothing and weights. */
  private onehot: FloatArray | undefined;
  private readonly spreads: boolean;
  private readonly maxBatch: number;

  constructor(
    private readonly kernels: Kernels,
    private readonly classes: number,
    maxBatch: number,
    options: CrossEntropyOptions = {},
  ) {
    checkKernels(kernels);
    checkInteger(classes, 'classes', 1);
    checkInteger(maxBatch, 'maxBatch', 1);
    checkOptions(options);
    const { labelSmoothing = 0, classWeights } = options;
    checkNumber(labelSmoothing, 'labelSmoothing');
    if (classWeights !== undefined) checkList(classWeights, 'classWeights', 'numbers', true);
    this.predictions = kernels.allocate(maxBatch * classes);
    this.smoothing = labelSmoothing;
    this.classWeights = kernels.allocate(classes).fill(1);
    if (classWeights !== undefined) this.classWeights.set(classWeights);
    this.maxBatch = maxBatch;
    this.spreads = labelSmoothing > 0 || classWeights !== undefined;
    if (this.spreads) this.onehot = kernels.allocate(maxBatch * classes);
  }

  /** Throws ERR_KERNEL_INDEX for a label outside [0, classes). */
  forward(m: number, logits: FloatArray, targets: Targets, weights?: FloatArray): number {
    const { kernels, classes, predictions } = this;
    this.weight = m;
    if (weights === undefined && !this.spreads && isLabels(targets)) return kernels.softmaxCrossEntropyForward(m, classes, logits, targets, predictions);
    return kernels.softCrossEntropyForward(m, classes, this.smoothingOf(weights), logits, this.rowsOf(m, targets, weights), this.classWeights, predictions);
  }

  predict(m: number, logits: FloatArray): void {
    this.kernels.softmaxForward(m, this.classes, logits, this.predictions);
  }

  /** log p, the logits that softmax leaves as they are up to a constant; of p = 0 that of the smallest normal number, so that it is finite. */
  outputsOf(m: number, probabilities: FloatArray, logits: FloatArray): void {
    const smallest = this.kernels.dtype === 'float32' ? 2 ** -126 : 2 ** -1022;
    for (let i = 0; i < m * this.classes; i++) logits[i] = Math.log(probabilities[i]! < smallest ? smallest : probabilities[i]!);
  }

  backward(m: number, _logits: FloatArray, targets: Targets, scale: number, dlogits: FloatArray, weights?: FloatArray): void {
    const { kernels, classes, onehot, predictions } = this;
    if (weights === undefined && !this.spreads && isLabels(targets)) {
      kernels.softmaxCrossEntropyBackward(m, classes, scale, predictions, targets, dlogits);
      return;
    }
    // As the forward pass left them.
    const rows = weights !== undefined || isLabels(targets) ? onehot! : targets;
    kernels.softCrossEntropyBackward(m, classes, scale, this.smoothingOf(weights), predictions, rows, this.classWeights, dlogits);
  }

  /** Weights of rows are multiplied into the targets once these are smoothed. */
  private smoothingOf(weights: FloatArray | undefined): number {
    return weights === undefined ? this.smoothing : 0;
  }

  /** The targets as the kernels on probabilities take them. */
  private rowsOf(m: number, targets: Targets, weights: FloatArray | undefined): FloatArray {
    if (weights === undefined && !isLabels(targets)) return targets;
    // Weights come with the data, which a loss does not know until its first batch.
    const onehot = this.onehot ??= this.kernels.allocate(this.maxBatch * this.classes);
    if (isLabels(targets)) this.spread(m, targets, onehot, weights);
    if (weights !== undefined) this.weigh(m, isLabels(targets) ? onehot : targets, weights, onehot, !isLabels(targets));
    return onehot;
  }

  /** onehot ← weights·((1 − ε)·targets + ε/classes). */
  private weigh(m: number, targets: FloatArray, weights: FloatArray, onehot: FloatArray, sumsWeights: boolean): void {
    const { classes, smoothing } = this;
    if (sumsWeights) this.weight = 0;
    for (let i = 0, at = 0; i < m; i++) {
      const weight = weights[i]!;
      if (sumsWeights) this.weight += weight;
      for (const end = at + classes; at < end; at++) onehot[at] = weight * ((1 - smoothing) * targets[at]! + smoothing / classes);
    }
  }

  /** Fills the one-hot rows and sums up the labels' weights. */
  private spread(m: number, labels: Int32Array, onehot: FloatArray, weights: FloatArray | undefined): void {
    onehot.fill(0, 0, m * this.classes);
    this.weight = 0;
    for (let i = 0; i < m; i++) {
      const label = labels[i]!;
      if (!(label >= 0 && label < this.classes)) {
        throw expected('ERR_KERNEL_INDEX', `an index in [0, ${String(this.classes)})`, `labels[${String(i)}]`, label);
      }
      onehot[i * this.classes + label] = 1;
      this.weight += this.classWeights[label]! * (weights === undefined ? 1 : weights[i]!);
    }
  }
}

/** Mean squared error on outputs [m, outputs] and numbers of the same shape, over all elements, as torch.nn.MSELoss. */
export class MeanSquaredError implements Loss {
  readonly name = 'mse';
  predictions: FloatArray;
  weight = 0;

  constructor(private readonly kernels: Kernels, private readonly outputs: number) {
    checkKernels(kernels);
    checkInteger(outputs, 'outputs', 1);
    this.predictions = kernels.allocate(0);
  }

  /** Throws ERR_KERNEL_ARG for labels as targets. */
  forward(m: number, outputs: FloatArray, targets: Targets, weights?: FloatArray): number {
    this.predictions = outputs;
    this.weight = m * this.outputs;
    if (weights === undefined) return this.kernels.squaredErrorForward(this.weight, outputs, targets as FloatArray);
    this.weight = 0;
    for (let i = 0; i < m; i++) this.weight += weights[i]!;
    this.weight *= this.outputs;
    return 2 * this.kernels.huberForward(m, this.outputs, Infinity, outputs, targets as FloatArray, weights);
  }

  predict(_m: number, outputs: FloatArray): void {
    this.predictions = outputs;
  }

  outputsOf(m: number, predictions: FloatArray, outputs: FloatArray): void {
    for (let i = 0; i < m * this.outputs; i++) outputs[i] = predictions[i]!;
  }

  backward(m: number, outputs: FloatArray, targets: Targets, scale: number, doutputs: FloatArray, weights?: FloatArray): void {
    if (weights !== undefined) this.kernels.huberBackward(m, this.outputs, 2 * scale, Infinity, outputs, targets as FloatArray, weights, doutputs);
    else this.kernels.squaredErrorBackward(m * this.outputs, 2 * scale, outputs, targets as FloatArray, doutputs);
  }
}

/** Told by tag, not by class: an array may come from another realm. */
export function isLabels(targets: Targets): targets is Int32Array {
  return targets[Symbol.toStringTag] === 'Int32Array';
}
