import type { Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer } from './optimizer';
import type { DecayOptions, Part } from './optimizer';

export interface RmspropOptions extends Pick<DecayOptions, 'l2' | 'decayBiases'> {
  /** ρ in [0, 1): memory of the squared gradient; PyTorch calls it alpha. */
  readonly rho: number;
  /** ε > 0, added to the root of the mean square. */
  readonly epsilon: number;
}

/** RMSprop (Tieleman & Hinton 2012, lecture 6e): v = ρv + (1 − ρ)g²; w −= lr·g / (√v + ε). PyTorch's arithmetic. */
export class Rmsprop extends ArenaOptimizer {
  readonly name = 'rmsprop';

  constructor(private readonly kernels: Kernels, arena: Arena, private readonly options: RmspropOptions) {
    super(arena, ['square'], { l2: options.l2, decayBiases: options.decayBiases ?? false });
  }

  protected update({ size, values, gradients, state, coupled }: Part, learningRate: number): void {
    const { rho, epsilon } = this.options;
    this.kernels.rmspropStep(size, learningRate, rho, epsilon, coupled, values, gradients, state['square']!);
  }
}
