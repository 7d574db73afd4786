import { expected, nearest } from '../errors';
import { activations } from './activations';
import type { LayerDescription } from './description';
import { norms } from './norms';

/** How a field of a description is checked; `what` is for the error message. */
interface Field {
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
  readonly required?: boolean;
}

const numberIn = (what: string, accepts: (value: number) => boolean): Field => ({
  what, accepts: (value) => typeof value === 'number' && accepts(value),
});
const oneOf = (names: readonly string[]): Field => ({
  what: `one of ${names.join(', ')}`, accepts: (value) => names.includes(value as string),
});
const required = (field: Field): Field => ({ ...field, required: true });

const size = numberIn('a positive integer', (value) => Number.isSafeInteger(value) && value > 0);
const fraction = numberIn('a number in [0, 1)', (value) => value >= 0 && value < 1);
const positive = numberIn('a positive number', (value) => value > 0 && Number.isFinite(value));
const list: Field = { what: 'a list of layers', accepts: (value) => Array.isArray(value) && value.length > 0 };

const fieldsByType: Readonly<Record<LayerDescription['type'], Readonly<Record<string, Field>>>> = {
  'linear': { size },
  'relu': {},
  'leaky-relu': { slope: fraction },
  'gelu': {},
  'tanh': {},
  'sigmoid': {},
  'dropout': { rate: required(fraction) },
  'batch-norm': { momentum: numberIn('a number in [0, 1]', (value) => value >= 0 && value <= 1), epsilon: positive },
  'layer-norm': { epsilon: positive },
  'residual': { layers: required(list) },
  'bottleneck': { size: required(size), activation: oneOf(activations), norm: oneOf(norms), dropout: fraction },
};

/** The types of layers that a description may name. */
export const layerTypes = Object.keys(fieldsByType) as readonly LayerDescription['type'][];

/** A block that holds itself has no end. */
const maxNested = 32;

/** Throws ERR_CONFIG, with a path such as `model[2].rate`, unless `value` is a list of layer descriptions. */
export function checkDescription(value: unknown, path: string, depth = 0): asserts value is readonly LayerDescription[] {
  if (depth > maxNested) throw expected('ERR_CONFIG', `at most ${String(maxNested)} blocks within each other`, path.slice(0, 40), 'more', { path: path.slice(0, 40) });
  if (!Array.isArray(value) || value.length === 0) throw expected('ERR_CONFIG', list.what, path, value, { path });
  value.forEach((layer: unknown, i) => {
    checkLayer(layer, `${path}[${String(i)}]`, depth);
  });
}

function checkLayer(layer: unknown, path: string, depth: number): void {
  if (layer === null || typeof layer !== 'object' || Array.isArray(layer)) {
    throw expected('ERR_CONFIG', 'a layer such as {"type": "relu"}', path, layer, { path });
  }
  const { type, ...rest } = layer as Record<string, unknown>;
  if (!layerTypes.includes(type as LayerDescription['type'])) {
    throw misspelt(`one of ${layerTypes.join(', ')}`, String(type), layerTypes, `${path}.type`, type);
  }
  const fields = fieldsByType[type as LayerDescription['type']];
  for (const [name, value] of Object.entries(rest)) {
    const at = `${path}.${name}`;
    const field = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    if (field === undefined) {
      const names = Object.keys(fields);
      const what = names.length === 0 ? `no field beside type in a ${String(type)} layer` : `one of ${names.join(', ')}`;
      throw misspelt(what, name, names, at, name);
    }
    if (!field.accepts(value)) throw expected('ERR_CONFIG', field.what, at, value, { path: at });
    if (field === fields['layers']) checkDescription(value, at, depth + 1);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.required === true && rest[name] === undefined) {
      const at = `${path}.${name}`;
      throw expected('ERR_CONFIG', field.what, at, undefined, { path: at });
    }
  }
}

function misspelt(what: string, name: string, names: readonly string[], path: string, received: unknown) {
  const suggestion = nearest(name, names);
  return expected('ERR_CONFIG', suggestion === undefined ? what : `${what} (did you mean ${suggestion}?)`, path, received, {
    path, nearest: suggestion ?? null,
  });
}
