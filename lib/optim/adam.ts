import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer, checkRule } from './optimizer';
import type { DecayOptions } from './optimizer';

export interface AdamOptions extends DecayOptions {
  /** β₁ in [0, 1): decay of the mean of the gradient. */
  readonly beta1: number;
  /** β₂ in [0, 1): decay of the mean of its square. */
  readonly beta2: number;
  /** ε > 0, added to the root of the mean square. */
  readonly epsilon: number;
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1) and, with `weightDecay`, AdamW (Loshchilov & Hutter 2019, algorithm 2):
 * m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; w −= lr·m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
 * Numerator and denominator are taken times √(1 − β₂ᵗ), as Kingma & Ba propose in section 2: w −= lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m / (√v + ε·√(1 − β₂ᵗ))
 * divides once for each weight, PyTorch's order of operations twice.
 */
export class Adam extends ArenaOptimizer {
  readonly name = 'adam';

  constructor(kernels: Kernels, arena: Arena, options: AdamOptions) {
    checkRule(kernels, arena, options, ['beta1', 'beta2', 'epsilon']);
    const { beta1, beta2, epsilon } = options;
    super(arena, ['mean', 'square'], options, {
      part: ({ size, values, gradients, state, rate, coupled, decoupled }) => (learningRate, decay, step) => {
        const root = Math.sqrt(1 - beta2 ** step);
        const stepSize = (learningRate * rate * root) / (1 - beta1 ** step);
        kernels.adamStep(
          size, stepSize, beta1, beta2, epsilon * root, coupled, 1 - learningRate * decoupled * decay,
          values, gradients, state['mean']!, state['square']!,
        );
      },
      product: ({ values, gradients, state, rate, coupled, decoupled }, product, outputs, inputs) => (learningRate, decay, step) => {
        const { m, dy, x, byteScale } = product;
        const root = Math.sqrt(1 - beta2 ** step);
        const stepSize = (learningRate * rate * root) / (1 - beta1 ** step);
        const keep = 1 - learningRate * decoupled * decay;
        if (byteScale === undefined) {
          kernels.adamLinearStep(
            m, outputs, inputs, dy, x as FloatArray, stepSize, beta1, beta2, epsilon * root, coupled, keep,
            gradients, values, state['mean']!, state['square']!,
          );
        } else {
          kernels.adamByteLinearStep(
            m, outputs, inputs, dy, x as Uint8Array, byteScale.scale, byteScale.shift, stepSize, beta1, beta2, epsilon * root, coupled,
            keep, gradients, values, state['mean']!, state['square']!,
          );
        }
      },
    });
  }
}
