import type { Kernels } from '../../kernels/contract';

const epsilon = 2 ** -53;
/** Far more iterations than a root takes: bisection alone would converge. */
const maxRounds = 200;

/** Eigenvalues in ascending order; row i of vectors[n,n] is the unit eigenvector of values[i]. */
export interface TridiagonalEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of the symmetric tridiagonal matrix with diagonal[n] and subdiagonal[n−1]: divide and conquer
 * (Cuppen, 1981), with the vectors made orthogonal as by Gu & Eisenstat (1995). The matrix is split into two smaller ones and a
 * rank-1 term; nearly all the work is matrix products. The kernels must be of float64.
 */
export function tridiagonalEigen(diagonal: Float64Array, subdiagonal: Float64Array, kernels: Kernels): TridiagonalEigen {
  const n = diagonal.length;
  if (n <= 1) return { values: diagonal.slice(), vectors: new Float64Array(n).fill(1) };
  // T = (T₁ ⊕ T₂) + ρ·u·uᵀ, where u is ±1 at either side of the cut.
  const half = n >> 1;
  const cut = subdiagonal[half - 1]!;
  const rho = Math.abs(cut);
  const upper = diagonal.slice(0, half);
  const lower = diagonal.slice(half);
  upper[half - 1]! -= rho;
  lower[0]! -= rho;
  const first = tridiagonalEigen(upper, subdiagonal.subarray(0, half - 1), kernels);
  const second = tridiagonalEigen(lower, subdiagonal.subarray(half), kernels);
  return merge(first, second, rho, cut < 0 ? -1 : 1, kernels);
}

/** From the eigenvectors of T₁ and T₂ those of (T₁ ⊕ T₂) + ρ·u·uᵀ: in their basis that is D + ρ·z·zᵀ. */
function merge(first: TridiagonalEigen, second: TridiagonalEigen, rho: number, sign: number, kernels: Kernels): TridiagonalEigen {
  const half = first.values.length;
  const n = half + second.values.length;
  const rows = new Float64Array(n * n);
  const d = new Float64Array(n);
  const z = new Float64Array(n);
  d.set(first.values);
  d.set(second.values, half);
  for (let i = 0; i < half; i++) {
    const row = first.vectors.subarray(i * half, (i + 1) * half);
    rows.set(row, i * n);
    z[i] = row[half - 1]!;
  }
  for (let i = half; i < n; i++) {
    const row = second.vectors.subarray((i - half) * (n - half), (i - half + 1) * (n - half));
    rows.set(row, i * n + half);
    z[i] = sign * row[0]!;
  }

  const { kept, deflated } = deflate(n, d, z, rho, rows);
  const k = kept.length;
  const basis = new Float64Array(k * n);
  kept.forEach((i, row) => { basis.set(rows.subarray(i * n, (i + 1) * n), row * n); });
  const { values: roots, vectors: coefficients } = rankOneEigen(kept.map((i) => d[i]!), kept.map((i) => z[i]!), rho);
  const rotated = new Float64Array(k * n);
  kernels.gemm(false, false, k, n, k, 1, coefficients, basis, 0, rotated);

  const found = [
    ...Array.from(roots, (value, i) => ({ value, row: rotated.subarray(i * n, (i + 1) * n) })),
    ...deflated.map((i) => ({ value: d[i]!, row: rows.slice(i * n, (i + 1) * n) })),
  ].sort((left, right) => left.value - right.value);
  found.forEach(({ row }, i) => { rows.set(row, i * n); });
  return { values: Float64Array.from(found, ({ value }) => value), vectors: rows };
}

/**
 * Deflation: separates the eigenvalues that the rank-1 term does not change, which are those with z ≈ 0, and one of each pair that
 * is equal up to rounding, after a rotation of their vectors that makes its z 0. `kept` are the others, in ascending order.
 */
function deflate(n: number, d: Float64Array, z: Float64Array, rho: number, rows: Float64Array): { kept: number[]; deflated: number[] } {
  const ascending = Array.from(d.keys()).sort((i, j) => d[i]! - d[j]!);
  const tolerance = 8 * epsilon * Math.max(rho, ...[ascending[0]!, ascending[n - 1]!].map((i) => Math.abs(d[i]!)));
  const kept: number[] = [];
  const deflated: number[] = [];
  for (const j of ascending) {
    if (rho * Math.abs(z[j]!) <= tolerance) {
      deflated.push(j);
      continue;
    }
    const i = kept[kept.length - 1];
    if (i !== undefined) {
      const length = Math.hypot(z[i]!, z[j]!);
      const c = z[j]! / length;
      const s = -z[i]! / length;
      if (Math.abs((d[j]! - d[i]!) * c * s) <= tolerance) {
        rotate(n, rows, i, j, c, s);
        [d[i], d[j]] = [d[i]! * c * c + d[j]! * s * s, d[i]! * s * s + d[j]! * c * c];
        z[i] = 0;
        z[j] = length;
        deflated.push(i);
        kept.pop();
      }
    }
    kept.push(j);
  }
  return { kept, deflated };
}

