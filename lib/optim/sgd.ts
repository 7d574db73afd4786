import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena, Block } from '../model/arena';
import type { Optimizer } from './optimizer';

export interface SgdOptions {
  /** μ in [0, 1). */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** λ of the penalty λ‖W‖²; its gradient 2λW is added to the regularised parameters only. */
  readonly l2: number;
}

/** Stochastic gradient descent: g = ∂J + 2λw; v = μv + g; w −= lr·(nesterov ? g + μv : v). PyTorch's arithmetic. */
export class Sgd implements Optimizer {
  readonly name = 'sgd';
  readonly state: Readonly<Record<string, FloatArray>>;
  private readonly velocity: FloatArray;

  constructor(private readonly kernels: Kernels, private readonly arena: Arena, private readonly options: SgdOptions) {
    this.velocity = allocate(arena.dtype, options.momentum === 0 ? 0 : arena.values.length);
    this.state = options.momentum === 0 ? {} : { velocity: this.velocity };
    const boundary = arena.regularised.values.length;
    this.regularisedVelocity = this.velocity.subarray(0, boundary);
    this.unregularisedVelocity = this.velocity.subarray(boundary);
  }

  private readonly regularisedVelocity: FloatArray;
  private readonly unregularisedVelocity: FloatArray;

  step(learningRate: number): void {
    this.update(this.arena.regularised, learningRate, 2 * this.options.l2, this.regularisedVelocity);
    this.update(this.arena.unregularised, learningRate, 0, this.unregularisedVelocity);
  }

  private update({ values, gradients }: Block, learningRate: number, weightDecay: number, velocity: FloatArray): void {
    const { momentum, nesterov } = this.options;
    this.kernels.sgdStep(values.length, learningRate, momentum, weightDecay, nesterov, values, gradients, velocity);
  }
}
