import { expected } from '../errors';

/** The state of a {@link Xoshiro128} as plain data: four words in [0, 2³²), not all zero. */
export type Xoshiro128State = readonly [number, number, number, number];

/**
 * The generator xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM Trans. Math.
 * Softw. 47, 2021): period 2¹²⁸ − 1, and quick enough to draw a mask in every training step, where MT19937 would cost more
 * than the layer.
 */
export class Xoshiro128 {
  readonly #state = new Uint32Array(4);

  /** Throws ERR_CHECKPOINT unless `state` is one. */
  constructor(state: Xoshiro128State) {
    this.setState(state);
  }

  /**
   * out[0 … n−1] ← 0 with probability zeros/2¹⁶, else 1. Each 32-bit draw decides two elements, by its lower and then its upper
   * half; where n is odd, the last upper half is dropped.
   * @param zeros an integer in [0, 2¹⁶].
   */
  fillMask(n: number, zeros: number, out: Uint8Array): void {
    const state = this.#state;
    // As signed integers: an unsigned one of 32 bits may be a number on the heap.
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
      // The sign bit of a difference: a branch would be mispredicted half of the time.
      out[i] = (zeros - 1 - (draw & 0xffff)) >>> 31;
      if (i + 1 < n) out[i + 1] = (zeros - 1 - (draw >>> 16)) >>> 31;
    }
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  }

  /** Everything needed to go on from here elsewhere. */
  getState(): Xoshiro128State {
    return Array.from(this.#state) as unknown as Xoshiro128State;
  }

  /** Goes on from a state that {@link getState} gave. Throws ERR_CHECKPOINT when it is none. */
  setState(state: Xoshiro128State): void {
    const words: unknown = state;
    const isState = Array.isArray(words) && words.length === 4 && words.some((word) => word !== 0) &&
      words.every((word) => Number.isInteger(word) && (word as number) >= 0 && (word as number) < 2 ** 32);
    if (!isState) throw expected('ERR_CHECKPOINT', 'four words that are not all zero', 'the state of xoshiro128**', state);
    this.#state.set(state);
  }
}