function rotate(n: number, rows: Float64Array, i: number, j: number, c: number, s: number): void {
  for (let p = i * n, q = j * n; p < (i + 1) * n; p++, q++) {
    const x = rows[p]!;
    const y = rows[q]!;
    rows[p] = c * x + s * y;
    rows[q] = c * y - s * x;
  }
}

/** Eigenvalues and eigenvectors of D + ρ·z·zᵀ: ρ > 0, d ascending and distinct, all z ≠ 0. */
function rankOneEigen(d: readonly number[], z: readonly number[], rho: number): TridiagonalEigen {
  const k = d.length;
  const poles = Float64Array.from(d);
  const weights = Float64Array.from(z, (value) => rho * value * value);
  const values = new Float64Array(k);
  /** Row i: d − values[i], to full relative accuracy, which a subtraction would not give. */
  const distances = new Float64Array(k * k);
  for (let i = 0; i < k; i++) values[i] = secularRoot(poles, weights, i, distances.subarray(i * k, (i + 1) * k));

  // The z for which the computed eigenvalues are exact: with it the vectors are orthogonal despite rounding.
  const exact = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    let product = -distances[j * k + j]!;
    for (let i = 0; i < k; i++) if (i !== j) product *= distances[i * k + j]! / (poles[j]! - poles[i]!);
    exact[j] = Math.sign(z[j]!) * Math.sqrt(product);
  }
  for (let i = 0; i < k; i++) {
    const row = distances.subarray(i * k, (i + 1) * k);
    let squares = 0;
    for (let j = 0; j < k; j++) {
      row[j] = exact[j]! / row[j]!;
      squares += row[j]! ** 2;
    }
    const length = Math.sqrt(squares);
    for (let j = 0; j < k; j++) row[j]! /= length;
  }
  return { values, vectors: distances };
}

/**
 * The root of f(λ) = 1 + Σ weights[j] / (poles[j] − λ) between pole i and the next one, or above the last; fills
 * `distances` with poles − λ. λ is computed as an offset from the nearer pole. f is increasing; each iteration takes the root of a
 * simpler function with the same poles, value and slopes (the middle way of Li, 1993), or bisects where that leaves the interval.
 */
function secularRoot(poles: Float64Array, weights: Float64Array, i: number, distances: Float64Array): number {
  const k = poles.length;
  const isLast = i === k - 1;
  const gap = isLast ? weights.reduce((sum, weight) => sum + weight, 0) : poles[i + 1]! - poles[i]!;
  let origin = poles[i]!;
  let low = 0;
  let high = gap;
  let offset = gap / 2;
  for (let round = 0; round < maxRounds; round++) {
    let below = 0;
    let belowSlope = 0;
    let above = 0;
    let aboveSlope = 0;
    for (let j = 0; j < k; j++) {
      const distance = poles[j]! - origin - offset;
      distances[j] = distance;
      const term = weights[j]! / distance;
      if (j <= i) {
        below += term;
        belowSlope += term / distance;
      } else {
        above += term;
        aboveSlope += term / distance;
      }
    }
    const f = 1 + below + above;
    if (f < 0 && round === 0 && !isLast) {
      // The root is in the upper half: measure from the next pole instead. This halving of the gap is exact.
      origin = poles[i + 1]!;
      low = -gap / 2;
      high = 0;
      offset = -gap / 2;
    } else if (f < 0) {
      low = offset;
    } else {
      high = offset;
    }
    if (Math.abs(f) <= 2 * epsilon * (1 - below + above)) break;

    const left = distances[i]!;
    let step: number;
    if (isLast) {
      step = left + (belowSlope * left * left) / (f - belowSlope * left);
    } else {
      const right = distances[i + 1]!;
      const c = f - left * belowSlope - right * aboveSlope;
      const a = (left + right) * f - left * right * (belowSlope + aboveSlope);
      const b = left * right * f;
      const root = Math.sqrt(Math.max(0, a * a - 4 * b * c));
      step = a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
    }
    let next = offset + step;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next === offset || next === low || next === high) break;
    offset = next;
  }
  return origin + offset;
}
