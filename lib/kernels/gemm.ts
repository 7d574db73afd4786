import type { FloatArray } from './contract';

/*
 * C[m,n] ← α·op(A)·op(B) + β·C in plain JavaScript, blocked after Goto & van de Geijn, "Anatomy of high-performance
 * matrix multiplication" (2008): blocks of op(A) and op(B) are packed into panels that the inner loop reads in order,
 * and a 4×4 tile of C is held in local variables.
 *
 * Packed panels, tiles and sums are doubles for either dtype, because Math.fround in the inner loop costs more than half
 * the speed. It also keeps the two hot functions monomorphic in a process that uses both dtypes: only packing and the
 * write-back, O(mk + kn + mn) of the work, ever see the caller's arrays. C is rounded once, at the write-back.
 */

/** Rows and columns of the tile. Of 12 shapes measured, 4×4 is the fastest square: larger ones spill too many sums. */
const TILE = 4;
/** Rows and columns of a block of C, and the depth of one pass: A, B and C blocks together fill some 640 KB of cache. */
const BLOCK = 128;
const DEPTH = 256;
/** Up to this many multiplications, packing costs more than it saves. */
const SMALL = 4096;

/* Shared by all calls of a thread, which is safe because kernels are synchronous. */
const packedA = new Float64Array(BLOCK * DEPTH);
const packedB = new Float64Array(BLOCK * DEPTH);
const block = new Float64Array(BLOCK * BLOCK);

/** `gemm` of the kernel contract, for either dtype. */
export function gemm<T extends FloatArray>(
  transA: boolean, transB: boolean, m: number, n: number, k: number,
  alpha: number, a: T, b: T, beta: number, c: T,
): void {
  if (alpha === 0 || k === 0) {
    scaleOutput(m * n, beta, c);
    return;
  }
  // op(A)[i,p] is a[i·aRow + p·aStep] and op(B)[p,j] is b[j·bColumn + p·bStep]: transposition is a matter of strides.
  const aRow = transA ? 1 : k;
  const aStep = transA ? m : 1;
  const bColumn = transB ? k : 1;
  const bStep = transB ? 1 : n;
  if (m * n * k <= SMALL) {
    multiplySmall(m, n, k, alpha, a, aRow, aStep, b, bColumn, bStep, beta, c);
    return;
  }
  for (let j = 0; j < n; j += BLOCK) {
    const columns = Math.min(BLOCK, n - j);
    for (let i = 0; i < m; i += BLOCK) {
      const rows = Math.min(BLOCK, m - i);
      block.fill(0);
      for (let p = 0; p < k; p += DEPTH) {
        const steps = Math.min(DEPTH, k - p);
        pack(rows, steps, a, i * aRow + p * aStep, aRow, aStep, packedA);
        pack(columns, steps, b, j * bColumn + p * bStep, bColumn, bStep, packedB);
        multiplyPanels(rows, columns, steps);
      }
      writeBack(rows, columns, alpha, beta, c, i * n + j, n);
    }
  }
}

/** C ← β·C, the result for an empty product. */
function scaleOutput(length: number, beta: number, c: FloatArray): void {
  if (beta === 1) return;
  for (let at = 0; at < length; at++) c[at] = beta === 0 ? 0 : beta * c[at]!;
}

/** The textbook product, one row of A with four columns of B at a time: faster where there is little to do. */
function multiplySmall(
  m: number, n: number, k: number,
  alpha: number, a: FloatArray, aRow: number, aStep: number, b: FloatArray, bColumn: number, bStep: number,
  beta: number, c: FloatArray,
): void {
  for (let i = 0, at = 0; i < m; i++) {
    let j = 0;
    for (; j + TILE <= n; j += TILE, at += TILE) {
      let sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
      let b0 = j * bColumn, b1 = b0 + bColumn, b2 = b1 + bColumn, b3 = b2 + bColumn;
      for (let p = 0, ai = i * aRow; p < k; p++, ai += aStep, b0 += bStep, b1 += bStep, b2 += bStep, b3 += bStep) {
        const value = a[ai]!;
        sum0 += value * b[b0]!; sum1 += value * b[b1]!; sum2 += value * b[b2]!; sum3 += value * b[b3]!;
      }
      writeSmall(alpha * sum0, beta, c, at);
      writeSmall(alpha * sum1, beta, c, at + 1);
      writeSmall(alpha * sum2, beta, c, at + 2);
      writeSmall(alpha * sum3, beta, c, at + 3);
    }
    for (; j < n; j++, at++) {
      let sum = 0;
      for (let p = 0, ai = i * aRow, bj = j * bColumn; p < k; p++, ai += aStep, bj += bStep) sum += a[ai]! * b[bj]!;
      writeSmall(alpha * sum, beta, c, at);
    }
  }
}

