import type { FloatArray } from '../kernels/contract';
import type { Mode } from '../model/layer';
import { SoftmaxCrossEntropy } from '../model/loss';
import type { Sequential } from '../model/sequential';

/**
 * What training minimises: J̃ = (1/m) Σᵢ −log p[i, labels[i]] + λ‖W‖² over all weights, biases free (the course's
 * equation 4). Gradients of the two terms are kept apart, because an optimiser adds 2λW while it updates anyway.
 */
export class Objective {
  private readonly crossEntropy: SoftmaxCrossEntropy;

  /** @param l2 λ ≥ 0. */
  constructor(readonly model: Sequential, readonly l2: number) {
    this.crossEntropy = new SoftmaxCrossEntropy(model.kernels, model.outputSize, model.maxBatch);
  }

  /** Class probabilities [m, classes] of the last batch. */
  get probabilities(): FloatArray {
    return this.crossEntropy.probabilities;
  }

  /** λ‖W‖². */
  penalty(): number {
    if (this.l2 === 0) return 0;
    const { values } = this.model.arena.regularised;
    return this.l2 * this.model.kernels.dot(values.length, values, values);
  }

  /** Mean cross-entropy of m rows x[m, inputSize], without the penalty; fills {@link probabilities}. */
  crossEntropyLoss(m: number, x: FloatArray, labels: Int32Array, mode: Mode): number {
    this.model.forward(m, x, mode);
    return this.crossEntropy.forward(m, this.model.output, labels) / m;
  }

  /** J̃ on m rows, as training sees it. */
  loss(m: number, x: FloatArray, labels: Int32Array): number {
    return this.crossEntropyLoss(m, x, labels, 'train') + this.penalty();
  }

  /** J̃ on m rows, and ∂J/∂θ of the cross-entropy term in the arena's gradients. */
  lossAndGradient(m: number, x: FloatArray, labels: Int32Array): number {
    const loss = this.loss(m, x, labels);
    this.crossEntropy.backward(m, labels, this.model.outputGradient);
    this.model.backward(m, x);
    return loss;
  }

  /** Adds 2λW to the weights' gradients, which then are those of J̃. */
  addPenaltyGradient(): void {
    const { values, gradients } = this.model.arena.regularised;
    this.model.kernels.axpy(values.length, 2 * this.l2, values, gradients);
  }
}
