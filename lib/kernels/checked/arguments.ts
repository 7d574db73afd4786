import { expected } from '../../errors';
import type { Dtype } from '../contract';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const buffers = ArrayBuffer;
const { isInteger } = Number;

/* An array's own getters, not what an object may have put in their place: a kernel trusts the length that they give. */
const { [Symbol.toStringTag]: tag, length: extent } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array);
const tagOf = tag.get as (this: unknown) => string | undefined;
const lengthOf = extent.get as (this: unknown) => number;

/* Every name is a literal, so that a call that passes builds no string. */

export type ArrayType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';

/** Told by tag, not by class: an array may come from another realm. A detached array has length 0. */
export function isArray(type: ArrayType, length: number, value: unknown): boolean {
  return buffers.isView(value) && tagOf.call(value) === type && lengthOf.call(value) >= length;
}

export function array(name: string, type: ArrayType, length: number, value: unknown): void {
  if (isArray(type, length, value)) return;
  const article = type === 'Int32Array' ? 'an' : 'a';
  throw expected('ERR_KERNEL_ARG', `${article} ${type} of at least ${length} elements`, name, value);
}

/** Sizes stay below 2³¹: that is what BLAS counts with. */
export function size(name: string, value: unknown): void {
  if (typeof value === 'number' && isInteger(value) && value >= 0 && value < 2 ** 31) return;
  const what = isInteger(value) && value as number > 0 ? 'an integer below 2147483648' : 'a non-negative integer';
  throw expected('ERR_KERNEL_ARG', what, name, value);
}

export function scalar(name: string, value: unknown): void {
  if (typeof value !== 'number') throw expected('ERR_KERNEL_ARG', 'a number', name, value);
}

export function flag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw expected('ERR_KERNEL_ARG', 'a boolean', name, value);
}

export function indices(name: string, count: number, bound: number, values: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const index = values[i]!;
    if (index < 0 || index >= bound) {
      throw expected('ERR_KERNEL_INDEX', `an index in [0, ${bound})`, `${name}[${i}]`, index);
    }
  }
}

/** The type of an array of the dtype. */
export function floatTypeOf(dtype: Dtype): ArrayType {
  return dtype === 'float32' ? 'Float32Array' : 'Float64Array';
}
