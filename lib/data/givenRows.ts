import { expected } from '../errors';
import type { Dtype, FloatArray, SourceArray } from '../kernels/contract';

/** Features as callers of public functions may pass them. */
export type GivenRows = SourceArray | ArrayLike<number>;

/**
 * Checks features [rows, featureSize] passed by a caller, as strictly as the loaders check files, and returns them as a typed array:
 * Uint8Array, Float32Array and Float64Array unchanged, all other numbers as float64. Throws ERR_CONFIG for anything but an array,
 * ERR_SHAPE for a length that is no multiple of `featureSize`, ERR_DATA, naming row and column, for a value that is no finite number
 * (a hole, text, NaN where its column may not be missing) or that overflows the dtype.
 */
export function checkGivenRows(features: unknown, featureSize: number, dtype: Dtype, mayBeMissing: (column: number) => boolean = () => false): SourceArray {
  checkRowLength(features, featureSize);
  const kind = kindOf(features);
  if (kind === 'Uint8Array') return features as Uint8Array;
  if ((kind === 'Float32Array' || (kind === 'Float64Array' && dtype === 'float64')) && areFinite(features as FloatArray)) return features as FloatArray;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  for (let i = 0; i < features.length; i++) {
    const value = features[i];
    if (typeof value === 'number' && (Number.isFinite(rounded(value)) || (Number.isNaN(value) && mayBeMissing(i % featureSize)))) continue;
    const [row, column] = [Math.floor(i / featureSize), i % featureSize];
    const isTooLarge = typeof value === 'number' && Number.isFinite(value);
    const what = isTooLarge ? `a number that ${dtype} holds` : 'a finite number';
    throw expected('ERR_DATA', what, `row ${String(row)}, column ${String(column)} of features`, value, { row, column });
  }
  return kind === 'Float32Array' || kind === 'Float64Array' ? features as unknown as FloatArray : Float64Array.from(features as ArrayLike<number>);
}

/** Throws ERR_CONFIG for anything but an array, ERR_SHAPE for a length that is no multiple of `featureSize`. */
export function checkRowLength(features: unknown, featureSize: number): asserts features is ArrayLike<unknown> {
  if (!isArrayLike(features)) throw expected('ERR_CONFIG', 'an array of numbers', 'features', features, { path: 'features' });
  if (features.length % featureSize !== 0) {
    throw expected('ERR_SHAPE', `a multiple of ${String(featureSize)} values`, 'features', features, { path: 'features' });
  }
}

/** Whether these are a Float32Array or a Float64Array, possibly of another realm. */
export function areFloats(features: unknown): features is FloatArray {
  return ['Float32Array', 'Float64Array'].includes(kindOf(features));
}

/** The name of a typed array's type; empty for anything else. */
function kindOf(features: unknown): string {
  return ArrayBuffer.isView(features) ? String((features as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag]) : '';
}

/** Whether all numbers are finite: 0·x is NaN for the others, and a sum without a branch for each is what a long array is checked by soonest. */
function areFinite(numbers: FloatArray): boolean {
  let zero = 0;
  for (let i = 0; i < numbers.length; i++) zero += 0 * numbers[i]!;
  return zero === 0;
}

/** Throws ERR_DATA, naming the row, for outputs [rows, outputs] that are not finite: argmax would return class 0 for NaN. */
export function checkOutputs(outputs: FloatArray, outputSize: number, name: string): void {
  for (let i = 0; i < outputs.length; i++) {
    if (Number.isFinite(outputs[i])) continue;
    const row = Math.floor(i / outputSize);
    throw expected('ERR_DATA', 'features that the model has finite outputs for', `row ${String(row)} of ${name}`, `an output of ${String(outputs[i])}`, { row });
  }
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}
