/**
 * The rows of a matrix [rows, columns], rows ≤ columns, made orthonormal in place by Gram–Schmidt: the Q of its QR
 * factorisation (of the transpose) whose R has a positive diagonal. A row that loses more than a third of its length to the
 * projections goes through them once more, after which it is orthogonal to working precision ("twice is enough", Kahan;
 * Giraud et al. 2005). Returns the matrix.
 */
export function orthonormalRows(rows: number, columns: number, matrix: Float64Array): Float64Array {
  const row = (i: number): Float64Array => matrix.subarray(i * columns, (i + 1) * columns);
  for (let i = 0; i < rows; i++) {
    const current = row(i);
    let length = Math.sqrt(dot(columns, current, current));
    for (let before = Infinity; length < 0.7 * before;) {
      for (let j = 0; j < i; j++) subtract(columns, dot(columns, row(j), current), row(j), current);
      before = length;
      length = Math.sqrt(dot(columns, current, current));
    }
    for (let k = 0; k < columns; k++) current[k] = current[k]! / length;
  }
  return matrix;
}

/* Four sums side by side: each waits for its own last addition. */
function dot(n: number, x: Float64Array, y: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += x[i]! * y[i]!;
    s1 += x[i + 1]! * y[i + 1]!;
    s2 += x[i + 2]! * y[i + 2]!;
    s3 += x[i + 3]! * y[i + 3]!;
  }
  for (; i < n; i++) s0 += x[i]! * y[i]!;
  return s0 + s1 + (s2 + s3);
}

function subtract(n: number, factor: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < n; i++) y[i] = y[i]! - factor * x[i]!;
}
