import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from '../../../lib/data/columns/column';
import { droppedColumns, encodedSize } from '../../../lib/data/columns/encoded';
import { ColumnEncoder } from '../../../lib/data/columns/encoder';
import { fitColumns } from '../../../lib/data/columns/encoding';
import type { Dataset } from '../../../lib/data/dataset';
import { InputReader } from '../../../lib/data/inputs';
import { floatMoments, rangesOf } from '../../../lib/data/normalize/moments';
import { normalQuantile } from '../../../lib/data/normalize/normalQuantile';
import { fitNormalization, refuseOverflow } from '../../../lib/data/normalize/normalization';
import { featureSizeOf, inputLayoutOf } from '../../../lib/data/normalize/transform';
import { layersOf, modelSizes } from '../../../lib/build/buildModel';
import { kernelsFor } from '../../../lib/kernels';
import { parseSpec } from '../../../lib/spec/spec';

interface Golden {
  readonly cases: readonly { readonly name: string; readonly train: readonly number[]; readonly rows: readonly number[]; readonly robust: readonly number[]; readonly quantile: readonly number[] }[];
  readonly p: readonly number[];
  readonly normal: readonly number[];
}
const golden = JSON.parse(readFileSync(join(__dirname, '..', '..', 'golden', 'columns.json'), 'utf8')) as Golden;

/** Rows of columns given one by one: numbers, or of other kinds with names. */
function tableOf(columns: readonly (readonly number[])[], kinds?: readonly Column['kind'][]): Dataset {
  const [size, featureSize] = [columns[0]!.length, columns.length];
  const features = Float64Array.from({ length: size * featureSize }, (_, at) => columns[at % featureSize]![Math.floor(at / featureSize)]!);
  const named = kinds?.map((kind, j): Column => ({ name: 'abcdefgh'[j]!, kind, hasMissing: true, ...(kind === 'category' && { categories: ['p', 'q', 'r', 's', 't'] }) }));
  return { name: 'table', split: 'train', features, size, featureSize, labels: new Int32Array(size), classNames: ['x'], ...(named && { columns: named }) };
}
const fit = (kind: string, train: Dataset, oneHot: number | null = null) => fitColumns({ kind, oneHot }, train);
function encode(normalization: ReturnType<typeof fit>, { features, size }: Dataset): number[][] {
  const width = encodedSize(normalization);
  const inputs = new Float64Array(size * width).fill(7);
  new ColumnEncoder(normalization).encode(size, Int32Array.from({ length: size }, (_, i) => i), features, inputs);
  return Array.from({ length: size }, (_, i) => Array.from(inputs.subarray(i * width, (i + 1) * width)));
}

describe.each(golden.cases)('numbers as NumPy and scikit-learn scale them: $name', ({ train, rows, ...wanted }) => {
  test.each(['robust', 'quantile'] as const)('%s', (kind) => {
    // A second column, in reverse, and a third that lacks cells are fitted like the first.
    const fitted = fit(kind, tableOf([train, [...train].reverse(), train.map((value, i) => (i % 2 === 0 ? NaN : value))], ['number', 'number', 'number']));
    const inputs = encode(fitted, tableOf([rows, rows, rows]));
    // scikit-learn interpolates from either side and takes the mean, which rounds otherwise; far out that is magnified.
    const digits = kind === 'robust' ? 12 : 7;
    rows.forEach((_, i) => { for (const j of [0, 1]) expect(inputs[i]![j]).toBeCloseTo(wanted[kind][i]!, digits); });
  });
});

test('quantiles of the normal distribution are SciPy\'s', () => {
  golden.p.forEach((p, i) => { expect(Math.abs(normalQuantile(p) - golden.normal[i]!)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(golden.normal[i]!))); });
  expect([0, 1].map(normalQuantile)).toEqual([-Infinity, Infinity]);
});

