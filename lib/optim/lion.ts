import type { Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer, checkRule } from './optimizer';
import type { DecayOptions } from './optimizer';

export interface LionOptions extends DecayOptions {
  /** β₁ in [0, 1): weight of the momentum in the direction of a step. */
  readonly beta1: number;
  /** β₂ in [0, 1): decay of the momentum. */
  readonly beta2: number;
}

/**
 * Lion (Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2):
 * w ← (1 − lr·λ)·w − lr·sign(β₁m + (1 − β₁)g); m ← β₂m + (1 − β₂)g. Every step changes each weight by lr, so that
 * good learning rates are three to ten times smaller than Adam's.
 */
export class Lion extends ArenaOptimizer {
  readonly name = 'lion';

  constructor(kernels: Kernels, arena: Arena, options: LionOptions) {
    checkRule(kernels, arena, options, ['beta1', 'beta2']);
    const { beta1, beta2 } = options;
    super(arena, ['momentum'], options, {
      part: ({ size, values, gradients, state, rate, coupled, decoupled }) => (learningRate, decay) => {
        const keep = 1 - learningRate * decoupled * decay;
        kernels.lionStep(size, learningRate * rate, beta1, beta2, coupled, keep, values, gradients, state['momentum']!);
      },
    });
  }
}
