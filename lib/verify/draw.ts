import { allocate, storedDtype, unitRoundoff } from '../kernels/contract';
import type { Dtype, FloatArray, Precision } from '../kernels/contract';
import { RandomState } from '../random';

/** Guard elements behind each output, which no kernel may write. */
export const GUARDS = 3;
/** Longer inputs repeat this many numbers, a prime: drawing more would take longer than computing with them. */
const DRAWN = 4099;

/** Draws random and hostile inputs of a precision, and derives bounds from its arithmetic. */
export class Draw {
  readonly random: RandomState;
  readonly #smallestSubnormal: number;
  readonly #smallestNormal: number;
  readonly #roundoff: number;
  /** Magnitudes of inputs: squares of the first are subnormal or 0, those of the last near the largest number. */
  readonly magnitudes: readonly number[];

  readonly dtype: Dtype;

  constructor(private readonly precision: Precision, seed: number, private readonly mostMultiplications = Infinity) {
    this.dtype = storedDtype(precision);
    const single = this.dtype === 'float32';
    this.random = new RandomState(seed);
    this.#roundoff = unitRoundoff(this.dtype);
    this.#smallestSubnormal = single ? 2 ** -149 : 2 ** -1074;
    this.#smallestNormal = single ? 2 ** -126 : 2 ** -1022;
    this.magnitudes = single ? [2 ** -70, 1, 2 ** 55] : [2 ** -530, 1, 2 ** 500];
  }

  /** The shapes m, n, k whose products are asked for. */
  products<Shape extends readonly [m: number, n: number, k: number]>(shapes: readonly Shape[]): Shape[] {
    return shapes.filter(([m, n, k]) => m * n * k <= this.mostMultiplications);
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
   * Integers in [−max, max], times `unit`, a power of two. Sums of their products are exact in any order while they are small, so that two
   * backends must agree bit for bit where other numbers are compared within a bound.
   */
  integers(length: number, max: number, unit = 1): FloatArray {
    return this.repeated(length, (drawn) => this.of(this.random.randint(-max, max + 1, drawn)).map((value) => value * unit));
  }

  /** A copy of `array` with one element replaced by one of `specials`, which must reach the outputs that it is a term of, and no others. */
  withSpecial(array: FloatArray, specials: readonly number[] = [NaN, Infinity, -Infinity]): FloatArray {
    const copy = array.slice();
    if (copy.length > 0) copy[this.random.randint(0, copy.length)] = this.pick(specials);
    return copy;
  }

  /** Uniform numbers, a third of them replaced by zeros of both signs, infinities, NaN and the ends of the range. */
  hostile(length: number): FloatArray {
    const largest = this.dtype === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
    const specials = [0, -0, Infinity, -Infinity, NaN, this.#smallestSubnormal, -this.#smallestNormal, largest, -largest];
    return this.repeated(length, (drawn) =>
      this.uniform(drawn).map((value) => (this.random.random() < 1 / 3 ? this.pick(specials) : value)));
  }

  /** `length` numbers from `draw`, which is asked for at most a few thousand; longer arrays repeat them. */
  repeated(length: number, draw: (length: number) => FloatArray): FloatArray {
    if (length <= DRAWN) return draw(length);
    const [drawn, array] = [draw(DRAWN), allocate(this.dtype, length)];
    for (let at = 0; at < length; at += DRAWN) array.set(drawn.subarray(0, length - at), at);
    return array;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.random.randint(0, values.length)]!;
  }

  /** An output filled with NaN, or with `values` if the kernel reads them; followed by guard elements. */
  output(length: number, values?: FloatArray): FloatArray {
    const array = allocate(this.dtype, length + GUARDS).fill(12345);
    if (values === undefined) array.fill(NaN, 0, length);
    else array.set(values);
    return array;
  }

  /**
   * The bound for a sum of products, in any order, with or without fused multiply-add, times a factor: each term goes through at most
   * terms + 1 roundings, so the error of one side is (terms + 2)·u·Σ|terms|; the additional one covers higher powers of u for up to 4096
   * terms. The reference sums in double: in float32 it adds one rounding, in float64 as much again. A product that underflows loses up to
   * half the smallest subnormal on either side.
   *
   * In bfloat16 both sides round factors alike, at most to 1 + 2⁻⁸ times their size, and products are exact; the instructions that sum
   * them replace subnormal products and sums by 0.
   */
  sumBound(terms: number, magnitude: number): number {
    const roundings = this.dtype === 'float32' ? terms + 3 : 2 * (terms + 2);
    const rounded = this.precision === 'bfloat16' ? (1 + 2 ** -8) ** 2 * magnitude : magnitude;
    const underflow = this.precision === 'bfloat16' ? this.#smallestNormal : this.#smallestSubnormal;
    return roundings * this.#roundoff * rounded + 2 * terms * underflow;
  }

  /**
   * The bound for p = exp(x − max) / Σ exp(x − max) of n columns: the subtraction errs by u·|x − max|, exp and its input by a few u more,
   * Σ by (n − 1)·u and by the average of its terms' own errors, at most (log n + 4)·u; the rest of the 16 is for the division and, in
   * float32, the reference's roundings. Exponentials that underflow are off by at most the smallest normal number.
   */
  softmaxBound(n: number, p: number, distance: number): number {
    const sides = this.dtype === 'float32' ? 1 : 2;
    const relative = p === 0 ? 0 : p * (distance + n + 16);
    return sides * this.#roundoff * relative + this.#smallestNormal;
  }

  /**
   * The bound for ℓ = log Σ exp(x − max) − (x[label] − max), both terms ≥ 0: Σ has the relative error of softmax's, which log turns into an
   * absolute one, and both terms and their sum are rounded.
   */
  lossBound(n: number, loss: number): number {
    const sides = this.dtype === 'float32' ? 1 : 2;
    return sides * this.#roundoff * (2 * loss + n + 16);
  }

  /**
   * The bound for a function whose native version errs by at most `roundings`·u·magnitude; the reference, in double, adds one rounding in
   * float32 and as much again in float64. Native exponentials below the smallest normal number are 0, and are multiplied by at most 16.
   */
  functionBound(roundings: number, magnitude: number): number {
    const both = this.dtype === 'float32' ? roundings + 1 : 2 * roundings;
    return both * this.#roundoff * magnitude + 16 * this.#smallestNormal;
  }
}
