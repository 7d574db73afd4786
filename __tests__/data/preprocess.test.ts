import type { Dataset } from '../../lib/data/dataset';
import { InputReader } from '../../lib/data/inputs';
import { fitNormalization, refuseOverflow } from '../../lib/data/normalize/normalization';
import type { PlainNormalization } from '../../lib/data/normalize/normalization';
import type { ByteNormalization, FloatNormalization } from '../../lib/data/normalize/transform';
import { kernelsFor } from '../../lib/kernels';
import { unitRoundoff } from '../../lib/kernels/contract';
import type { FloatArray, SourceArray } from '../../lib/kernels/contract';
import { RandomState } from '../../lib/random';
import { dtypes, variants } from '../support/backends';

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
function expected(kind: PlainNormalization, data: Dataset, j: number): { scale: number; shift: number } {
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

const kinds: readonly PlainNormalization[] = ['none', 'scale', 'mean-image', 'standardize', 'standardize-channel'];

describe.each(variants)('$backend $dtype', ({ backend, dtype }) => {
  describe.each([['bytes', bytes], ['floats', floats]] as const)('of %s', (_, features) => {
    test.each(kinds)('%s', (kind) => {
      const data = images(features);
      const fitted = fitNormalization(kind, data, kernelsFor(dtype, backend));
      expect('scale' in fitted).toBe(features.BYTES_PER_ELEMENT === 1);
      for (let j = 0; j < 12; j++) {
        const wanted = expected(kind, data, j);
        const [scale, shift] = 'scale' in fitted ? [fitted.scale[j]!, fitted.shift[j]!] : [1 / fitted.std[j]!, -fitted.mean[j]! / fitted.std[j]!];
        // Rounding to the dtype, and of the sums over 8,400 values around 1e6 whose spread is 1e2.
        const tolerance = unitRoundoff(dtype) + 1e-11;
        expect(Math.abs(scale - wanted.scale)).toBeLessThanOrEqual(tolerance * Math.abs(wanted.scale));
        expect(Math.abs(shift - wanted.shift)).toBeLessThanOrEqual(tolerance * Math.abs(wanted.shift));
      }
    });
  });
});

test('standardised training rows have mean 0 and std 1; a feature that never changes becomes 0', () => {
  const data = images(bytes);
  const { scale, shift } = fitNormalization('standardize', data, kernelsFor('float64', 'typescript')) as ByteNormalization;
  for (let j = 0; j < 12; j++) {
    const inputs = column(data, j).map((value) => scale[j]! * value + shift[j]!);
    expect(mean(inputs)).toBeCloseTo(0, 12);
    expect(std(inputs)).toBeCloseTo(j === 11 ? 0 : 1, 12);
  }
});

test('the mean of bytes is exact', () => {
  const data = images(new Uint8Array(33 * 12).fill(255));
  const { shift } = fitNormalization('mean-image', data, kernelsFor('float64', 'typescript')) as ByteNormalization;
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
  expect(() => fitNormalization(kind as PlainNormalization, data, kernelsFor('float64', 'typescript'))).toThrow(expect.objectContaining({ code }));
});

/** One column of numbers, as two classes would have them: a, b, a, b, … */
const columnOf = (features: SourceArray): Dataset =>
  ({ name: 'column', split: 'train', features, labels: new Int32Array(features.length), size: features.length, featureSize: 1, classNames: ['a'] });

describe.each(variants)('a column of its own scale, on $backend in $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const inputsOf = (data: Dataset, kind: PlainNormalization = 'standardize'): FloatArray => {
    const normalization = fitNormalization(kind, data, kernels);
    const reader = new InputReader(kernels, { data, normalization, maxBatch: data.size, order: 'sequential' });
    reader.read(data.size, Int32Array.from({ length: data.size }, (_, i) => i));
    return reader.x as FloatArray;
  };

  test.each<[string, number, number, readonly ('f4' | 'f8')[]]>([
    ['seconds since 1970', 1.7e9, 20, ['f8']],
    ['seconds that float32 has rounded to one step', 1.7e9 + 64, 64, ['f4', 'f8']],
    ['a million and a thousandth', 1e6, 1e-3, ['f8']],
    ['teslas', 0, 1e-12, ['f4', 'f8']],
    ['small beside their mean', 1e-300, 1e-306, ['f8']],
    ['of float64\'s smallest normal size', 0, 2 ** -1022, ['f8']],
    ['subnormal', 0, 2 ** -1060, ['f8']],
    ['subnormal in float32', 0, 2 ** -140, ['f4', 'f8']],
    ['whose squares overflow', 0, 1e200, ['f8']],
    ['whose sums overflow', 1e308, 2 ** 980, ['f8']],
    ['as large as there are', 0, 8e307, ['f8']],
  ])('%s is standardised', (_, centre, spread, formats) => {
    for (const format of formats) {
      const numbers = Float64Array.from({ length: 2050 }, (_x, i) => centre + (i % 2 === 0 ? -spread : spread));
      const inputs = inputsOf(columnOf(format === 'f4' ? Float32Array.from(numbers) : numbers));
      expect(Math.max(...inputs.map((x, i) => Math.abs(x - (i % 2 === 0 ? -1 : 1))))).toBeLessThan(1e-6);
    }
  });

  test.each<[string, SourceArray]>([
    ['never varies', Float64Array.of(0.1, 0.1, 0.1)],
    ['never varies, and is large', Float64Array.of(1.7e308, 1.7e308, 1.7e308)],
    ['varies by rounding', Float64Array.of(0.3, 0.1 + 0.2, 0.3)],
    ['varies by rounding to float32', Float32Array.of(0.1, 0.1 + 2 ** -27, 0.1)],
    ['varies by the smallest number', Float64Array.of(0, 5e-324, 0)],
  ])('a column that %s stays unscaled', (_, numbers) => {
    const { mean, std } = fitNormalization('standardize', columnOf(numbers), kernels) as FloatNormalization;
    expect([...std]).toEqual([1]);
    expect(Math.abs(mean[0]! - numbers[0]!)).toBeLessThanOrEqual(2 ** -24 * numbers[0]!);
    for (const x of inputsOf(columnOf(numbers))) expect(Math.abs(x)).toBeLessThan(1e-7);
  });

  test('one row in many that differs is enough, and so is a byte', () => {
    const numbers = new Float64Array(1e5);
    numbers[7] = 1e-12;
    expect(inputsOf(columnOf(numbers))[7]).toBeCloseTo(Math.sqrt(1e5), 1);
    expect(inputsOf(columnOf(Uint8Array.from(numbers, (_, i) => (i === 7 ? 1 : 0))))[7]).toBeCloseTo(Math.sqrt(1e5), 1);
  });

  test.each(['standardize-channel', 'mean-image'] as const)('pictures of such numbers are centred before they are rounded: %s', (kind) => {
    const numbers = Float64Array.from({ length: 40 }, (_, i) => 1.7e9 + (i % 8 < 4 ? -1 : 1));
    const data = { ...columnOf(numbers), size: 10, featureSize: 4, imageShape: { channels: 1, height: 2, width: 2 }, labels: new Int32Array(10) };
    expect([...inputsOf(data, kind)]).toEqual(Array.from(numbers, (_, i) => (i % 8 < 4 ? -1 : 1)));
    const small = { ...data, features: numbers.map((value) => (value - 1.7e9) * 1e-200) };
    if (kind === 'standardize-channel') inputsOf(small, kind).forEach((x, i) => { expect(x).toBeCloseTo(i % 8 < 4 ? -1 : 1, 6); });
  });
});

