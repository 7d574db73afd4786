import type { Dataset } from '../../lib/data/dataset';
import { fitNormalization } from '../../lib/data/preprocess';
import type { NormalizationKind } from '../../lib/data/preprocess';
import { kernelsFor } from '../../lib/kernels';
import { unitRoundoff } from '../../lib/kernels/contract';
import type { SourceArray } from '../../lib/kernels/contract';
import { RandomState } from '../../lib/random';
import { variants } from '../support/backends';

/** Images of 3 × 2 × 2; the last feature never changes. 2,100 rows are more than two blocks of the summation. */
const images = (features: SourceArray): Dataset => ({ ...table(features), imageShape: { channels: 3, height: 2, width: 2 } });

/** The same rows without a shape. */
function table(features: SourceArray): Dataset {
  const size = features.length / 12;
  return { name: 'a table', split: 'train', features, labels: new Int32Array(size), size, featureSize: 12, classNames: ['a'] };
}
const random = new RandomState(1);
const bytes = Uint8Array.from({ length: 2100 * 12 }, (_, at) => (at % 12 === 11 ? 7 : random.randint(0, 256)));
/** Large beside their spread: the constant column's std is then rounding, not 0. */
const floats = Float64Array.from(bytes, (byte, at) => (at % 12 === 11 ? 1e12 : 1e6) + byte / 3);

const column = (data: Dataset, j: number): number[] => Array.from({ length: data.size }, (_, row) => data.features[row * 12 + j]!);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const std = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};

/** What the kinds mean, computed column by column (or plane by plane) as written down in their documentation. */
function expected(kind: NormalizationKind, data: Dataset, j: number): { scale: number; shift: number } {
  const values = column(data, j);
  const plane = Math.floor(j / 4) * 4;
  const planeValues = [0, 1, 2, 3].flatMap((offset) => column(data, plane + offset));
  switch (kind) {
    case 'scale': return { scale: 1 / 255, shift: 0 };
    case 'mean-image': return { scale: 1, shift: -mean(values) };
    // The last feature never changes.
    case 'standardize': return j === 11 ? { scale: 1, shift: -mean(values) } : { scale: 1 / std(values), shift: -mean(values) / std(values) };
    case 'standardize-channel': return { scale: 1 / std(planeValues), shift: -mean(planeValues) / std(planeValues) };
    default: return { scale: 1, shift: 0 };
  }
}

const kinds: readonly NormalizationKind[] = ['none', 'scale', 'mean-image', 'standardize', 'standardize-channel'];

describe.each(variants)('$backend $dtype', ({ backend, dtype }) => {
  describe.each([['bytes', bytes], ['floats', floats]] as const)('of %s', (_, features) => {
    test.each(kinds)('%s', (kind) => {
      const data = images(features);
      const { scale, shift } = fitNormalization(kind, data, kernelsFor(dtype, backend));
      for (let j = 0; j < 12; j++) {
        const wanted = expected(kind, data, j);
        // Rounding to the dtype, and of the sums over 8,400 values around 1e6 whose spread is 1e2.
        const tolerance = unitRoundoff(dtype) + 1e-11;
        expect(Math.abs(scale[j]! - wanted.scale)).toBeLessThanOrEqual(tolerance * Math.abs(wanted.scale));
        expect(Math.abs(shift[j]! - wanted.shift)).toBeLessThanOrEqual(tolerance * Math.abs(wanted.shift));
      }
    });
  });
});

test('standardised training rows have mean 0 and std 1; a feature that never changes becomes 0', () => {
  const data = images(bytes);
  const { scale, shift } = fitNormalization('standardize', data, kernelsFor('float64', 'typescript'));
  for (let j = 0; j < 12; j++) {
    const inputs = column(data, j).map((value) => scale[j]! * value + shift[j]!);
    expect(mean(inputs)).toBeCloseTo(0, 12);
    expect(std(inputs)).toBeCloseTo(j === 11 ? 0 : 1, 12);
  }
});

test('the mean of bytes is exact', () => {
  const data = images(new Uint8Array(33 * 12).fill(255));
  const { shift } = fitNormalization('mean-image', data, kernelsFor('float64', 'typescript'));
  expect([...shift]).toEqual(new Array(12).fill(-255));
});

test.each(['validation', 'test'] as const)('rows of the %s split are refused', (split) => {
  expect(() => fitNormalization('mean-image', { ...images(bytes), split }, kernelsFor('float32', 'typescript'))).toThrow(
    expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringContaining(split) }),
  );
});

test.each<[string, string, Dataset, string]>([
  ['an unknown kind', 'standardise', images(bytes), 'ERR_CONFIG'],
  ['no rows', 'standardize', images(new Uint8Array(0)), 'ERR_SHAPE'],
  ['NaN features', 'standardize', images(Float32Array.of(...new Array<number>(23).fill(1), NaN)), 'ERR_DATA'],
  ['infinite features', 'mean-image', images(Float64Array.of(...new Array<number>(23).fill(1), Infinity)), 'ERR_DATA'],
  ['rows that are no images', 'standardize-channel', table(bytes), 'ERR_SHAPE'],
])('refuses %s', (_, kind, data, code) => {
  expect(() => fitNormalization(kind as NormalizationKind, data, kernelsFor('float64', 'typescript'))).toThrow(expect.objectContaining({ code }));
});
