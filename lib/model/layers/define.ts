import type { Field } from '../../fields';
import type { Kernels } from '../../kernels/contract';
import type { RandomState } from '../../random';
import type { Layer } from '../layer';
import type { Shape } from '../shape';

/** A field of a layer's description beside `type`. Its check is a type guard, from which the type of the description follows. */
export interface LayerField<Value = unknown, Required extends boolean = boolean> extends Pick<Field, 'help' | 'what'> {
  readonly accepts: (value: unknown) => value is Value;
  readonly isRequired: Required;
  /** Whether the value is a list of descriptions, each to be checked by its own type. */
  readonly holdsLayers?: boolean;
}

export type Fields = Readonly<Record<string, LayerField>>;

/** A description within another, whose fields its own type checks. `LayerDescription` stands in its place for users. */
export interface NestedDescription {
  readonly type: string;
}

type RequiredNames<Own extends Fields> = { [Name in keyof Own]: Own[Name] extends LayerField<unknown, true> ? Name : never }[keyof Own];
type ValueOf<Given> = Given extends LayerField<infer Value> ? Value : never;

/** The values of fields, as a layer of that type gets them. */
export type OptionsOf<Own extends Fields> =
  & { readonly [Name in RequiredNames<Own>]: ValueOf<Own[Name]> }
  & { readonly [Name in Exclude<keyof Own, RequiredNames<Own>>]?: ValueOf<Own[Name]> };

/**
 * What the places of a row of inputs hold, in this order: numbers; inputs that are taken as they are, such as one-hot encodings and
 * indicators; and the index of a category in [0, size), one for each of the sizes in `categories`.
 */
export interface InputLayout {
  readonly numbers: number;
  readonly passed: number;
  readonly categories: readonly number[];
}

/** The layout of a row that holds numbers alone, as that of any layer's outputs. */
export function numbersAlone(numbers: number): InputLayout {
  return { numbers, passed: 0, categories: [] };
}

/** How many inputs a row has. */
export function inputsIn({ numbers, passed, categories }: InputLayout): number {
  return numbers + passed + categories.length;
}

/** What a layer is made from beside its own fields. */
export interface MakeContext {
  readonly kernels: Kernels;
  /** Of each row that comes in. */
  readonly inputShape: Shape;
  /** What such a row holds: of the model's first layer what the data has, of any other numbers alone. */
  readonly inputLayout: InputLayout;
  /** Of the outputs of the model, or of the block around the layer. */
  readonly outputShape: Shape;
  /** Gives layers that draw at random their generators. */
  readonly random: RandomState;
  /** Counts from 1 how often the model asked for a number of that name: W1, W2, … */
  readonly next: (name: string) => number;
  /** The layers of a block. */
  readonly makeAll: (descriptions: readonly NestedDescription[], inputShape: Shape, outputShape: Shape) => Layer[];
}

/** A type of layer that a description may name. */
export interface LayerType<Own extends Fields = Fields> {
  readonly help: string;
  readonly fields: Own;
  /** Whether it takes the indices of categories for what they are; to any other layer they would be numbers. */
  readonly takesCategories?: boolean;
  /** The layer; the options have been checked. */
  make(context: MakeContext, options: OptionsOf<Own>): Layer;
}

/** Lets the compiler infer the options of `make` from the fields. */
export function layerType<const Own extends Fields>(type: LayerType<Own>): LayerType<Own> {
  return type;
}

function numberField(what: string, inRange: (value: number) => boolean): (help: string) => LayerField<number, false> {
  return (help) => ({
    help, what, isRequired: false, accepts: (value): value is number => typeof value === 'number' && inRange(value),
  });
}

export const size = numberField('a positive integer', (value) => Number.isSafeInteger(value) && value > 0);

export function integerFrom(least: number): (help: string) => LayerField<number, false> {
  return numberField(`an integer of at least ${String(least)}`, (value) => Number.isSafeInteger(value) && value >= least);
}

export const fraction = numberField('a number in [0, 1)', (value) => value >= 0 && value < 1);
export const share = numberField('a number in [0, 1]', (value) => value >= 0 && value <= 1);
export const positive = numberField('a positive number', (value) => value > 0 && Number.isFinite(value));

export function flagField(help: string): LayerField<boolean, false> {
  return { help, what: 'true or false', isRequired: false, accepts: (value): value is boolean => typeof value === 'boolean' };
}

export function oneOf<Name extends string>(names: readonly Name[], help: string): LayerField<Name, false> {
  return {
    help, what: `one of ${names.join(', ')}`, isRequired: false,
    accepts: (value): value is Name => names.includes(value as Name),
  };
}

export function layerList(help: string): LayerField<readonly NestedDescription[], false> {
  return {
    help, what: 'a list of layers', isRequired: false, holdsLayers: true,
    accepts: (value): value is readonly NestedDescription[] => Array.isArray(value) && value.length > 0,
  };
}

export function required<Value>(field: LayerField<Value>): LayerField<Value, true> {
  return { ...field, isRequired: true };
}
