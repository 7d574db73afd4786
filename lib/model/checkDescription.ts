import { expected, nearest } from '../errors';
import { layerNames, layerTypeOf } from './layers';
import type { LayerDescription } from './layers';

/** How deep blocks may be nested: a block that holds itself, as JavaScript allows, would never end. */
const maxNested = 32;

/** Throws ERR_CONFIG, with a path such as `model[2].rate`, unless `value` is a list of layer descriptions. */
export function checkDescription(value: unknown, path: string, depth = 0): asserts value is readonly LayerDescription[] {
  if (depth > maxNested) throw expected('ERR_CONFIG', `at most ${String(maxNested)} blocks within each other`, path.slice(0, 40), 'more', { path: path.slice(0, 40) });
  if (!Array.isArray(value) || value.length === 0) throw expected('ERR_CONFIG', 'a list of layers', path, value, { path });
  value.forEach((layer: unknown, i) => {
    checkLayer(layer, `${path}[${String(i)}]`, depth);
  });
}

function checkLayer(layer: unknown, path: string, depth: number): void {
  if (layer === null || typeof layer !== 'object' || Array.isArray(layer)) {
    throw expected('ERR_CONFIG', 'a layer such as {"type": "relu"}', path, layer, { path });
  }
  const { type, ...rest } = layer as Record<string, unknown>;
  const known = layerTypeOf(type);
  if (known === undefined) throw misspelt(`one of ${layerNames().join(', ')}`, String(type), layerNames(), `${path}.type`, type);
  const { fields } = known;
  for (const [name, value] of Object.entries(rest)) {
    const at = `${path}.${name}`;
    const field = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    if (field === undefined) {
      const names = Object.keys(fields);
      throw misspelt(`one of ${names.join(', ')}`, name, names, at, name);
    }
    if (!field.accepts(value)) throw expected('ERR_CONFIG', field.what, at, value, { path: at });
    if (field.holdsLayers === true) checkDescription(value, at, depth + 1);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.isRequired && rest[name] === undefined) {
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
