import { checkKernels, checkNumber, checkObject } from '../arguments';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Arena, Block, GradientProduct, Parameter } from '../model/arena';
import { checkGroups, decayFactor, ranges, rateFactor } from './groups';
import type { GroupOptions, Range } from './groups';

/** An update rule for the parameters of an arena, with explicit state. */
export interface Optimizer {
  readonly name: string;
  /** State arrays by name, each of the length of the arena; saved in checkpoints. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Updates done so far. Saved in checkpoints and restored from them. */
  steps: number;
  /** Whether {@link step} can compute deferred weight gradients ({@link Arena.deferProducts}) within the update. */
  readonly takesProducts: boolean;
  /** One update by the arena's current gradients, including deferred ones. `decay` is a factor on decoupled weight decay, 1 by default. */
  step(learningRate: number, decay?: number): void;
}

/** Weight decay, coupled and decoupled, and what kinds of parameters have in place of it and of the learning rate. */
export interface DecayOptions extends GroupOptions {
  /** λ of the penalty λ‖W‖²: 2λW enters the gradient. PyTorch's `weight_decay` of SGD, Adam and RMSprop is 2λ. */
  readonly l2: number;
  /** λ of decoupled weight decay, W ← (1 − lr·λ)·W, not part of the gradient. PyTorch's `weight_decay` of AdamW. Default 0. */
  readonly weightDecay?: number;
}

/** A contiguous range of the arena with one learning rate and weight decay, and the rule's state for it. */
export interface Part extends Block {
  readonly size: number;
  /** By name, each as long as `values`. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** Factor on the learning rate. */
  readonly rate: number;
  /** 2λ of the penalty, the factor on w in the gradient. */
  readonly coupled: number;
  /** λ of decoupled weight decay, times the factor that its kind has on the learning rate. */
  readonly decoupled: number;
}

/**
 * Updates a part; `step` is the number of this update, from 1. A closure made once per part, as captured numbers are passed to kernels
 * without allocation, where those read from an object's fields would be boxed at each call.
 */
export type PartUpdate = (learningRate: number, decay: number, step: number) => void;

/** An update rule for a part, and optionally one for weights[outputs, inputs] of a linear layer that computes their deferred gradient. */
export interface Rule {
  readonly part: (part: Part) => PartUpdate;
  readonly product?: (part: Part, product: GradientProduct, outputs: number, inputs: number) => PartUpdate;
  /** Whether an update is proportional to the gradient, as that of SGD. */
  readonly growsWithGradient?: boolean;
}

/** Checks the arguments of a rule's constructor; `numbers` names the required options. Throws ERR_CONFIG, naming the argument. */
export function checkRule(kernels: Kernels, arena: Arena, options: object, numbers: readonly string[]): void {
  checkKernels(kernels);
  checkObject(arena, 'arena', 'the arena of a model', ['values', 'gradients', 'parameters', 'ordered', 'regularised']);
  checkObject(options, 'options');
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of [...numbers, 'l2']) checkNumber(given[name], name);
  if (given['weightDecay'] !== undefined) checkNumber(given['weightDecay'], 'weightDecay');
  checkGroups(options);
}

/** Base of all rules: divides the arena into parts, and allocates state of the same layout. */
export abstract class ArenaOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly state: Readonly<Record<string, FloatArray>>;
  steps = 0;
  readonly takesProducts: boolean;
  private readonly updates: readonly PartUpdate[];
  /** The updates for deferred products: one for each weight matrix, and those of the rest. */
  private readonly productUpdates: readonly PartUpdate[];

  /** @param stateNames names of the state arrays, which start at zero. */
  constructor(private readonly arena: Arena, stateNames: readonly string[], options: DecayOptions, rule: Rule) {
    const { l2, weightDecay = 0 } = options;
    this.state = Object.fromEntries(stateNames.map((name) => [name, arena.allocateAlike()]));
    const partOf = ({ from, first, values, gradients }: Range): Part => {
      const decay = decayFactor(first, options);
      return {
        values,
        gradients,
        size: values.length,
        state: Object.fromEntries(stateNames.map((name) => [name, this.state[name]!.subarray(from, from + values.length)])),
        rate: rateOf(first, options, rule),
        coupled: 2 * l2 * decay,
        decoupled: weightDecay * decay * rateFactor(first, options),
      };
    };
    const areAlike = (one: Parameter, next: Parameter): boolean => one.regularised === next.regularised && one.isFrozen === next.isFrozen &&
      rateOf(one, options, rule) === rateOf(next, options, rule) && rateFactor(one, options) === rateFactor(next, options) &&
      decayFactor(one, options) === decayFactor(next, options);
    const trained = (all: readonly Range[]): Range[] => all.filter(({ first }) => !first.isFrozen);
    this.updates = trained(ranges(arena, areAlike)).map((range) => rule.part(partOf(range)));
    this.takesProducts = rule.product !== undefined;
    const apart = ranges(arena, (one, next) => one.product === undefined && next.product === undefined && areAlike(one, next));
    this.productUpdates = rule.product === undefined ? [] : trained(apart).map((range) => {
      const { product, shape } = range.first;
      return product === undefined ? rule.part(partOf(range)) : rule.product!(partOf(range), product, shape[0]!, shape[1]!);
    });
  }

  step(learningRate: number, decay = 1): void {
    this.steps++;
    const updates = this.arena.defersProducts ? this.productUpdates : this.updates;
    for (const update of updates) update(learningRate, decay, this.steps);
  }
}

/** Factor on the learning rate of a parameter: of its kind, and of its parametrisation. */
function rateOf(parameter: Parameter, options: DecayOptions, { growsWithGradient = false }: Rule): number {
  const { rate = 1 } = parameter;
  return rateFactor(parameter, options) * (growsWithGradient ? rate * rate : rate);
}