describe('what the dtype cannot hold is refused with its column:', () => {
  const far = columnOf(Float64Array.of(1e300, -1e300, 0));
  test.each<[PlainNormalization, string | undefined]>([['none', 'float32'], ['scale', 'float32'], ['mean-image', 'float32'], ['standardize', undefined]])(
    'normalization %s', (kind, refused) => {
      for (const dtype of dtypes) {
        const fit = () => fitNormalization(kind, far, kernelsFor(dtype, 'typescript'));
        if (dtype === refused) expect(fit).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('column 0') as string }));
        else expect(fit).not.toThrow();
      }
    });

  test('rows far from those of training', () => {
    const normalization = fitNormalization('standardize', columnOf(Float64Array.of(1, 2, 3)), kernelsFor('float32', 'typescript'));
    expect(() => { refuseOverflow({ ...far, split: 'validation' }, normalization, 'float32'); }).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: expect.stringMatching(/^Expected features whose inputs float32 holds .* for column, validation row 1, column 0, but received -1e\+300$/) as string,
    }));
    expect(() => { refuseOverflow({ ...far, split: 'validation' }, normalization, 'float64'); }).not.toThrow();
  });

  test('numbers further apart than float64 goes', () => {
    expect(() => fitNormalization('standardize', columnOf(Float64Array.of(1.7e308, -1.7e308)), kernelsFor('float64', 'typescript')))
      .toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('1.7e+308') as string }));
  });
});
