import type { Kernels } from '../../kernels/contract';
import { tridiagonalEigen } from './tridiagonal';

/** Eigenvalues in descending order; row i of vectors[n,n] is the unit eigenvector of values[i]. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Reflections applied together, as matrix products. */
const blockSize = 64;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix a[n,n]. Reads the lower triangle, overwrites all of `a`. Householder's reduction
 * to tridiagonal form, divide and conquer, then the reflections applied to the eigenvectors. The kernels must be of float64. About
 * 20 s for n = 3072 with native kernels on one core.
 * (Golub & Van Loan, Matrix Computations, 4th ed., sections 5.1 and 8.3.)
 */
export function symmetricEigen(n: number, a: Float64Array, kernels: Kernels): Eigen {
  const { diagonal, subdiagonal, scales } = tridiagonalise(n, a);
  const { values, vectors } = tridiagonalEigen(diagonal, subdiagonal, kernels);
  reflect(n, a, scales, vectors, kernels);
  const descending = new Float64Array(n * n);
  for (let i = 0; i < n; i++) descending.set(vectors.subarray((n - 1 - i) * n, (n - i) * n), i * n);
  return { values: values.reverse(), vectors: descending };
}

/**
 * A = Q·T·Qᵀ with T tridiagonal and Q = H₀·H₁·…, Hₖ = I − scales[k]·v·vᵀ, where v is stored in row k of `a`, right of the diagonal.
 * Each iteration updates the remaining lower triangle by −v·wᵀ − w·vᵀ and multiplies it by the next v in the same pass over
 * memory, as memory bandwidth limits the speed.
 */
function tridiagonalise(n: number, a: Float64Array): { diagonal: Float64Array; subdiagonal: Float64Array; scales: Float64Array } {
  const diagonal = new Float64Array(n);
  const subdiagonal = new Float64Array(Math.max(0, n - 1));
  const scales = new Float64Array(n);
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let next = new Float64Array(n);
  let product = new Float64Array(n);

  for (let k = 0; k < n; k++) {
    // Column k after the previous iteration's update, which the other columns of the triangle receive below.
    for (let i = k; i < n; i++) next[i] = a[i * n + k]! - v[i]! * w[k]! - w[i]! * v[k]!;
    diagonal[k] = next[k]!;
    if (k === n - 1) break;
    const { beta, scale } = householder(next.subarray(k + 1));
    subdiagonal[k] = beta;
    scales[k] = scale;
    updateAndMultiply(n, k + 1, a, v, w, next, product);
    a.set(next.subarray(k + 1), k * n + k + 1);

    let inner = 0;
    for (let i = k + 1; i < n; i++) inner += product[i]! * next[i]!;
    const half = (scale * scale * inner) / 2;
    for (let i = k + 1; i < n; i++) product[i] = scale * product[i]! - half * next[i]!;
    [v, next] = [next, v];
    [w, product] = [product, w];
  }
  return { diagonal, subdiagonal, scales };
}

/** Overwrites x with v, v[0] = 1, such that (I − scale·v·vᵀ)·x = beta·e₀. */
function householder(x: Float64Array): { beta: number; scale: number } {
  const first = x[0]!;
  x[0] = 1;
  let largest = 0;
  for (let i = 1; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]!));
  if (largest === 0) return { beta: first, scale: 0 };
  largest = Math.max(largest, Math.abs(first));
  let squares = (first / largest) ** 2;
  for (let i = 1; i < x.length; i++) squares += (x[i]! / largest) ** 2;
  const beta = (first > 0 ? -1 : 1) * largest * Math.sqrt(squares);
  for (let i = 1; i < x.length; i++) x[i] = x[i]! / (first - beta);
  return { beta, scale: (beta - first) / beta };
}

/** The lower triangle from row and column `from` on: A ← A − v·wᵀ − w·vᵀ, and then product ← A·x. */
function updateAndMultiply(
  n: number, from: number, a: Float64Array, v: Float64Array, w: Float64Array, x: Float64Array, product: Float64Array,
): void {
  product.fill(0);
  for (let i = from; i < n; i++) {
    const row = i * n;
    const vi = v[i]!;
    const wi = w[i]!;
    const xi = x[i]!;
    let sum = 0;
    for (let j = from; j < i; j++) {
      const value = a[row + j]! - vi * w[j]! - wi * v[j]!;
      a[row + j] = value;
      sum += value * x[j]!;
      product[j]! += value * xi;
    }
    const value = a[row + i]! - 2 * vi * wi;
    a[row + i] = value;
    product[i]! += sum + value * xi;
  }
}

/**
 * rows[n,n] ← rows·Qᵀ, Q = H₀·H₁·… as tridiagonalise stores it in `a`: from the last block of reflections to the first,
 * each as I − Vᵀ·T·V with upper triangular T (the compact WY form of Schreiber & Van Loan, 1989).
 */
function reflect(n: number, a: Float64Array, scales: Float64Array, rows: Float64Array, kernels: Kernels): void {
  const v = new Float64Array(blockSize * n);
  const t = new Float64Array(blockSize * blockSize);
  const inner = new Float64Array(blockSize * blockSize);
  const left = new Float64Array(n * blockSize);
  const right = new Float64Array(n * blockSize);
  for (let from = blockSize * Math.floor(Math.max(0, n - 2) / blockSize); from >= 0; from -= blockSize) {
    const size = Math.min(blockSize, n - 1 - from);
    if (size <= 0) continue;
    v.fill(0);
    t.fill(0);
    for (let k = 0; k < size; k++) {
      const row = (from + k) * n;
      v.set(a.subarray(row + from + k + 1, row + n), k * n + from + k + 1);
    }
    kernels.gemm(false, true, size, size, n, 1, v, v, 0, inner);
    for (let j = 0; j < size; j++) {
      const scale = scales[from + j]!;
      t[j * size + j] = scale;
      for (let i = 0; i < j; i++) {
        let sum = 0;
        for (let p = i; p < j; p++) sum += t[i * size + p]! * inner[p * size + j]!;
        t[i * size + j] = -scale * sum;
      }
    }
    kernels.gemm(false, true, n, size, n, 1, rows, v, 0, left);
    kernels.gemm(false, true, n, size, size, 1, left, t, 0, right);
    kernels.gemm(false, false, n, n, size, -1, right, v, 1, rows);
  }
}
