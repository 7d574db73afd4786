import type { Dtype, FloatArray, Kernels, SourceArray } from './contract';
import { gemm } from './gemm';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { exp, fround, log, sqrt } = Math;
const { isNaN } = Number;

/**
 * The kernels in TypeScript: the truth that the native ones are held to, and the backend where those do not load.
 * Arguments are not checked here; see checked.ts.
 *
 * JavaScript computes in double and rounds when it stores into a Float32Array. Because a double has more than twice a
 * float's digits, one operation computed in double and then rounded equals the float operation. Kernels whose result
 * must equal the native one bit for bit therefore round after each operation; sums stay in double and are rounded once.
 */
export function createReference(dtype: 'float32'): Kernels<Float32Array>;
export function createReference(dtype: 'float64'): Kernels<Float64Array>;
export function createReference(dtype: Dtype): Kernels;
export function createReference(dtype: Dtype): Kernels {
  const single = dtype === 'float32';
  const round = (value: number): number => (single ? fround(value) : value);

  return {
    backend: 'typescript',
    dtype,

    gemm(transA, transB, m, n, k, alpha, a, b, beta, c) {
      gemm(transA, transB, m, n, k, round(alpha), a, b, round(beta), c);
    },

    axpy(n, alpha, x, y) {
      const factor = round(alpha);
      for (let i = 0; i < n; i++) y[i] = round(factor * x[i]!) + y[i]!;
    },

    scal(n, alpha, x) {
      const factor = round(alpha);
      for (let i = 0; i < n; i++) x[i] = factor * x[i]!;
    },

    dot(n, x, y) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[i]! * y[i]!;
      return round(sum);
    },

    nrm2(n, x) {
      const plain = sumOfSquares(n, x, 1);
      // Squares leave the range of a double long before the norm does; a power of two scales without rounding.
      const scale = plain > 2 ** 1000 ? 2 ** -600 : plain < 2 ** -900 ? 2 ** 600 : 1;
      return round(sqrt(scale === 1 ? plain : sumOfSquares(n, x, scale)) / scale);
    },

    biasForward(m, n, bias, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) y[at] = y[at]! + bias[j]!;
      }
    },

    biasBackward(m, n, dy, beta, dbias) {
      const factor = round(beta);
      for (let j = 0; j < n; j++) dbias[j] = factor === 0 ? 0 : factor * dbias[j]!;
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) dbias[j] = dbias[j]! + dy[at]!;
      }
    },

    reluForward(n, x, y) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        y[i] = value <= 0 ? 0 : value;
      }
    },

    reluBackward(n, y, dy, dx) {
      for (let i = 0; i < n; i++) dx[i] = y[i]! <= 0 ? 0 : dy[i]!;
    },

    maskScale(n, scale, mask, x, y) {
      const factor = round(scale);
      for (let i = 0; i < n; i++) y[i] = mask[i] === 0 ? 0 : factor * x[i]!;
    },

    softmaxForward(m, n, x, y) {
      for (let i = 0; i < m; i++) softmaxRow(n, x, y, i * n, rowMaximum(n, x, i * n));
    },

    softmaxBackward(m, n, y, dy, dx) {
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let sum = 0;
        for (let at = from; at < from + n; at++) sum += dy[at]! * y[at]!;
        for (let at = from; at < from + n; at++) dx[at] = y[at]! * (dy[at]! - sum);
      }
    },

    softmaxCrossEntropyForward(m, n, x, labels, probs) {
      let loss = 0;
      for (let i = 0; i < m; i++) {
        const from = i * n;
        const maximum = rowMaximum(n, x, from);
        const shifted = x[from + labels[i]!]! - maximum; // read first: probs may be x
        // −log p = log Σ exp(x − max) − (x[label] − max): finite where p itself underflows.
        loss += log(softmaxRow(n, x, probs, from, maximum)) - shifted;
      }
      return loss;
    },

    softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx) {
      const factor = round(scale);
      for (let i = 0, at = 0; i < m; i++) {
        const label = labels[i]!;
        for (let j = 0; j < n; j++, at++) dx[at] = factor * (j === label ? round(probs[at]! - 1) : probs[at]!);
      }
    },

    argmax(m, n, x, out) {
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let best = 0;
        for (let j = 0; j < n; j++) {
          const value = x[from + j]!;
          if (isNaN(value)) {
            best = j;
            break;
          }
          if (value > x[from + best]!) best = j;
        }
        out[i] = best;
      }
    },

    sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v) {
      const rate = round(lr);
      const inertia = round(momentum);
      const decay = round(weightDecay);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(dw[i]! + round(decay * weight));
        let step = gradient;
        if (inertia !== 0) {
          const velocity = round(round(inertia * v[i]!) + gradient);
          v[i] = velocity;
          step = nesterov ? round(gradient + round(inertia * velocity)) : velocity;
        }
        w[i] = weight - round(rate * step);
      }
    },

    gatherRows(m, n, indices, src: SourceArray, scale, shift, x) {
      for (let i = 0, to = 0; i < m; i++) {
        const from = indices[i]! * n;
        for (let j = 0; j < n; j++, to++) x[to] = round(scale[j]! * src[from + j]!) + shift[j]!;
      }
    },
  };
}

function sumOfSquares(n: number, x: FloatArray, scale: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = x[i]! * scale;
    sum += value * value;
  }
  return sum;
}

function rowMaximum(n: number, x: FloatArray, from: number): number {
  let maximum = -Infinity;
  for (let at = from; at < from + n; at++) {
    const value = x[at]!;
    if (value > maximum) maximum = value;
  }
  return maximum;
}

/** One row of y ← softmax of x, which may be the same array; returns Σ exp(x − max). */
function softmaxRow(n: number, x: FloatArray, y: FloatArray, from: number, maximum: number): number {
  let sum = 0;
  for (let at = from; at < from + n; at++) {
    const power = exp(x[at]! - maximum);
    y[at] = power;
    sum += power;
  }
  for (let at = from; at < from + n; at++) y[at] = y[at]! / sum;
  return sum;
}