function writeSmall(product: number, beta: number, c: FloatArray, at: number): void {
  c[at] = beta === 0 ? product : product + beta * c[at]!;
}

/** Copies `count` vectors of `steps` elements into panels of TILE interleaved vectors; the last panel is padded with 0. */
function pack(
  count: number, steps: number, source: FloatArray, offset: number, stride: number, step: number, packed: Float64Array,
): void {
  let to = 0;
  for (let i = 0; i < count; i += TILE) {
    if (i + TILE <= count) {
      let at0 = offset + i * stride;
      let at1 = at0 + stride;
      let at2 = at1 + stride;
      let at3 = at2 + stride;
      for (let p = 0; p < steps; p++, to += TILE, at0 += step, at1 += step, at2 += step, at3 += step) {
        packed[to] = source[at0]!;
        packed[to + 1] = source[at1]!;
        packed[to + 2] = source[at2]!;
        packed[to + 3] = source[at3]!;
      }
    } else {
      for (let p = 0; p < steps; p++) {
        for (let t = 0; t < TILE; t++) packed[to++] = i + t < count ? source[offset + (i + t) * stride + p * step]! : 0;
      }
    }
  }
}

/** block[rows, columns] += panels of A · panels of B; each panel of B stays in the nearest cache while A streams by. */
function multiplyPanels(rows: number, columns: number, steps: number): void {
  for (let j = 0; j < columns; j += TILE) {
    for (let i = 0; i < rows; i += TILE) multiplyTile(steps, i * steps, j * steps, i * BLOCK + j);
  }
}

/** One 4×4 tile: block[at…] += Σ over `steps` of packedA[4]·packedB[4]ᵀ. Nearly all the time of a large product is here. */
function multiplyTile(steps: number, aAt: number, bAt: number, at: number): void {
  const a = packedA;
  const b = packedB;
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0; p < steps; p++, aAt += TILE, bAt += TILE) {
    const b0 = b[bAt]!, b1 = b[bAt + 1]!, b2 = b[bAt + 2]!, b3 = b[bAt + 3]!;
    const a0 = a[aAt]!, a1 = a[aAt + 1]!, a2 = a[aAt + 2]!, a3 = a[aAt + 3]!;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  const c = block;
  c[at] = c[at]! + c00; c[at + 1] = c[at + 1]! + c01; c[at + 2] = c[at + 2]! + c02; c[at + 3] = c[at + 3]! + c03;
  at += BLOCK;
  c[at] = c[at]! + c10; c[at + 1] = c[at + 1]! + c11; c[at + 2] = c[at + 2]! + c12; c[at + 3] = c[at + 3]! + c13;
  at += BLOCK;
  c[at] = c[at]! + c20; c[at + 1] = c[at + 1]! + c21; c[at + 2] = c[at + 2]! + c22; c[at + 3] = c[at + 3]! + c23;
  at += BLOCK;
  c[at] = c[at]! + c30; c[at + 1] = c[at + 1]! + c31; c[at + 2] = c[at + 2]! + c32; c[at + 3] = c[at + 3]! + c33;
}

/** c ← α·block + β·c for the used part of the block. */
function writeBack(
  rows: number, columns: number, alpha: number, beta: number, c: FloatArray, offset: number, stride: number,
): void {
  for (let i = 0; i < rows; i++) {
    const from = i * BLOCK;
    const to = offset + i * stride;
    if (beta === 0) {
      for (let j = 0; j < columns; j++) c[to + j] = alpha * block[from + j]!;
    } else {
      for (let j = 0; j < columns; j++) c[to + j] = alpha * block[from + j]! + beta * c[to + j]!;
    }
  }
}