test.each(['robust', 'quantile'])('%s keeps any finite number in bounds, and moves a missing one to the middle', (kind) => {
  const fitted = fit(kind, tableOf([[1, 2, 3, 5, 8, NaN, 5e-324, -1e308, 1e308]], ['number']));
  const inputs = encode(fitted, tableOf([[NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 0, 1e155]]));
  const most = kind === 'robust' ? 3 : 5.2;
  expect(inputs[0]).toEqual([0, 1]);
  for (const [input] of inputs) expect(Math.abs(input!)).toBeLessThanOrEqual(most);
  expect(inputs[1]![0]).toBeGreaterThan(0);
});

test.each([['standardize', [-1, 1]], ['robust', [-1, 1]], ['quantile', [-1, 1]], ['none', [0, 1]]])('%s takes booleans as they are, by two numbers', (kind, [no, yes]) => {
  const fitted = fit(kind, tableOf([[0, 1, 0, 1], [1, 2, 3, 4]], ['boolean', 'number']));
  expect(encode(fitted, tableOf([[0, 1, NaN], [1, 1, 1]])).map((row) => row[1])).toEqual([no, yes, 0]);
});

describe('columns that tell nothing', () => {
  const [a, b] = [[1, 2, 3, 4], [2, 2, 2, 2]];

  test.each<[string, readonly (readonly number[])[], readonly Column['kind'][], readonly string[], string]>([
    ['a constant', [a, b], ['number', 'number'], ['number', 'constant'], 'constant and left out: b'],
    ['a constant that is missing here and there', [a, [5, NaN, 5, NaN]], ['number', 'category'], ['number', 'constant'], 'constant and left out: b'],
    ['nothing at all', [a, [NaN, NaN, NaN, NaN]], ['number', 'date'], ['number', 'constant'], 'constant and left out: b'],
    ['a copy', [a, b, a], ['number', 'number', 'number'], ['number', 'constant', 'duplicate'], 'constant and left out: b; duplicate and left out: c (as a)'],
    ['a copy with missing cells', [[1, NaN, 3, 0], [1, NaN, 3, -0]], ['number', 'number'], ['number', 'duplicate'], 'duplicate and left out: b (as a)'],
  ])('%s', (_, columns, kinds, wanted, said) => {
    const train = tableOf(columns, kinds);
    const fitted = fit('standardize', train);
    expect(fitted.columns.map(({ kind }) => kind)).toEqual(wanted);
    expect(droppedColumns(fitted, train.columns)).toBe(said);
    expect(featureSizeOf(fitted)).toBe(columns.length);
    expect(encode(fitted, train)[0]).toHaveLength(encodedSize(fitted));
  });

  test('are others where a row differs, where another cell is missing, and where they are of another kind', () => {
    const c = [1, 2, 3, 5];
    const fitted = fit('none', tableOf([a, c, [1, 2, 3, NaN], a, a], ['number', 'number', 'number', 'date', 'category']));
    expect(fitted.columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'number', 'date', 'category']);
    expect(droppedColumns(fitted, undefined)).toBeUndefined();
  });

  test('what is missing of a constant is an input', () => {
    expect(encode(fit('robust', tableOf([a, [5, NaN, 5, NaN]], ['number', 'number'])), tableOf([a, [NaN, 5, 6, NaN]])).map((row) => row[1])).toEqual([1, 0, 0, 1]);
  });

  test('are all that there is: ERR_DATA', () => {
    expect(() => fit('standardize', tableOf([b, b], ['number', 'number']))).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
  });
});

test('categories of more names than oneHot are embedded, with an index for what is missing and one for other names', () => {
  const train = tableOf([[0, 1, 1, 0, 1, 0], [0, 2, 4, NaN, 2, 4], [1, 2, 3, 4, 5, 6]], ['category', 'category', 'number']);
  expect([null, 3, 2, 1, 0].map((oneHot) => inputLayoutOf(fit('robust', train, oneHot)))).toEqual([
    { numbers: 1, passed: 6, categories: [] }, { numbers: 1, passed: 6, categories: [] }, { numbers: 1, passed: 2, categories: [4] },
    { numbers: 1, passed: 0, categories: [2, 4] }, { numbers: 1, passed: 0, categories: [2, 4] },
  ]);
  expect(encode(fit('robust', train, 2), tableOf([[0, 1, 3], [4, NaN, 1], [3.5, 3.5, 3.5]]))).toEqual([[0, 1, 0, 2], [0, 0, 1, 3], [0, 0, 0, 4]]);
});

