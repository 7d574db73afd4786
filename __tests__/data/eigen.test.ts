import { symmetricEigen } from '../../lib/data/normalize/eigen';
import { kernelsFor } from '../../lib/kernels';
import { RandomState } from '../../lib/random';
import { backends } from '../support/backends';
import { goldenData } from '../support/data/goldenData';

/** Of sums and products of unit vectors of n elements. */
const roundoff = (n: number): number => 20 * n * 2 ** -53;

/** A symmetric matrix from its elements on and below the diagonal. */
function symmetric(n: number, element: (i: number, j: number) => number): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = element(i, j);
  return a;
}

const random = new RandomState(4);
const matrices: readonly (readonly [string, number, Float64Array])[] = [
  ['one element', 1, Float64Array.of(-3)],
  ['two', 2, symmetric(2, () => random.gaussian())],
  ['three', 3, symmetric(3, () => random.gaussian())],
  ['a block of reflections and one more', 66, symmetric(66, () => random.gaussian())],
  ['several blocks', 150, symmetric(150, () => random.gaussian())],
  ['nothing but zeros', 20, new Float64Array(400)],
  ['the identity', 20, symmetric(20, (i, j) => Number(i === j))],
  ['one eigenvalue beside zeros', 50, new Float64Array(2500).fill(1)],
  ['a diagonal with repeated values', 30, symmetric(30, (i, j) => (i === j ? i % 4 : 0))],
  ['two copies of a matrix, barely joined', 40, symmetric(40, (i, j) => (i % 20 === j % 20 ? 1 + i % 20 : i - j === 1 ? 1e-9 : 0))],
  ['neighbours that are nearly equal', 60, symmetric(60, (i, j) => 1e-9 * Math.cos(i * j) + Number(i === j))],
  ['elements from 1 to 1e-30', 60, symmetric(60, (i, j) => 10 ** (-(i + j) / 4))],
  ['tiny elements', 20, symmetric(20, () => 1e-150 * random.gaussian())],
  ['huge elements', 20, symmetric(20, () => 1e150 * random.gaussian())],
  ['negative eigenvalues alone', 40, symmetric(40, (i, j) => (i === j ? -2 : i - j === 1 ? 1 : 0))],
];

describe.each(backends)('on %s kernels', (backend) => {
  const kernels = kernelsFor('float64', backend);

  test.each(matrices)('%s: orthonormal vectors that the matrix only stretches', (_, n, a) => {
    const { values, vectors } = symmetricEigen(n, a.slice(), kernels);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
    const norm = Math.max(...a.map(Math.abs)) * n;
    for (let i = 0; i < n; i++) {
      const row = vectors.subarray(i * n, (i + 1) * n);
      for (let j = 0; j <= i; j++) {
        const product = kernels.dot(n, row, vectors.subarray(j * n, (j + 1) * n));
        expect(Math.abs(product - Number(i === j))).toBeLessThanOrEqual(roundoff(n));
      }
      for (let j = 0; j < n; j++) {
        const error = kernels.dot(n, a.subarray(j * n, (j + 1) * n), row) - values[i]! * row[j]!;
        expect(Math.abs(error)).toBeLessThanOrEqual(roundoff(n) * norm);
      }
    }
  });

  test.each(goldenData.eigen)("$name: NumPy's eigenvalues", ({ a, values }) => {
    const n = a.length;
    const own = symmetricEigen(n, Float64Array.from(a.flat()), kernels).values;
    const largest = Math.max(...values.map(Math.abs));
    own.forEach((value, i) => { expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(roundoff(n) * largest); });
  });

  test('reads the lower triangle alone', () => {
    const a = symmetric(9, () => random.gaussian());
    const halved = a.map((value, at) => (at % 9 > Math.floor(at / 9) ? NaN : value));
    expect(symmetricEigen(9, halved, kernels)).toEqual(symmetricEigen(9, a, kernels));
  });
});
