import type { Activation } from './activations';
import type { Parametrization } from './linear';

const normalizations = { none: [], batch: [{ type: 'batch-norm' }], layer: [{ type: 'layer-norm' }] } as const;

/** The normalisation between a hidden layer's linear layer and its activation function. */
export type Norm = keyof typeof normalizations;

export const norms = Object.keys(normalizations) as readonly Norm[];

/** What a hidden layer of a multi-layer perceptron consists of: linear → norm → activation → dropout. */
export interface HiddenOptions {
  /** Default: 'relu'. */
  readonly activation?: Activation;
  /** Whether the activation is mixed with the identity, by a learned weight for each unit; false by default. */
  readonly parametricActivation?: boolean;
  /** Default: 'none'. */
  readonly norm?: Norm;
  /** Rate of dropout in [0, 1); 0 by default. */
  readonly dropout?: number;
}

/** The linear layer of a hidden layer: one net's, or one that members of an ensemble share, of which the first says how many there are. */
export type LinearDescription =
  | { readonly type: 'linear'; readonly size?: number; readonly parametrization?: Parametrization }
  | { readonly type: 'batch-ensemble'; readonly size?: number }
  | { readonly type: 'batch-ensemble'; readonly size?: number; readonly members: number };

type HiddenDescription =
  | LinearDescription
  | { readonly type: Activation; readonly parametric?: boolean }
  | { readonly type: 'batch-norm' | 'layer-norm' }
  | { readonly type: 'dropout'; readonly rate: number };

/** The layers of one hidden layer, behind a linear one. */
export function hiddenLayers(
  linear: LinearDescription, { activation = 'relu', parametricActivation = false, norm = 'none', dropout }: HiddenOptions,
): HiddenDescription[] {
  const own = parametricActivation ? { type: activation, parametric: true } : { type: activation };
  return [linear, ...normalizations[norm], own, ...dropoutLayers(dropout)];
}

/** A dropout layer, or none for a rate of 0. */
export function dropoutLayers(rate = 0): { readonly type: 'dropout'; readonly rate: number }[] {
  return rate === 0 ? [] : [{ type: 'dropout', rate }];
}
