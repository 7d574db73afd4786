import type { FloatArray, Kernels } from '../kernels/contract';
import { isLabels } from './loss';
import type { EvaluationLoss, Loss, Targets } from './loss';

/** An ensemble whose outputs are [m, members, outputs], for batches of up to maxBatch rows. */
export interface EnsembleSizes {
  readonly kernels: Kernels;
  readonly members: number;
  /** Of one member. */
  readonly outputSize: number;
  readonly maxBatch: number;
}

/**
 * What an ensemble is trained on: the mean of its members' losses, each against the same targets, so that every member learns by itself
 * (Gorishniy et al. 2024, "TabM"). Its predictions [m, outputs] are the means of the members' predictions.
 */
export class EnsembleLoss implements Loss {
  readonly name: Loss['name'];
  readonly predictions: FloatArray;
  weight = 0;
  /** The labels or numbers of each row, once for each member. */
  private readonly labels: Int32Array;
  private readonly numbers: FloatArray;
  private readonly weights: FloatArray;

  /** @param each the loss of one member, made for members·maxBatch rows. */
  constructor(private readonly each: Loss, private readonly sizes: EnsembleSizes) {
    const { kernels, members, outputSize, maxBatch } = sizes;
    this.name = each.name;
    this.predictions = kernels.allocate(maxBatch * outputSize);
    this.labels = new Int32Array(maxBatch * members);
    this.numbers = kernels.allocate(maxBatch * members * outputSize);
    this.weights = kernels.allocate(maxBatch * members);
  }

  get levels(): readonly number[] | undefined {
    return this.each.levels;
  }

  forward(m: number, outputs: FloatArray, targets: Targets, weights?: FloatArray): number {
    const { each, sizes: { members, outputSize } } = this;
    if (isLabels(targets)) repeat(m, members, 1, targets, this.labels);
    else repeat(m, members, outputSize / (each.levels?.length ?? 1), targets, this.numbers);
    if (weights !== undefined) repeat(m, members, 1, weights, this.weights);
    const sum = each.forward(m * members, outputs, this.repeated(targets), weights && this.weights);
    this.weight = each.weight / members;
    this.average(m);
    return sum / members;
  }

  predict(m: number, outputs: FloatArray): void {
    this.each.predict(m * this.sizes.members, outputs);
    this.average(m);
  }

  backward(m: number, outputs: FloatArray, targets: Targets, scale: number, doutputs: FloatArray, weights?: FloatArray): void {
    const { each, sizes: { members } } = this;
    each.backward(m * members, outputs, this.repeated(targets), scale / members, doutputs, weights && this.weights);
  }

  outputsOf(m: number, predictions: FloatArray, outputs: FloatArray): void {
    this.each.outputsOf(m, predictions, outputs);
  }

  /** What the last forward pass left there of such targets. */
  private repeated(targets: Targets): Targets {
    return isLabels(targets) ? this.labels : this.numbers;
  }

  private average(m: number): void {
    const { kernels, members, outputSize } = this.sizes;
    kernels.meanMembers(m, members, outputSize, this.each.predictions, this.predictions);
  }
}

/** What an ensemble is judged by: the loss of its members' mean prediction, for classes the log loss of their mean probabilities. */
export class MeanPredictionLoss implements EvaluationLoss {
  readonly name: Loss['name'];
  weight = 0;
  /** Outputs of a single net that would predict the mean. */
  private readonly outputs: FloatArray;

  /**
   * @param members gives the mean prediction.
   * @param single the loss of a single net, made for maxBatch rows.
   */
  constructor(private readonly members: EnsembleLoss, private readonly single: Loss, { kernels, outputSize, maxBatch }: EnsembleSizes) {
    this.name = single.name;
    this.outputs = kernels.allocate(maxBatch * outputSize);
  }

  get predictions(): FloatArray {
    return this.members.predictions;
  }

  get levels(): readonly number[] | undefined {
    return this.single.levels;
  }

  forward(m: number, outputs: FloatArray, targets: Targets, weights?: FloatArray): number {
    const { members, single } = this;
    members.predict(m, outputs);
    members.outputsOf(m, members.predictions, this.outputs);
    const sum = single.forward(m, this.outputs, targets, weights);
    this.weight = single.weight;
    return sum;
  }

  predict(m: number, outputs: FloatArray): void {
    this.members.predict(m, outputs);
  }
}

/** to[m, times, n] ← from[m, n], each row `times` times. */
function repeat(m: number, times: number, n: number, from: Targets, to: Targets): void {
  for (let i = 0, at = 0; i < m; i++) {
    for (let copy = 0; copy < times; copy++) {
      for (let j = 0; j < n; j++, at++) to[at] = from[i * n + j]!;
    }
  }
}
