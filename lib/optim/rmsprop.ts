import type { Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer, checkRule } from './optimizer';
import type { DecayOptions } from './optimizer';

export interface RmspropOptions extends Omit<DecayOptions, 'weightDecay'> {
  /** ρ in [0, 1): decay of the mean of the squared gradient; PyTorch's alpha. */
  readonly rho: number;
  /** ε > 0, added to the root of the mean square. */
  readonly epsilon: number;
}

/** RMSprop (Tieleman & Hinton 2012, lecture 6e): v = ρv + (1 − ρ)g²; w −= lr·g / (√v + ε). Same order of operations as PyTorch. */
export class Rmsprop extends ArenaOptimizer {
  readonly name = 'rmsprop';

  constructor(kernels: Kernels, arena: Arena, options: RmspropOptions) {
    checkRule(kernels, arena, options, ['rho', 'epsilon']);
    const { rho, epsilon } = options;
    super(arena, ['square'], options, {
      part: ({ size, values, gradients, state, rate, coupled }) => (learningRate) => {
        kernels.rmspropStep(size, learningRate * rate, rho, epsilon, coupled, values, gradients, state['square']!);
      },
    });
  }
}
