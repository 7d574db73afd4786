import type { FloatArray } from '../contract';
import { gemm } from '../gemm';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { sqrt } = Math;

/** BLAS and the bias of a linear layer. */
export function algebraReference(single: boolean): FamilyKernels<'algebra'> {
  return {
    gemm(transA, transB, m, n, k, alpha, a, b, beta, c) {
      gemm(transA, transB, m, n, k, round(single, alpha), a, b, round(single, beta), c);
    },

    axpy(n, alpha, x, y) {
      const factor = round(single, alpha);
      for (let i = 0; i < n; i++) y[i] = round(single, factor * x[i]!) + y[i]!;
    },

    scal(n, alpha, x) {
      const factor = round(single, alpha);
      for (let i = 0; i < n; i++) x[i] = factor * x[i]!;
    },

    dot(n, x, y) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[i]! * y[i]!;
      return round(single, sum);
    },

    nrm2(n, x) {
      const plain = sumOfSquares(n, x, 1);
      // Squares leave the range of a double long before the norm does; a power of two scales without rounding.
      const scale = plain > 2 ** 1000 ? 2 ** -600 : plain < 2 ** -900 ? 2 ** 600 : 1;
      return round(single, sqrt(scale === 1 ? plain : sumOfSquares(n, x, scale)) / scale);
    },

    linearForward(m, n, k, x, w, bias, y) {
      gemm(false, true, m, n, k, 1, x, w, 0, y);
      addBias(m, n, bias, y);
    },

    biasForward: addBias,

    biasBackward(m, n, dy, beta, dbias) {
      const factor = round(single, beta);
      for (let j = 0; j < n; j++) dbias[j] = factor === 0 ? 0 : factor * dbias[j]!;
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) dbias[j] = dbias[j]! + dy[at]!;
      }
    },
  };
}

function addBias(m: number, n: number, bias: FloatArray, y: FloatArray): void {
  for (let i = 0, at = 0; i < m; i++) {
    for (let j = 0; j < n; j++, at++) y[at] = y[at]! + bias[j]!;
  }
}

function sumOfSquares(n: number, x: FloatArray, scale: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = x[i]! * scale;
    sum += value * value;
  }
  return sum;
}
