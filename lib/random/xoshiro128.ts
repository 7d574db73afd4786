import { expected } from '../errors';
import type { RandomState } from '../random';

/** The state of a {@link Xoshiro128} as plain data: four words in [0, 2³²), not all zero. */
export type Xoshiro128State = readonly [number, number, number, number];

/**
 * The generator xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM Trans. Math.
 * Softw. 47, 2021): period 2¹²⁸ − 1. Used for dropout masks, where MT19937 would take longer than the layer.
 */
export class Xoshiro128 {
  readonly #state = new Uint32Array(4);
  /** The same memory, signed. */
  readonly #words = new Int32Array(this.#state.buffer);

  /** Throws ERR_CHECKPOINT for an invalid state. */
  constructor(state: Xoshiro128State) {
    this.setState(state);
  }

  /**
   * out[0 … n−1] ← 0 with probability zeros/2¹⁶, else 1. Each 32-bit draw gives two elements, by its lower and then its upper
   * half; for odd n the last upper half is not used.
   * @param zeros an integer in [0, 2¹⁶].
   */
  fillMask(n: number, zeros: number, out: Uint8Array): void {
    const state = this.#state;
    // As signed integers: V8 allocates unsigned ones ≥ 2³¹ on the heap.
    let s0 = state[0]! | 0;
    let s1 = state[1]! | 0;
    let s2 = state[2]! | 0;
    let s3 = state[3]! | 0;
    for (let i = 0; i < n; i += 2) {
      const fives = Math.imul(s1, 5);
      const draw = Math.imul((fives << 7) | (fives >>> 25), 9);
      const shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      // By the sign bit of a difference, as a branch would be mispredicted often.
      out[i] = (zeros - 1 - (draw & 0xffff)) >>> 31;
      if (i + 1 < n) out[i + 1] = (zeros - 1 - (draw >>> 16)) >>> 31;
    }
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  }

  /** Takes a new state from another generator. Allocates nothing. */
  seedFrom(random: RandomState): void {
    random.fillRandint(this.#words, -(2 ** 31), 2 ** 31);
    const words = this.#words;
    if ((words[0]! | words[1]! | words[2]! | words[3]!) === 0) words[0] = 1;
  }

  /** The state, to continue from it elsewhere. */
  getState(): Xoshiro128State {
    return Array.from(this.#state) as unknown as Xoshiro128State;
  }

  /** Restores a state from {@link getState}. Throws ERR_CHECKPOINT for anything else. */
  setState(state: Xoshiro128State): void {
    const words: unknown = state;
    const isState = Array.isArray(words) && words.length === 4 && words.some((word) => word !== 0) &&
      words.every((word) => Number.isInteger(word) && (word as number) >= 0 && (word as number) < 2 ** 32);
    if (!isState) throw expected('ERR_CHECKPOINT', 'four words that are not all zero', 'the state of xoshiro128**', state);
    this.#state.set(state);
  }
}
