import type { Kernels } from '../../kernels/contract';
import { RandomState } from '../../random';
import { symmetricEigen } from './eigen';
import type { Eigen } from './eigen';

/** Multiplications of the subspace by the matrix. */
const rounds = 8;
/** A pivot below this share of the largest element of the diagonal means that the subspace has fewer dimensions than vectors, as far as rounding can tell. */
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
    if (!invertCholesky(size, gram, smallestPivot * largestOnDiagonal(size, gram), kernels)) return undefined;
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

function largestOnDiagonal(n: number, a: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  return largest;
}

/** Matrices of up to so many rows are inverted element by element. */
const smallMatrix = 48;

/**
 * Overwrites a[n,n] = L·Lᵀ with L⁻¹, lower triangular. False where a pivot is not above `least`: where a is not positive definite. By halves, so that nearly all of it
 * is matrix products.
 */
function invertCholesky(n: number, a: Float64Array, least: number, kernels: Kernels): boolean {
  if (n <= smallMatrix) return invertSmallCholesky(n, a, least);
  const p = n >> 1;
  const q = n - p;
  const first = block(a, n, 0, 0, p, p);
  const below = block(a, n, p, 0, q, p);
  const second = block(a, n, p, p, q, q);
  if (!invertCholesky(p, first, least, kernels)) return false;
  // L₂₁ = A₂₁·L₁₁⁻ᵀ, and L₂₂ is that of A₂₂ − L₂₁·L₂₁ᵀ.
  const product = new Float64Array(q * p);
  kernels.gemm(false, true, q, p, p, 1, below, first, 0, product);
  kernels.gemm(false, true, q, q, p, -1, product, product, 1, second);
  if (!invertCholesky(q, second, least, kernels)) return false;
  // What stands below L₁₁⁻¹ in L⁻¹ is −L₂₂⁻¹·L₂₁·L₁₁⁻¹.
  kernels.gemm(false, false, q, p, q, -1, second, product, 0, below);
  kernels.gemm(false, false, q, p, p, 1, below, first, 0, product);
  for (let i = 0; i < p; i++) {
    a.set(first.subarray(i * p, (i + 1) * p), i * n);
    a.fill(0, i * n + p, (i + 1) * n);
  }
  for (let i = 0; i < q; i++) {
    a.set(product.subarray(i * p, (i + 1) * p), (p + i) * n);
    a.set(second.subarray(i * q, (i + 1) * q), (p + i) * n + p);
  }
  return true;
}

/** A copy of [rows, columns] of a matrix whose rows are n long, from row i and column j on. */
function block(a: Float64Array, n: number, i: number, j: number, rows: number, columns: number): Float64Array {
  const copy = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) copy.set(a.subarray((i + r) * n + j, (i + r) * n + j + columns), r * columns);
  return copy;
}

function invertSmallCholesky(n: number, a: Float64Array, least: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) {
        a[i * n + j] = sum / a[j * n + j]!;
      } else {
        if (!(sum > least)) return false;
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
