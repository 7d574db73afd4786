import { symmetricEigen } from '../../lib/data/normalize/eigen';
import { largestEigen } from '../../lib/data/normalize/largestEigen';
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

describe.each(backends)('the largest of many, on %s kernels', (backend) => {
  const kernels = kernelsFor('float64', backend);
  const n = 160;
  /** Of orthonormal vectors and these eigenvalues. */
  const composed = (values: (i: number) => number): Float64Array => {
    const { vectors } = symmetricEigen(n, symmetric(n, () => random.gaussian()), kernels);
    const scaled = vectors.slice();
    for (let i = 0; i < n; i++) kernels.scal(n, values(i), scaled.subarray(i * n, (i + 1) * n));
    const a = new Float64Array(n * n);
    kernels.gemm(true, false, n, n, n, 1, vectors, scaled, 0, a);
    return a;
  };

  test.each([
    ['as those of pictures', (i: number) => 900 / (1 + i) ** 1.3], ['that fall by a fifth', (i: number) => 0.8 ** i / 1e3], ['all the same', () => 2], ['in two groups', (i: number) => (i < 10 ? 5 : 1)],
  ])('eigenvalues %s: their variance, on uncorrelated orthonormal vectors', (_, values) => {
    const count = 12;
    const a = composed(values);
    const { values: found, vectors } = largestEigen(n, a, count, kernels)!;
    const exact = symmetricEigen(n, a.slice(), kernels).values.slice(0, count);
    const sum = (all: Float64Array): number => all.reduce((total, value) => total + value);
    expect(Math.abs(sum(found) / sum(exact) - 1)).toBeLessThan(1e-6);
    const stretched = new Float64Array(count * n);
    kernels.gemm(false, false, count, n, n, 1, vectors, a, 0, stretched);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        const row = vectors.subarray(j * n, (j + 1) * n);
        expect(Math.abs(kernels.dot(n, vectors.subarray(i * n, (i + 1) * n), row) - Number(i === j))).toBeLessThanOrEqual(roundoff(n));
        expect(Math.abs(kernels.dot(n, stretched.subarray(i * n, (i + 1) * n), row) - (i === j ? found[i]! : 0))).toBeLessThanOrEqual(roundoff(n) * exact[0]!);
      }
    }
    expect(largestEigen(n, a, count, kernels)!.vectors).toEqual(vectors);
  });

  test.each([['none beside 0', (i: number) => Number(i < 20)], ['hardly any', (i: number) => 2 ** -i]])('of a matrix that has %s they are left to the other way', (_, values) => {
    expect(largestEigen(n, composed(values), 12, kernels)).toBeUndefined();
  });
});
