import { checkKernels, checkNumber, checkObject } from '../arguments';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena, Block, GradientProduct, Parameter } from '../model/arena';

/** An update rule for the parameters of an arena, with explicit state. */
export interface Optimizer {
  readonly name: string;
  /** State arrays by name, each of the length of the arena; saved in checkpoints. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Updates done so far. Saved in checkpoints and restored from them. */
  steps: number;
  /** Whether {@link step} can compute deferred weight gradients ({@link Arena.deferProducts}) within the update. */
  readonly takesProducts: boolean;
  /** One update by the arena's current gradients, including deferred ones. */
  step(learningRate: number): void;
}

/** Weight decay, coupled and decoupled. */
export interface DecayOptions {
  /** λ of the penalty λ‖W‖²: 2λW enters the gradient. PyTorch's `weight_decay` of SGD, Adam and RMSprop is 2λ. */
  readonly l2: number;
  /** λ of decoupled weight decay, W ← (1 − lr·λ)·W, not part of the gradient. PyTorch's `weight_decay` of AdamW. Default 0. */
  readonly weightDecay?: number;
  /** Whether both also apply to biases and other unregularised parameters. Default false. */
  readonly decayBiases?: boolean;
}

/** A contiguous range of the arena with one weight decay, and the rule's state for it. */
export interface Part extends Block {
  readonly size: number;
  /** By name, each as long as `values`. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** 2λ of the penalty, the factor on w in the gradient. */
  readonly coupled: number;
  /** λ of decoupled weight decay. */
  readonly decoupled: number;
}

/**
 * Updates a part; `step` is the number of this update, from 1. A closure made once per part, as captured numbers are passed to kernels
 * without allocation, where those read from an object's fields would be boxed at each call.
 */
export type PartUpdate = (learningRate: number, step: number) => void;

/** An update rule for a part, and optionally one for weights[outputs, inputs] of a linear layer that computes their deferred gradient. */
export interface Rule {
  readonly part: (part: Part) => PartUpdate;
  readonly product?: (part: Part, product: GradientProduct, outputs: number, inputs: number) => PartUpdate;
}

/** Checks the arguments of a rule's constructor; `numbers` names the required options. Throws ERR_CONFIG, naming the argument. */
export function checkRule(kernels: Kernels, arena: Arena, options: object, numbers: readonly string[]): void {
  checkKernels(kernels);
  checkObject(arena, 'arena', 'the arena of a model', ['values', 'gradients', 'parameters', 'regularised']);
  checkObject(options, 'options');
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of [...numbers, 'l2']) checkNumber(given[name], name);
  if (given['weightDecay'] !== undefined) checkNumber(given['weightDecay'], 'weightDecay');
}

/** Base of all rules: divides the arena into two parts, weights and the rest, and allocates state of the same layout. */
export abstract class ArenaOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly state: Readonly<Record<string, FloatArray>>;
  steps = 0;
  readonly takesProducts: boolean;
  private readonly updates: readonly PartUpdate[];
  /** The updates for deferred products: one for each weight matrix, and one for the rest. */
  private readonly productUpdates: readonly PartUpdate[];

  /** @param stateNames names of the state arrays, which start at zero. */
  constructor(
    private readonly arena: Arena, stateNames: readonly string[], { l2, weightDecay = 0, decayBiases = false }: DecayOptions, rule: Rule,
  ) {
    this.state = Object.fromEntries(stateNames.map((name) => [name, arena.allocateAlike()]));
    const boundary = arena.regularised.values.length;
    const part = ({ values, gradients }: Block, from: number, decays: boolean): Part => ({
      values,
      gradients,
      size: values.length,
      state: Object.fromEntries(stateNames.map((name) => [name, this.state[name]!.subarray(from, from + values.length)])),
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
