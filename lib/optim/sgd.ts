import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer, checkRule } from './optimizer';
import type { DecayOptions } from './optimizer';

export interface SgdOptions extends Omit<DecayOptions, 'weightDecay'> {
  /** μ in [0, 1); 0 needs no velocity. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Stochastic gradient descent: g = ∂J + 2λw; v = μv + g; w −= lr·(nesterov ? g + μv : v). Same order of operations as PyTorch. */
export class Sgd extends ArenaOptimizer {
  readonly name = 'sgd';

  constructor(kernels: Kernels, arena: Arena, options: SgdOptions) {
    checkRule(kernels, arena, options, ['momentum']);
    const { momentum, nesterov } = options;
    const none = kernels.allocate(0);
    super(arena, momentum === 0 ? [] : ['velocity'], options, {
      growsWithGradient: true,
      part: ({ size, values, gradients, state, rate, coupled }) => {
        const velocity = state['velocity'] ?? none;
        return (learningRate) => {
          kernels.sgdStep(size, learningRate * rate, momentum, coupled, nesterov, values, gradients, velocity);
        };
      },
      product: ({ values, gradients, state, rate, coupled }, product, outputs, inputs) => {
        const velocity = state['velocity'] ?? none;
        return (learningRate) => {
          const { m, dy, x, byteScale } = product;
          if (byteScale === undefined) {
            kernels.sgdLinearStep(
              m, outputs, inputs, dy, x as FloatArray, learningRate * rate, momentum, coupled, nesterov, gradients, values, velocity,
            );
          } else {
            kernels.sgdByteLinearStep(
              m, outputs, inputs, dy, x as Uint8Array, byteScale.scale, byteScale.shift, learningRate * rate, momentum, coupled, nesterov,
              gradients, values, velocity,
            );
          }
        };
      },
    });
  }
}
