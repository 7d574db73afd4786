import type { FloatArray, Kernels } from '../kernels/contract';
import { allocate } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { ArenaOptimizer } from './optimizer';
import type { DecayOptions, Part } from './optimizer';

export interface SgdOptions extends Pick<DecayOptions, 'l2' | 'decayBiases'> {
  /** μ in [0, 1). */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Stochastic gradient descent: g = ∂J + 2λw; v = μv + g; w −= lr·(nesterov ? g + μv : v). PyTorch's arithmetic. */
export class Sgd extends ArenaOptimizer {
  readonly name = 'sgd';
  /** Stands for the velocity where there is no momentum. */
  private readonly none: FloatArray;

  constructor(private readonly kernels: Kernels, arena: Arena, private readonly options: SgdOptions) {
    super(arena, options.momentum === 0 ? [] : ['velocity'], { l2: options.l2, decayBiases: options.decayBiases ?? false });
    this.none = allocate(arena.dtype, 0);
  }

  protected update({ size, values, gradients, state, coupled }: Part, learningRate: number): void {
    const { momentum, nesterov } = this.options;
    this.kernels.sgdStep(size, learningRate, momentum, coupled, nesterov, values, gradients, state['velocity'] ?? this.none);
  }
}
