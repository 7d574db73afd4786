import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';

/**
 * Softmax cross-entropy on integer labels, on logits x[m, classes]. Softmax and logarithm stay fused, so that the gradient
 * is the plain difference p − onehot and no probability is ever divided by.
 */
export class SoftmaxCrossEntropy {
  /** Class probabilities [m, classes] of the last {@link forward}. */
  readonly probabilities: FloatArray;

  constructor(private readonly kernels: Kernels, private readonly classes: number, maxBatch: number) {
    this.probabilities = allocate(kernels.dtype, maxBatch * classes);
  }

  /** Σᵢ −log p[i, labels[i]] over the m rows. Throws ERR_KERNEL_INDEX for a label outside [0, classes). */
  forward(m: number, logits: FloatArray, labels: Int32Array): number {
    return this.kernels.softmaxCrossEntropyForward(m, this.classes, logits, labels, this.probabilities);
  }

  /** dlogits ← (p − onehot)/m: the gradient of the mean over the batch (docs/backpropagation.md, ∂J/∂z3). */
  backward(m: number, labels: Int32Array, dlogits: FloatArray): void {
    this.kernels.softmaxCrossEntropyBackward(m, this.classes, 1 / m, this.probabilities, labels, dlogits);
  }
}
