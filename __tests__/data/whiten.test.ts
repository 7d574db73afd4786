import type { Dataset } from '../../lib/data/dataset';
import { InputReader } from '../../lib/data/inputs';
import { fitNormalization } from '../../lib/data/normalize/normalization';
import { inputSizeOf } from '../../lib/data/normalize/transform';
import { kernelsFor } from '../../lib/kernels';
import { allocate, unitRoundoff } from '../../lib/kernels/contract';
import type { BackendName, Dtype, FloatArray } from '../../lib/kernels/contract';
import { RandomState } from '../../lib/random';
import { backends, variants } from '../support/backends';
import { goldenData } from '../support/data/goldenData';

/** Rows of numbers as training rows: bytes where all are. */
function dataOf(x: readonly (readonly number[])[], dtype: Dtype): Dataset {
  const numbers = x.flat();
  const features = numbers.every((value) => Number.isInteger(value) && value >= 0 && value < 256)
    ? Uint8Array.from(numbers)
    : allocate(dtype, numbers.length);
  features.set(numbers);
  return {
    name: 'numbers', split: 'train', features, labels: new Int32Array(x.length), size: x.length, featureSize: x[0]!.length,
    classNames: ['a'],
  };
}

const whitening = (backend: BackendName, epsilon: number, components: number | null) =>
  ({ kernels: kernelsFor('float64', backend), epsilon, components });

/** At float32 the standardisation is rounded, and the smallest components stand on little. */
const tolerance = (dtype: Dtype, largest: number): number => 2000 * unitRoundoff(dtype) * largest;

describe.each(variants)('on $backend kernels in $dtype', ({ backend, dtype }) => {
  describe.each(Object.entries(goldenData.whitening))('%s', (_, { x, epsilon, components, pca, zca }) => {
    const data = dataOf(x, dtype);

    test("the principal components are NumPy's, up to their signs", () => {
      const { matrix } = fitNormalization('pca', data, kernelsFor(dtype, backend), whitening(backend, epsilon, components));
      const width = data.featureSize;
      expect(matrix).toHaveLength(components * width);
      pca.forEach((row, i) => {
        const own = Array.from(matrix!.subarray(i * width, (i + 1) * width));
        const gram = row.reduce((sum, value, j) => sum + value * own[j]!, 0);
        const largest = Math.max(...row.map(Math.abs));
        // Where variances coincide (at nothing, of data with fewer rows) any orthogonal vectors are right.
        if (epsilon * row.reduce((sum, value) => sum + value * value, 0) > 0.999) return;
        row.forEach((value, j) => {
          expect(Math.abs(Math.sign(gram) * own[j]! - value)).toBeLessThanOrEqual(tolerance(dtype, largest));
        });
      });
    });

    test("ZCA is NumPy's", () => {
      const { matrix } = fitNormalization('zca', data, kernelsFor(dtype, backend), whitening(backend, epsilon, null));
      const right = zca.flat();
      const largest = Math.max(...right.map(Math.abs));
      right.forEach((value, at) => { expect(Math.abs(matrix![at]! - value)).toBeLessThanOrEqual(tolerance(dtype, largest)); });
    });
  });

  test.each(['pca', 'zca'] as const)('%s of rows, evenly spread, is that of the rows between', (kind) => {
    // Every row three times: 0, 3, 6, … are each of them once. More of them than a block of 1024.
    const rows = Array.from({ length: 700 }, (_, i) => [Math.sin(i), Math.sin(i) + Math.cos(3 * i), Math.sin(i * i)]);
    const data = dataOf(rows.flatMap((row) => [row, row, row]), dtype);
    const fit = (taken: number | null) => fitNormalization(kind, data, kernelsFor(dtype, backend), { ...whitening(backend, 0.01, null), rows: taken }).matrix!;
    const all = fit(null);
    fit(700).forEach((value, at) => { expect(Math.abs(value - all[at]!)).toBeLessThanOrEqual(tolerance(dtype, 10)); });
    expect(fit(10_000)).toEqual(all);
    expect(fit(100)).not.toEqual(all);
  });

  test.each(['pca', 'zca'] as const)('%s leaves inputs that are uncorrelated, with variance λ / (λ + ε)', (kind) => {
    const { x } = goldenData.whitening['floats']!;
    const data = dataOf(x, dtype);
    const epsilon = 1e-12;
    const normalization = fitNormalization(kind, data, kernelsFor(dtype, backend), whitening(backend, epsilon, null));
    const kernels = kernelsFor(dtype, backend);
    const size = inputSizeOf(normalization);
    const reader = new InputReader(kernels, { data, normalization, maxBatch: data.size, order: 'sequential' });
    reader.read(data.size, Int32Array.from(x.keys()));
    const inputs = reader.x as FloatArray;
    const covariance = allocate(dtype, size * size);
    kernels.gemm(true, false, size, size, data.size, 1 / data.size, inputs, inputs, 0, covariance);
    covariance.forEach((value, at) => {
      expect(Math.abs(value - Number(at % (size + 1) === 0))).toBeLessThan(dtype === 'float32' ? 1e-3 : 1e-8);
    });
  });
});

describe.each(backends)('a few components of many features, on %s kernels', (backend) => {
  const [features, components] = [530, 20];
  const random = new RandomState(8);
  /** Rows of a few hidden causes and noise. */
  const mixing = Array.from({ length: 30 }, (_, cause) => Array.from({ length: features }, () => random.gaussian() / (1 + cause)));
  const rowsOf = (size: number): number[][] => Array.from({ length: size }, () => {
    const causes = mixing.map(() => random.gaussian());
    return Array.from({ length: features }, (_, j) => mixing.reduce((sum, row, i) => sum + row[j]! * causes[i]!, 0.1 * random.gaussian()));
  });

  // Of fewer rows than vectors are iterated, all eigenvectors are found.
  test.each([700, 45])('%i rows become uncorrelated inputs of falling variance', (size) => {
    const data = dataOf(rowsOf(size), 'float64');
    const kernels = kernelsFor('float64', backend);
    const normalization = fitNormalization('pca', data, kernels, whitening(backend, 0.5, components));
    const reader = new InputReader(kernels, { data, normalization, maxBatch: size, order: 'sequential' });
    reader.read(size, Int32Array.from({ length: size }, (_, i) => i));
    const inputs = reader.x as FloatArray;
    const covariance = allocate('float64', components * components);
    kernels.gemm(true, false, components, components, size, 1 / size, inputs, inputs, 0, covariance);
    const variances = Array.from({ length: components }, (_, i) => covariance[i * (components + 1)]!);
    covariance.forEach((value, at) => { if (at % (components + 1) !== 0) expect(Math.abs(value)).toBeLessThan(1e-9); });
    expect(variances).toEqual([...variances].sort((x, y) => y - x));
    // λ / (λ + ε), and the largest λ are most of the 530 that all have together.
    const eigenvalues = variances.map((variance) => 0.5 * variance / (1 - variance));
    expect(eigenvalues.reduce((sum, value) => sum + value)).toBeGreaterThan(0.9 * features);
  });
});

describe('refuses', () => {
  const data = dataOf(goldenData.whitening['floats']!.x, 'float64');
  const options = whitening('typescript', 0.1, 8);

  test('more components than features', () => {
    expect(() => fitNormalization('pca', data, kernelsFor('float64', 'typescript'), options)).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', message: 'Expected at most 7, the features of numbers, for components but received 8' }),
    );
  });

  test('rows of another split', () => {
    expect(() => fitNormalization('zca', { ...data, split: 'test' }, kernelsFor('float64', 'typescript'), options)).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE' }),
    );
  });
});
