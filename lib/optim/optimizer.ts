import { allocate } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Arena, Block } from '../model/arena';

/** A rule that moves the parameters of an arena along its gradients, with its state in plain sight. */
export interface Optimizer {
  readonly name: string;
  /** The rule's memory by name, each as long as the arena; saved in checkpoints. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Updates done so far. Saved in checkpoints and set from them. */
  steps: number;
  /** One update from the arena's current gradients. */
  step(learningRate: number): void;
}

/** What pulls parameters towards 0 beside their gradients. */
export interface DecayOptions {
  /** λ of the penalty λ‖W‖²: 2λW enters the gradient. PyTorch's `weight_decay` of SGD, Adam and RMSprop is 2λ. */
  readonly l2: number;
  /** λ of decoupled weight decay, W ← (1 − lr·λ)·W apart from the gradient. PyTorch's `weight_decay` of AdamW. Default 0. */
  readonly weightDecay?: number;
  /** Whether both apply to biases and the like too; by default to weights alone. */
  readonly decayBiases?: boolean;
}

/** A stretch of the arena whose parameters decay alike, with the rule's memory of it. */
export interface Part extends Block {
  readonly size: number;
  /** By name, each as long as `values`. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Factor on w in the gradient, 2λ. */
  readonly coupled: number;
  /** λ of decoupled decay. */
  readonly decoupled: number;
}

/**
 * Moves a part; `step` counts this update already. A closure, made once for each part: what it captures is passed on to
 * kernels as it is, where numbers read from an object's fields would be put on the heap at each call.
 */
export type PartUpdate = (learningRate: number, step: number) => void;

/** What all rules share: the arena in two parts, weights and the rest, and a memory of the same layout. */
export abstract class ArenaOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly state: Readonly<Record<string, FloatArray>>;
  steps = 0;
  private readonly updates: readonly PartUpdate[];

  /**
   * @param memory names of the arrays that the rule keeps; they start at zero.
   * @param updateOf the rule.
   */
  constructor(
    arena: Arena, memory: readonly string[], { l2, weightDecay = 0, decayBiases = false }: DecayOptions,
    updateOf: (part: Part) => PartUpdate,
  ) {
    this.state = Object.fromEntries(memory.map((name) => [name, allocate(arena.dtype, arena.values.length)]));
    const boundary = arena.regularised.values.length;
    const part = ({ values, gradients }: Block, from: number, decays: boolean): Part => ({
      values,
      gradients,
      size: values.length,
      state: Object.fromEntries(memory.map((name) => [name, this.state[name]!.subarray(from, from + values.length)])),
      coupled: decays ? 2 * l2 : 0,
      decoupled: decays ? weightDecay : 0,
    });
    this.updates = [part(arena.regularised, 0, true), part(arena.unregularised, boundary, decayBiases)].map(updateOf);
  }

  step(learningRate: number): void {
    this.steps++;
    for (const update of this.updates) update(learningRate, this.steps);
  }
}
