import { checkKernels, checkNumber, checkObject } from '../arguments';
import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena, Block, GradientProduct, Parameter } from '../model/arena';

/** A rule that moves the parameters of an arena along its gradients, with its state in plain sight. */
export interface Optimizer {
  readonly name: string;
  /** The rule's memory by name, each as long as the arena; saved in checkpoints. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Updates done so far. Saved in checkpoints and set from them. */
  steps: number;
  /** Whether {@link step} takes deferred gradients ({@link Arena.deferProducts}). */
  readonly takesProducts: boolean;
  /** One update from the arena's current gradients, deferred ones among them. */
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

/** A rule, for a part, and for the weights[outputs, inputs] of a linear layer whose gradient is deferred. */
export interface Rule {
  readonly part: (part: Part) => PartUpdate;
  readonly product?: (part: Part, product: GradientProduct, outputs: number, inputs: number) => PartUpdate;
}

/** Throws ERR_CONFIG, naming it, for an argument of a rule that is none; `numbers` are the options that have to be there. */
export function checkRule(kernels: Kernels, arena: Arena, options: object, numbers: readonly string[]): void {
  checkKernels(kernels);
  checkObject(arena, 'arena', 'the arena of a model', ['values', 'gradients', 'parameters', 'regularised']);
  checkObject(options, 'options');
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of [...numbers, 'l2']) checkNumber(given[name], name);
  if (given['weightDecay'] !== undefined) checkNumber(given['weightDecay'], 'weightDecay');
}

/** What all rules share: the arena in two parts, weights and the rest, and a memory of the same layout. */
export abstract class ArenaOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly state: Readonly<Record<string, FloatArray>>;
  steps = 0;
  readonly takesProducts: boolean;
  private readonly updates: readonly PartUpdate[];
  /** The same where products are deferred: weights by weights. */
  private readonly productUpdates: readonly PartUpdate[];

  /** @param memory names of the arrays that the rule keeps; they start at zero. */
  constructor(
    private readonly arena: Arena, memory: readonly string[], { l2, weightDecay = 0, decayBiases = false }: DecayOptions, rule: Rule,
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
    const rest = rule.part(part(arena.unregularised, boundary, decayBiases));
    this.updates = [rule.part(part(arena.regularised, 0, true)), rest];
    this.takesProducts = rule.product !== undefined;
    const ofParameter = ({ value, gradient, product, shape }: Parameter): PartUpdate => {
      const from = (value.byteOffset - arena.values.byteOffset) / value.BYTES_PER_ELEMENT;
      const own = part({ values: value, gradients: gradient }, from, true);
      return product === undefined ? rule.part(own) : rule.product!(own, product, shape[0]!, shape[1]!);
    };
    this.productUpdates = rule.product === undefined
      ? []
      : [...arena.parameters.filter(({ regularised }) => regularised).map(ofParameter), rest];
  }

  step(learningRate: number): void {
    this.steps++;
    const updates = this.arena.defersProducts ? this.productUpdates : this.updates;
    for (const update of updates) update(learningRate, this.steps);
  }
}
