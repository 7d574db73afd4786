import { activationTypes } from './activations';
import type { ActivationLayer, ParametricActivation } from './activations';
import { batchEnsemble, memberLinear } from './batchEnsemble';
import type { BatchEnsemble, MemberLinear } from './batchEnsemble';
import type { LayerField, Fields, LayerType, NestedDescription } from './define';
import { dropout } from './dropout';
import type { Dropout } from './dropout';
import { embedding } from './embedding';
import type { Embedding } from './embedding';
import { linear } from './linear';
import type { Linear } from './linear';
import { batchNorm, layerNorm } from './normalization';
import type { BatchNorm, LayerNorm } from './normalization';
import { scale } from './scale';
import type { Scale } from './scale';
import { bottleneck, residual } from './residual';
import type { Residual } from './residual';

/**
 * Every type of layer. What descriptions may say, their checks and errors, and their documentation follow from this table. A module of one's own adds
 * to it, see `registerParts`; the types below name those that come with the package.
 */
export const layerTypes = {
  'linear': linear,
  ...activationTypes,
  'dropout': dropout,
  'batch-norm': batchNorm,
  'layer-norm': layerNorm,
  'embedding': embedding,
  'scale': scale,
  'batch-ensemble': batchEnsemble,
  'member-linear': memberLinear,
  'residual': residual,
  'bottleneck': bottleneck,
};

/** The layers that these types make, told apart by their kind; activation functions by whether they have a parameter. */
export type MadeLayer =
  ActivationLayer | BatchEnsemble | BatchNorm | Dropout | Embedding | LayerNorm | Linear | MemberLinear | ParametricActivation | Residual | Scale;

/** The name of a type of layer. */
export type LayerName = keyof typeof layerTypes;

export function layerNames(): readonly LayerName[] {
  return Object.keys(layerTypes) as LayerName[];
}

type FieldsOf<Name extends LayerName> = (typeof layerTypes)[Name]['fields'];
type ValueOf<Given> =
  Given extends LayerField<infer Value> ? Value extends readonly NestedDescription[] ? readonly LayerDescription[] : Value : never;
type RequiredNames<Own extends Fields> = { [Name in keyof Own]: Own[Name] extends LayerField<unknown, true> ? Name : never }[keyof Own];

/**
 * A layer as plain data, as in the `model` of a spec: its type, and the fields that {@link layerTypes} lists for it. Input sizes follow
 * from the layer before; a linear layer without a size has as many outputs as the model, or as the block around it.
 */
export type LayerDescription = {
  [Name in LayerName]:
    & { readonly type: Name }
    & { readonly [Key in RequiredNames<FieldsOf<Name>>]: ValueOf<FieldsOf<Name>[Key]> }
    & { readonly [Key in Exclude<keyof FieldsOf<Name>, RequiredNames<FieldsOf<Name>>>]?: ValueOf<FieldsOf<Name>[Key]> }
}[LayerName];

/** The type of that name, or undefined. */
export function layerTypeOf(name: unknown): LayerType | undefined {
  return typeof name === 'string' && Object.hasOwn(layerTypes, name) ? layerTypes[name as LayerName] : undefined;
}

/** The types, each with a line on it and its fields, for the help on the spec's key `model`. */
export function layerHelp(): [name: string, text: string][] {
  return Object.entries<LayerType>(layerTypes).map(([name, { help, fields }]) => {
    const own = Object.entries(fields).map(([field, { help: text }]) => `${field}: ${text}`);
    return [name, [help, ...own].join('; ')];
  });
}
