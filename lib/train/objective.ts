import { checkModel, checkNumber, checkObject, checkOptions } from '../arguments';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { Block } from '../model/arena';
import type { Mode } from '../model/layer';
import { SoftmaxCrossEntropy } from '../model/loss';
import type { Loss, Targets } from '../model/loss';
import { losses } from '../model/losses';
import type { Sequential } from '../model/sequential';

export interface ObjectiveOptions {
  /** What training minimises; by default plain softmax cross-entropy. */
  readonly loss?: Loss;
  /**
   * What evaluation reports; by default the same. Label smoothing and class weights change the scale of a loss, so that a
   * spec with them still evaluates the plain cross-entropy: runs stay comparable.
   */
  readonly evaluationLoss?: Loss;
  /** Whether the penalty is on biases and the like too. */
  readonly decayBiases?: boolean;
}

/**
 * What training minimises: J̃ = the mean loss of a batch + λ‖W‖², W being all weights, biases free (the course's equation
 * 4, where the loss is softmax cross-entropy). Gradients of the two terms are kept apart, because an optimiser adds 2λW
 * while it updates anyway.
 */
export class Objective {
  private readonly trainingLoss: Loss;
  private readonly evaluationLoss: Loss;
  /** The one of the last pass. */
  private current: Loss;
  private readonly penalised: Block;

  /** @param l2 λ ≥ 0. */
  constructor(readonly model: Sequential, readonly l2: number, options: ObjectiveOptions = {}) {
    checkModel(model);
    checkNumber(l2, 'l2');
    checkOptions(options);
    for (const name of ['loss', 'evaluationLoss'] as const) {
      if (options[name] !== undefined) checkObject(options[name], name, 'a loss, such as SoftmaxCrossEntropy,', ['name', 'forward', 'backward', 'predict']);
    }
    const { arena, kernels, outputSize, maxBatch } = model;
    this.trainingLoss = options.loss ?? new SoftmaxCrossEntropy(kernels, outputSize, maxBatch);
    this.evaluationLoss = options.evaluationLoss ?? this.trainingLoss;
    this.current = this.trainingLoss;
    this.penalised = options.decayBiases === true ? arena : arena.regularised;
  }

  /** Whether the model's outputs are logits of classes, not numbers. */
  get classifies(): boolean {
    return losses[this.trainingLoss.name].predicts === 'classes';
  }

  /** Class probabilities [m, classes] of the last batch; for numeric targets the model's outputs [m, outputs]. */
  get predictions(): FloatArray {
    return this.current.predictions;
  }

  /** What the sum of the last batch is to be divided by for its mean: the rows, their weights, or all numbers. */
  get weight(): number {
    return this.current.weight;
  }

  /** λ‖W‖². */
  penalty(): number {
    if (this.l2 === 0) return 0;
    const { values } = this.penalised;
    return this.l2 * this.model.kernels.dot(values.length, values, values);
  }

  /** The loss of m rows x[m, inputSize], summed and without the penalty; fills {@link predictions} and {@link weight}. */
  sum(m: number, x: SourceArray, targets: Targets, mode: Mode): number {
    this.model.forward(m, x, mode);
    this.current = mode === 'train' ? this.trainingLoss : this.evaluationLoss;
    return this.current.forward(m, this.model.output, targets);
  }

  /** {@link predictions} for m rows x[m, inputSize], where their targets are not known. */
  predict(m: number, x: SourceArray): FloatArray {
    this.model.forward(m, x, 'evaluate');
    this.current = this.evaluationLoss;
    this.current.predict(m, this.model.output);
    return this.predictions;
  }

  /** After a {@link sum} in training: scale times the gradient of that sum, into the arena's gradients. */
  backward(m: number, x: SourceArray, targets: Targets, scale: number): void {
    this.trainingLoss.backward(m, this.model.output, targets, scale, this.model.outputGradient);
    this.model.backward(m, x);
  }

  /** J̃ on m rows, as training sees it. */
  loss(m: number, x: FloatArray, targets: Targets): number {
    return this.sum(m, x, targets, 'train') / this.weight + this.penalty();
  }

  /** J̃ on m rows, and the gradient of its first term in the arena's gradients. */
  lossAndGradient(m: number, x: FloatArray, targets: Targets): number {
    const loss = this.loss(m, x, targets);
    this.backward(m, x, targets, 1 / this.weight);
    return loss;
  }

  /** Adds 2λW to the weights' gradients, which then are those of J̃. */
  addPenaltyGradient(): void {
    const { values, gradients } = this.penalised;
    this.model.kernels.axpy(values.length, 2 * this.l2, values, gradients);
  }
}
