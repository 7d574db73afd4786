import type { Dtype } from '../contract';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { fround } = Math;

/** Rounds a double to the dtype. */
export type Rounding = (value: number) => number;

export function roundingTo(dtype: Dtype): Rounding {
  const single = dtype === 'float32';
  return (value) => (single ? fround(value) : value);
}
