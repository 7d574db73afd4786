import type { Kernels } from '../../kernels/contract';
import { RandomState } from '../../random';
import { symmetricEigen } from './eigen';
import type { Eigen } from './eigen';

/** Multiplications of the subspace by the matrix. */
const rounds = 8;
/** A pivot below this share of the largest means that the subspace has fewer dimensions than vectors, as far as rounding can tell. */
const smallestPivot = 1e-12;

/** Vectors of the subspace: more than are wanted, as the last ones converge slowly. */
function subspaceSize(n: number, count: number): number {
  return Math.min(n, count + Math.max(32, count >> 2));
}

/**
 * The `count` largest eigenvalues of a positive semidefinite matrix a[n,n] and their eigenvectors, to the accuracy that a projection of data needs: of images they hold
 * all but 1e-6 of the variance that exact ones do. By subspace iteration from random vectors and the Rayleigh–Ritz method, nearly all of it matrix
 * products (Halko, Martinsson & Tropp 2011): in much less time than {@link symmetricEigen}. To rounding, vectors are orthonormal and data projected on them uncorrelated.
 * Undefined where the matrix has too few eigenvalues beside 0. The kernels must be of float64.
 */
export function largestEigen(n: number, a: Float64Array, count: number, kernels: Kernels): Eigen | undefined {
  const size = subspaceSize(n, count);
  let rows: Float64Array = new RandomState(0).randn(size, n);
  let next: Float64Array = new Float64Array(size * n);
  const gram = new Float64Array(size * size);
  // The first makes the random vectors of one length; the last, of vectors that are nearly orthonormal, makes them so to rounding.
  for (let round = 0; round <= rounds + 1; round++) {
    if (round > 0 && round <= rounds) {
      kernels.gemm(false, false, size, n, n, 1, rows, a, 0, next);
      [rows, next] = [next, rows];
    }
    kernels.gemm(false, true, size, size, n, 1, rows, rows, 0, gram);
    if (!invertCholesky(size, gram)) return undefined;
    kernels.gemm(false, false, size, n, size, 1, gram, rows, 0, next);
    [rows, next] = [next, rows];
  }
  kernels.gemm(false, false, size, n, n, 1, rows, a, 0, next);
  kernels.gemm(false, true, size, size, n, 1, next, rows, 0, gram);
  const { values, vectors } = symmetricEigen(size, gram, kernels);
  const found = new Float64Array(count * n);
  kernels.gemm(false, false, count, n, size, 1, vectors.subarray(0, count * size), rows, 0, found);
  return { values: values.slice(0, count), vectors: found };
}

/** Overwrites a[n,n] = L·Lᵀ with L⁻¹, lower triangular. False where a is not positive definite. */
function invertCholesky(n: number, a: Float64Array): boolean {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) {
        a[i * n + j] = sum / a[j * n + j]!;
      } else {
        if (!(sum > smallestPivot * largest)) return false;
        a[i * n + i] = Math.sqrt(sum);
      }
    }
  }
  // Row i of the inverse from the rows above it: L·L⁻¹ = I.
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const pivot = a[i * n + i]!;
    row.fill(0, 0, i);
    for (let k = 0; k < i; k++) {
      const factor = a[i * n + k]!;
      for (let j = 0; j <= k; j++) row[j]! -= factor * a[k * n + j]!;
    }
    for (let j = 0; j < i; j++) a[i * n + j] = row[j]! / pivot;
    a[i * n + i] = 1 / pivot;
    a.fill(0, i * n + i + 1, (i + 1) * n);
  }
  return true;
}
