import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { SQRT2, LN2, abs, clz32, imul, sqrt } = Math;

/** Series of atanh s, sin z and cos z, without the powers that are common to their terms; from the constant upwards. */
const atanhSeries = Float64Array.from({ length: 10 }, (_, n) => 2 / (2 * n + 1));
const factorials = [1];
for (let n = 1; n <= 23; n++) factorials.push(factorials[n - 1]! * n);
const sineSeries = Float64Array.from({ length: 11 }, (_, n) => (n % 2 === 0 ? 1 : -1) / factorials[2 * n + 1]!);
const cosineSeries = Float64Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? 1 : -1) / factorials[2 * n]!);

/** The words of a block, as signed integers. */
type Words = Int32Array;

/** Draws that follow from a key and a position alone, in the operations of native/kernels/random.h, each of which rounds as there. */
export function randomReference(single: boolean): FamilyKernels<'random'> {
  return {
    fillNormal(n, std, key, out) {
      const factor = round(single, std);
      fill(n, key, out, (words, values) => {
        for (let pair = 0; pair < 4; pair += 2) {
          const radius = sqrt(-2 * logOfUniform(words[pair]!));
          const u = uniformOf(words[pair + 1]!);
          const rest = u > 0.5 ? u - 1 : u; // of whole turns
          const z = 6.283185307179586 * (abs(rest) - 0.25);
          const sine = polynomial(cosineSeries, z * z);
          values[pair] = factor * (radius * (-z * polynomial(sineSeries, z * z)));
          values[pair + 1] = factor * (radius * (rest < 0 ? -sine : sine));
        }
      });
    },

    fillUniform(n, low, high, key, out) {
      const [from, to] = [round(single, low), round(single, high)];
      fill(n, key, out, (words, values) => {
        for (let i = 0; i < 4; i++) values[i] = from + (to - from) * uniformOf(words[i]!);
      });
    },
  };
}

/** Fills out[0 … n−1] by blocks of four, whose values `make` makes of their words. */
function fill(n: number, key: Int32Array, out: FloatArray, make: (words: Words, values: Float64Array) => void): void {
  const words = new Int32Array(4);
  const values = new Float64Array(4);
  for (let at = 0; at < n; at += 4) {
    philox(at / 4, 0, 0, 0, key[0]!, key[1]!, words);
    make(words, values);
    for (let i = 0; i < 4 && at + i < n; i++) out[at + i] = values[i]!;
  }
}

/** The block of Philox4x32-10 for a counter of four words and a key of two (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Words): void {
  for (let step = 0; step < 10; step++) {
    const high0 = highProduct(0xd251, 0x1f53, c0);
    const high2 = highProduct(0xcd9e, 0x8d57, c2);
    const low0 = imul(0xd2511f53, c0);
    const low2 = imul(0xcd9e8d57, c2);
    c0 = high2 ^ c1 ^ k0;
    c1 = low2;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of (2¹⁶·high + low)·word, by products of 16 bits. */
function highProduct(high: number, low: number, word: number): number {
  const upper = word >>> 16;
  const lower = word & 0xffff;
  const middle = imul(high, lower) + (imul(low, lower) >>> 16);
  return (imul(high, upper) + (middle >>> 16) + ((imul(low, upper) + (middle & 0xffff)) >>> 16)) | 0;
}

/** The middle of the word's 2³²nd part of (0, 1). */
function uniformOf(word: number): number {
  return ((word >>> 0) + 0.5) * 2 ** -32;
}

/** log u of that: u = 2ᵏ·m with m in (√½, √2], log m = 2·atanh s, s = (m − 1)/(m + 1). */
function logOfUniform(word: number): number {
  const exponent = 31 - clz32(word); // −1 for the word 0, of whose 0.5 it is right
  const m = ((word >>> 0) + 0.5) / 2 ** exponent;
  const above = m > SQRT2;
  const k = above ? exponent - 31 : exponent - 32;
  const s = above ? (0.5 * m - 1) / (0.5 * m + 1) : (m - 1) / (m + 1);
  return k * LN2 + s * polynomial(atanhSeries, s * s);
}

/** Horner's rule. */
function polynomial(coefficients: Float64Array, x: number): number {
  let sum = coefficients[coefficients.length - 1]!;
  for (let i = coefficients.length - 2; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}
