import { flag, number, orNull, share, withDefaults } from '../fields';
import type { Field } from '../fields';
import type { Kernels } from '../kernels/contract';
import type { Arena } from '../model/arena';
import { Adam } from './adam';
import { groupOptions } from './groups';
import type { GroupFactors } from './groups';
import { Lion } from './lion';
import type { Optimizer } from './optimizer';
import { Rmsprop } from './rmsprop';
import { Sgd } from './sgd';

/** Options of optimisers, as keys of a spec. */
export interface OptimizerOptions {
  momentum: number;
  nesterov: boolean;
  beta1: number | null;
  beta2: number | null;
  epsilon: number;
  rho: number;
  l2: number;
  weightDecay: number;
  decayBiases: boolean;
  learningRates: GroupFactors | null;
  weightDecays: GroupFactors | null;
}

export const optimizerOptions: { readonly [Key in keyof OptimizerOptions]: Field } = {
  momentum: share(0, 'momentum'),
  nesterov: flag(false, 'Nesterov momentum'),
  beta1: orNull(share(0, 'β₁')),
  beta2: orNull(share(0, 'β₂')),
  epsilon: number(1e-8, '> 0', (value) => value > 0, 'ε'),
  rho: share(0.99, 'decay of the mean squared gradient (PyTorch\'s alpha)'),
  l2: number(0, '≥ 0', (value) => value >= 0, 'λ of the penalty λ‖W‖² on weights (gradient 2λW),'),
  weightDecay: number(0, '≥ 0', (value) => value >= 0, 'λ of decoupled weight decay on weights'),
  decayBiases: flag(false, 'apply l2 and weightDecay to biases and normalisation parameters too'),
  ...groupOptions,
};

interface OptimizerKind {
  /** The options that apply to it, with their defaults. */
  readonly options: Readonly<Partial<Record<keyof OptimizerOptions, number | boolean | null>>>;
  /** Number of its state arrays, each of the length of the parameters. */
  readonly memory: (options: OptimizerOptions) => number;
  readonly make: (kernels: Kernels, arena: Arena, options: OptimizerOptions & Moments) => Optimizer;
}

interface Moments {
  readonly beta1: number;
  readonly beta2: number;
}

/** The optimisers by name. Spec keys, their help and cross-field rules, and the memory estimate follow from this table. */
export const optimizers = {
  sgd: {
    options: { momentum: 0, nesterov: false, l2: 0, decayBiases: false, learningRates: null, weightDecays: null },
    memory: ({ momentum }) => (momentum === 0 ? 0 : 1),
    make: (kernels, arena, options) => new Sgd(kernels, arena, options),
  },
  adam: {
    options: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, l2: 0, decayBiases: false, learningRates: null, weightDecays: null },
    memory: () => 2,
    make: (kernels, arena, options) => new Adam(kernels, arena, options),
  },
  adamw: {
    options: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decayBiases: false, learningRates: null, weightDecays: null },
    memory: () => 2,
    make: (kernels, arena, options) => new Adam(kernels, arena, options),
  },
  rmsprop: {
    options: { rho: 0.99, epsilon: 1e-8, l2: 0, decayBiases: false, learningRates: null, weightDecays: null },
    memory: () => 1,
    make: (kernels, arena, options) => new Rmsprop(kernels, arena, options),
  },
  lion: {
    options: { beta1: 0.9, beta2: 0.99, l2: 0, weightDecay: 0, decayBiases: false, learningRates: null, weightDecays: null },
    memory: () => 1,
    make: (kernels, arena, options) => new Lion(kernels, arena, options),
  },
} as const satisfies Readonly<Record<string, OptimizerKind>>;

export type OptimizerName = keyof typeof optimizers;

/** Makes the optimiser of that name for the parameters of an arena. */
export function makeOptimizer(name: OptimizerName, kernels: Kernels, arena: Arena, options: OptimizerOptions): Optimizer {
  const { make, options: defaults }: OptimizerKind = optimizers[name];
  return make(kernels, arena, withDefaults(options, defaults) as OptimizerOptions & Moments);
}
