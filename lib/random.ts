import { expected } from './errors';
import { between, logarithm } from './random/logarithm';

// In a sandbox such as jest's, each look-up of a global costs more than a draw.
const { clz32, floor, imul, sqrt } = Math;

/** Words in the state of MT19937. */
const WORDS = 624;
const SHIFT = 397;
const TWO_32 = 2 ** 32;

/** The state of a {@link RandomState} as plain data, which JSON and structured clone preserve. */
export interface RandomSnapshot {
  /** The 624 state words, each in [0, 2³²). */
  readonly key: readonly number[];
  /** Words of the current block already used, in [0, 624]. */
  readonly position: number;
  /** The second normal of the last pair, where it has not been returned yet; else null. */
  readonly cachedGaussian: number | null;
}

/** Arrays that can be shuffled in place. */
export type Shuffleable = unknown[] | Int32Array | Uint8Array | Float32Array | Float64Array;

/**
 * NumPy's legacy `numpy.random.RandomState`: the Mersenne Twister MT19937 (Matsumoto & Nishimura, 1998) with the
 * distributions that NumPy froze in 1.16, so that a seed gives the draws that it gives in Python.
 *
 * Integers and uniforms equal NumPy's bit for bit. Normals depend on a logarithm, which C libraries do not all round correctly: 99 %
 * equal NumPy's, the rest differ by one unit in the last place, and one in two million by two (measured on twelve million). They are
 * the same in every engine, as `Math.log` is not used.
 *
 * Throws ERR_CONFIG for seeds, ranges and sizes that NumPy would refuse.
 */
export class RandomState {
  readonly #key = new Uint32Array(WORDS);
  /** The same memory, signed: until it is compiled, code in V8 allocates each number ≥ 2³¹ on the heap. */
  readonly #bits = new Int32Array(this.#key.buffer);
  #position = WORDS;
  #cachedGaussian: number | null = null;

  /** @param seed an integer in [0, 2³²). */
  constructor(seed: number) {
    this.seed(seed);
  }

