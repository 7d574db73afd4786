import { checkObject } from '../arguments';
import { expected, nearest } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';
import { stateKeys } from '../model/stateKeys';

/** Parameters and buffers of a model by name, see `Model.weights`. */
export type ModelWeights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: FloatArray }>>;

/** A copy of all parameters and buffers, by the names that a model file gives them. */
export function weightsOf(model: Sequential): ModelWeights {
  return Object.fromEntries(places(model).map(({ name, shape, value }) => [name, { shape, values: value.slice() }]));
}

/** Replaces those that are given; none of them where one is refused. See `Model.setWeights`. */
export function setWeightsOf(model: Sequential, given: Readonly<Record<string, ArrayLike<number>>>): void {
  checkObject(given, 'weights', 'arrays by name');
  const all = new Map(places(model).map((place) => [place.name, place]));
  const isFinite = model.kernels.dtype === 'float32' ? (value: unknown) => Number.isFinite(Math.fround(value as number)) : Number.isFinite;
  const changes = Object.entries<unknown>(given).map(([name, values]) => {
    const place = all.get(name);
    const path = `weights.${name}`;
    if (place === undefined) {
      const suggestion = nearest(name, [...all.keys()]);
      throw expected('ERR_CONFIG', `a weight of the model${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`, 'weights', name, { path });
    }
    if (!(Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values))) throw expected('ERR_CONFIG', 'an array of numbers', path, values, { path });
    const { length } = values as ArrayLike<unknown>;
    if (length !== place.value.length) throw expected('ERR_SHAPE', `${String(place.value.length)} values [${place.shape.join(', ')}]`, path, length, { path });
    for (let i = 0; i < length; i++) {
      const value = (values as ArrayLike<unknown>)[i];
      if (typeof value !== 'number' || !isFinite(value)) throw expected('ERR_DATA', `a finite number that ${model.kernels.dtype} holds`, `value ${String(i)} of ${path}`, value, { path });
      if (place.isVariance && value < 0) throw expected('ERR_DATA', 'a variance of at least 0', `value ${String(i)} of ${path}`, value, { path });
    }
    return { into: place.value, values: values as ArrayLike<number> };
  });
  for (const { into, values } of changes) into.set(values);
}

function places(model: Sequential): { readonly name: string; readonly shape: readonly number[]; readonly value: FloatArray; readonly isVariance: boolean }[] {
  const keys = stateKeys(model.layers);
  return [
    ...model.arena.parameters.map(({ shape, value }, i) => ({ name: keys.parameters[i]!, shape, value, isVariance: false })),
    ...model.buffers.map(({ name, value }, i) => ({ name: keys.buffers[i]!, shape: [value.length], value, isVariance: name.startsWith('runningVar') })),
  ];
}