test('indices are refused by a model that would take them for numbers', () => {
  const train = tableOf([[0, 1, 2, 0], [1, 2, 3, 4]], ['category', 'number']);
  const kernels = kernelsFor('float64', 'typescript');
  const spec = parseSpec({ steps: 1, model: [{ type: 'linear' }], oneHot: 2, data: 'csv', dataFile: 'a.csv' });
  expect(() => layersOf(spec, modelSizes(spec, train), kernels))
    .toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: 'Expected a first layer that embeds categories (or no oneHot, which leaves 1 of them as indices) for the model but received \'linear\'', details: { path: 'oneHot' } }));
  expect(layersOf({ ...spec, model: null, hidden: [3] }, modelSizes(spec, train), kernels)[0]!.kind).toBe('embedding');
  expect(() => parseSpec({ steps: 1, oneHot: 2 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'oneHot' } }));
});

describe('numbers without names', () => {
  const train = tableOf([[1, 2, 3, 4], [7, 7, 7, 7]]);

  test.each(['robust', 'quantile'])('%s fits them too, and refuses what is missing or infinite', (kind) => {
    const fitted = fit(kind, train);
    expect(droppedColumns(fitted, undefined)).toBe('constant and left out: column 1');
    for (const value of [NaN, Infinity]) {
      const odd = tableOf([[1, value], [7, 7]]);
      expect(() => fit(kind, odd)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ row: 1, column: 0 }) as object }));
      expect(() => { refuseOverflow(odd, fitted, 'float32'); }).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
    }
    expect(() => { refuseOverflow(tableOf([[1e300], [-1e300]]), fitted, 'float32'); }).not.toThrow();
  });

  test('pictures have no columns', () => {
    expect(() => fit('robust', { ...train, imageShape: { channels: 1, height: 1, width: 2 } })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    expect(() => fitNormalization('robust' as 'none', train, kernelsFor('float64', 'typescript'))).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});

test('mean and spread of what is there are those of the rows without what is missing, over blocks too', () => {
  const values = Array.from({ length: 3000 }, (_, i) => ((i * 7919) % 3001) / 7 + 1e9);
  const gaps = values.map((value, i) => (i < 1100 || i % 3 === 0 ? NaN : value));
  const of = (column: readonly number[]) => {
    const data = tableOf([column]);
    return floatMoments(data, rangesOf(data, true));
  };
  const [[mean], [std]] = [of(gaps).mean, of(gaps).std] as unknown as [[number], [number]];
  const [[wantedMean], [wantedStd]] = [of(gaps.filter((value) => !Number.isNaN(value))).mean, of(gaps.filter((value) => !Number.isNaN(value))).std] as unknown as [[number], [number]];
  expect(mean).toBeCloseTo(wantedMean, 5);
  expect(std / wantedStd).toBeCloseTo(1, 12);
  expect(Array.from(of([NaN, NaN]).mean)).toEqual([0]);
});

test.each(['float32', 'float64'] as const)('training gathers rows that were encoded once, which are those that are encoded as they are read, in %s', (dtype) => {
  const size = 2500;
  const columns = [Array.from({ length: size }, (_, i) => (i % 9 === 0 ? NaN : (i * 37) % 101)), Array.from({ length: size }, (_, i) => i % 5)];
  const train = { ...tableOf(columns, ['number', 'category']), order: Int32Array.from({ length: size }, (_, i) => (i * 7) % size) };
  const kernels = kernelsFor(dtype, 'typescript');
  const normalization = fit('robust', train);
  const rows = Int32Array.of(2499, 0, 3, 3, 1024, 1023);
  const [kept, read] = (['sharded', 'sequential'] as const).map((order) => {
    const reader = new InputReader(kernels, { data: train, normalization, maxBatch: 6, order });
    reader.read(6, rows);
    return Array.from(reader.x);
  });
  expect(kept).toEqual(read);
  expect(new Set(kept).size).toBeGreaterThan(4);
});