  /** Reseeds, like `np.random.seed(seed)`: drops the cached normal too. */
  seed(seed: number): void {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < TWO_32)) {
      throw expected('ERR_CONFIG', 'an integer in [0, 2^32)', 'seed', seed, { path: 'seed' });
    }
    const key = this.#key;
    key[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const previous = key[i - 1]!;
      key[i] = imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    this.#position = WORDS;
    this.#cachedGaussian = null;
  }

  /**
   * Reseeds from a key of 1 to 624 words in [0, 2³²), like `np.random.seed(key)` with a list: two keys give streams that have nothing to do
   * with each other. Allocates nothing.
   */
  seedFrom(key: Uint32Array): void {
    this.seed(19650218);
    const bits = this.#bits;
    let i = 1;
    for (let k = 0, j = 0; k < WORDS; k++) {
      const previous = bits[i - 1]!;
      bits[i] = (bits[i]! ^ imul(previous ^ (previous >>> 30), 1664525)) + (key[j]! | 0) + j;
      i = this.#after(i);
      j = j + 1 === key.length ? 0 : j + 1;
    }
    for (let k = 1; k < WORDS; k++) {
      const previous = bits[i - 1]!;
      bits[i] = (bits[i]! ^ imul(previous ^ (previous >>> 30), 1566083941)) - i;
      i = this.#after(i);
    }
    bits[0] = -(2 ** 31);
  }

  /** The word behind word i ≥ 1 where words are mixed in a circle, in which the last stands for the first. */
  #after(i: number): number {
    if (i + 1 < WORDS) return i + 1;
    this.#bits[0] = this.#bits[WORDS - 1]!;
    return 1;
  }

  /** One uniform double in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** `size` uniforms in [low, high). */
  uniform(low: number, high: number, size: number): Float64Array;
  /** One uniform in [low, high). */
  uniform(low?: number, high?: number): number;
  uniform(low = 0, high = 1, size?: number): Float64Array | number {
    const range = high - low;
    if (!(Number.isFinite(low) && Number.isFinite(range))) {
      throw expected('ERR_CONFIG', 'finite bounds', 'uniform', `${String(low)} to ${String(high)}`);
    }
    if (size === undefined) return low + range * this.random();
    const out = new Float64Array(checkSize(size, 'uniform'));
    for (let i = 0; i < out.length; i++) out[i] = low + range * this.random();
    return out;
  }

  /** Standard normals, row by row where a shape is given: `randn(4, 10)` has length 40. */
  randn(...shape: readonly number[]): Float64Array {
    const out = new Float64Array(shape.reduce((product, size) => product * checkSize(size, 'randn'), 1));
    for (let i = 0; i < out.length; i++) out[i] = this.gaussian();
    return out;
  }

  /** One standard normal, by the polar method (Marsaglia & Bray, 1964): every second call returns a cached value. */
  gaussian(): number {
    const cached = this.#cachedGaussian;
    if (cached !== null) {
      this.#cachedGaussian = null;
      return cached;
    }
    let x: number;
    let y: number;
    let squared: number;
    do {
      x = 2 * this.random() - 1;
      y = 2 * this.random() - 1;
      squared = x * x + y * y;
    } while (squared >= 1 || squared === 0);
    const logs = logarithm(squared);
    const factor = sqrt((-2 * logs[0]) / squared);
    const otherFactor = sqrt((-2 * logs[1]) / squared);
    this.#cachedGaussian = between(factor * x, otherFactor * x);
    return between(factor * y, otherFactor * y);
  }

  /** `size` integers in [low, high), all within the 32-bit range. */
  randint(low: number, high: number, size: number): Int32Array;
  /** One integer in [low, high); bounds are safe integers. */
  randint(low: number, high: number): number;
  randint(low: number, high: number, size?: number): Int32Array | number {
    if (size === undefined) {
      checkRange(low, high, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      return low + this.#interval(high - 1 - low);
    }
    const out = new Int32Array(checkSize(size, 'randint'));
    this.fillRandint(out, low, high);
    return out;
  }

  /** Fills `out` like {@link randint}. */
  fillRandint(out: Int32Array, low: number, high: number): void {
    checkRange(low, high, -(2 ** 31), 2 ** 31);
    const largest = high - 1 - low;
    for (let i = 0; i < out.length; i++) out[i] = low + this.#interval(largest);
  }

  /** A random permutation of 0 … n−1. */
  permutation(n: number): Int32Array {
    const out = new Int32Array(checkSize(n, 'permutation'));
    this.fillPermutation(out);
    return out;
  }

  /** Fills `out` with a random permutation of 0 … out.length−1. */
  fillPermutation(out: Int32Array): void {
    for (let i = 0; i < out.length; i++) out[i] = i;
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.#interval(i);
      const value = out[i]!;
      out[i] = out[j]!;
      out[j] = value;
    }
  }

  /** Reorders in place (Fisher–Yates from the end, as NumPy does). */
  shuffle(items: Shuffleable): void {
    const list = items as unknown[];
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.#interval(i);
      [list[i], list[j]] = [list[j], list[i]];
    }
  }

  /** `size` numbers out of 0 … n−1, with replacement unless `replace` is false. */
  choice(n: number, size: number, replace?: boolean): Int32Array;
  /** `size` of the items, with replacement unless `replace` is false. */
  choice<Item>(items: readonly Item[], size: number, replace?: boolean): Item[];
  choice<Item>(source: number | readonly Item[], size: number, replace = true): Int32Array | Item[] {
    const population = typeof source === 'number' ? checkSize(source, 'choice') : source.length;
    checkSize(size, 'choice');
    if (population === 0 && size > 0) {
      throw expected('ERR_CONFIG', 'at least one item to choose from', 'choice', 'none');
    }
    if (!replace && size > population) {
      throw expected('ERR_CONFIG', `at most ${String(population)} draws without replacement`, 'choice', size);
    }
    let indices: Int32Array;
    if (!replace) indices = this.permutation(population).slice(0, size);
    else indices = size === 0 ? new Int32Array(0) : this.randint(0, population, size);
    return typeof source === 'number' ? indices : Array.from(indices, (index) => source[index]!);
  }

  /** The state, to continue from it elsewhere. */
  getState(): RandomSnapshot {
    return { key: Array.from(this.#key), position: this.#position, cachedGaussian: this.#cachedGaussian };
  }

  /** Restores a state from {@link getState}. Throws ERR_CHECKPOINT for anything else. */
  setState(state: RandomSnapshot): void {
    const { key, position, cachedGaussian } = Object(state) as RandomSnapshot; // Object(null) is {}
    const isState =
      Array.isArray(key) && key.length === WORDS &&
      key.every((word) => Number.isInteger(word) && word >= 0 && word < TWO_32) &&
      Number.isInteger(position) && position >= 0 && position <= WORDS &&
      (cachedGaussian === null || Number.isFinite(cachedGaussian));
    if (!isState) throw expected('ERR_CHECKPOINT', 'the state of an MT19937 generator', 'RandomState.setState', state);
    this.#key.set(key);
    this.#position = position;
    this.#cachedGaussian = cachedGaussian;
  }

  /** Copies the state of another generator, without allocating. */
  copyFrom(other: RandomState): void {
    this.#key.set(other.#key);
    this.#position = other.#position;
    this.#cachedGaussian = other.#cachedGaussian;
  }

  /** The next 32 bits, tempered, as a signed integer. */
  #next(): number {
    if (this.#position === WORDS) this.#refill();
    let y = this.#bits[this.#position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  #refill(): void {
    const bits = this.#bits;
    for (let i = 0; i < WORDS - SHIFT; i++) bits[i] = bits[i + SHIFT]! ^ twist(bits[i]!, bits[i + 1]!);
    for (let i = WORDS - SHIFT; i < WORDS - 1; i++) bits[i] = bits[i + SHIFT - WORDS]! ^ twist(bits[i]!, bits[i + 1]!);
    bits[WORDS - 1] = bits[SHIFT - 1]! ^ twist(bits[WORDS - 1]!, bits[0]!);
    this.#position = 0;
  }

  /** An integer in [0, largest], by rejection sampling with the smallest bit mask ≥ largest; draws 64 bits where largest ≥ 2³². */
  #interval(largest: number): number {
    if (largest === 0) return 0;
    if (largest < TWO_32) {
      const mask = 0xffffffff >>> clz32(largest);
      let value: number;
      do value = (this.#next() & mask) >>> 0;
      while (value > largest);
      return value;
    }
    const mask = 0xffffffff >>> clz32(floor(largest / TWO_32));
    let value: number;
    do {
      const high = (this.#next() & mask) >>> 0;
      value = high * TWO_32 + (this.#next() >>> 0);
    } while (value > largest);
    return value;
  }
}

/** The twist of MT19937: (upper bit of one word | lower 31 bits of the next) times the matrix A. */
function twist(upper: number, lower: number): number {
  const y = (upper & -0x80000000) | (lower & 0x7fffffff);
  return (y >>> 1) ^ (-(y & 1) & -0x66f74f21); // 0x9908b0df, signed
}

function checkSize(size: number, name: string): number {
  if (!(Number.isInteger(size) && size >= 0 && size < 2 ** 31)) {
    throw expected('ERR_CONFIG', 'a non-negative integer below 2^31', `the size of ${name}`, size);
  }
  return size;
}

function checkRange(low: number, high: number, min: number, max: number): void {
  const isRange = Number.isInteger(low) && Number.isInteger(high) && low >= min && high <= max && low < high;
  if (!isRange || high - 1 - low > Number.MAX_SAFE_INTEGER) {
    throw expected('ERR_CONFIG', `integers low < high within [${String(min)}, ${String(max)}]`, 'randint', `${String(low)} and ${String(high)}`);
  }
}
