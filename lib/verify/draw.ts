import { allocate, storedDtype, unitRoundoff } from '../kernels/contract';
import type { Dtype, FloatArray, Precision } from '../kernels/contract';
import { RandomState } from '../random';

/** Elements behind an output that no kernel may touch. */
export const GUARDS = 3;
/** Longer inputs repeat so many numbers, a prime: to draw more takes longer than to compute with them. */
const DRAWN = 4099;

/** Random and hostile inputs of a precision, and the constants of its arithmetic. */
export class Draw {
  readonly random: RandomState;
  readonly #smallestSubnormal: number;
  readonly #smallestNormal: number;
  readonly #roundoff: number;
  /** Magnitudes: the squares of the outer two leave the normal range below and come near its end above. */
  readonly magnitudes: readonly number[];

  readonly dtype: Dtype;

  constructor(private readonly precision: Precision, seed: number) {
    this.dtype = storedDtype(precision);
    const single = this.dtype === 'float32';
    this.random = new RandomState(seed);
    this.#roundoff = unitRoundoff(this.dtype);
    this.#smallestSubnormal = single ? 2 ** -149 : 2 ** -1074;
    this.#smallestNormal = single ? 2 ** -126 : 2 ** -1022;
    this.magnitudes = single ? [2 ** -70, 1, 2 ** 55] : [2 ** -530, 1, 2 ** 500];
  }

  of(values: ArrayLike<number>): FloatArray {
    const array = allocate(this.dtype, values.length);
    array.set(values);
    return array;
  }

  uniform(length: number, magnitude = 1): FloatArray {
    return this.repeated(length, (drawn) => this.of(this.random.uniform(-magnitude, magnitude, drawn)));
  }

  /**
   * Integers in [−most, most], times `unit`, a power of two. Of few of these all sums and products are exact, whatever their order, so
   * that two backends must agree to the bit where ordinary numbers leave them a bound.
   */
  whole(length: number, most: number, unit = 1): FloatArray {
    return this.repeated(length, (drawn) => this.of(this.random.randint(-most, most + 1, drawn)).map((value) => value * unit));
  }

  /** `array` with one element replaced by one of `specials`: it reaches what it is a term of, and nothing else. */
  spoilt(array: FloatArray, specials: readonly number[] = [NaN, Infinity, -Infinity]): FloatArray {
    const spoilt = array.slice();
    if (spoilt.length > 0) spoilt[this.random.randint(0, spoilt.length)] = this.pick(specials);
    return spoilt;
  }

  /** Uniform numbers, a third of them replaced by zeros of both signs, infinities, NaN and the ends of the range. */
  hostile(length: number): FloatArray {
    const largest = this.dtype === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
    const specials = [0, -0, Infinity, -Infinity, NaN, this.#smallestSubnormal, -this.#smallestNormal, largest, -largest];
    return this.repeated(length, (drawn) =>
      this.uniform(drawn).map((value) => (this.random.random() < 1 / 3 ? this.pick(specials) : value)));
  }

  /** As many numbers as asked for, of which `draw` gives the first few thousand; longer arrays repeat them. */
  repeated(length: number, draw: (length: number) => FloatArray): FloatArray {
    if (length <= DRAWN) return draw(length);
    const [drawn, array] = [draw(DRAWN), allocate(this.dtype, length)];
    for (let at = 0; at < length; at += DRAWN) array.set(drawn.subarray(0, length - at), at);
    return array;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.random.randint(0, values.length)]!;
  }

  /** An output that may hold anything before, NaN above all, or one that starts from `values`; followed by guards. */
  output(length: number, values?: FloatArray): FloatArray {
    const array = allocate(this.dtype, length + GUARDS).fill(12345);
    if (values === undefined) array.fill(NaN, 0, length);
    else array.set(values);
    return array;
  }

  /**
   * For a sum of products, in any order, with or without fused multiply-add and a factor in front: each term passes
   * through at most terms + 1 roundings, so one side errs by (terms + 2)·u·Σ|terms|; the spare one pays for powers of u
   * up to 4096 terms. The reference sums in double: at float32 it adds one rounding, at float64 as much again. A product
   * that underflows loses up to half the smallest subnormal on either side.
   *
   * Factors in bfloat16 are rounded alike on both sides, at most 1 + 2⁻⁸ times as large as before, and their products are exact;
   * the instructions that sum them put 0 for each product and sum below the normal numbers.
   */
  sumBound(terms: number, magnitude: number): number {
    const roundings = this.dtype === 'float32' ? terms + 3 : 2 * (terms + 2);
    const rounded = this.precision === 'bfloat16' ? (1 + 2 ** -8) ** 2 * magnitude : magnitude;
    const least = this.precision === 'bfloat16' ? this.#smallestNormal : this.#smallestSubnormal;
    return roundings * this.#roundoff * rounded + 2 * terms * least;
  }

  /**
   * For p = exp(x − max) / Σ exp(x − max) of n columns: the subtraction errs by u·|x − max|, exp and its input by some
   * u more, Σ by (n − 1)·u and by the average of its terms' own errors, at most (log n + 4)·u; the rest of the 16 is for
   * the division and, at float32, the reference's roundings. Powers that underflow are off by at most the smallest normal.
   */
  softmaxBound(n: number, p: number, distance: number): number {
    const sides = this.dtype === 'float32' ? 1 : 2;
    const relative = p === 0 ? 0 : p * (distance + n + 16);
    return sides * this.#roundoff * relative + this.#smallestNormal;
  }

  /**
   * For ℓ = log Σ exp(x − max) − (x[label] − max), both parts ≥ 0: Σ has the relative error of softmax's, which log turns
   * into an absolute one, and both parts and their sum are rounded.
   */
  lossBound(n: number, loss: number): number {
    const sides = this.dtype === 'float32' ? 1 : 2;
    return sides * this.#roundoff * (2 * loss + n + 16);
  }

  /**
   * For a function whose native version errs by at most `roundings`·u·magnitude; the reference, in double, adds its one
   * rounding at float32 and as much again at float64. Native exponentials below the smallest normal are 0, in front of
   * factors of at most 16.
   */
  functionBound(roundings: number, magnitude: number): number {
    const both = this.dtype === 'float32' ? roundings + 1 : 2 * roundings;
    return both * this.#roundoff * magnitude + 16 * this.#smallestNormal;
  }
}
