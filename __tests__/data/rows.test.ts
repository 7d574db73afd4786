import { loadRows } from '../../lib/index';
import type { GivenTable, RowsOptions } from '../../lib/index';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { parseSpec } from '../../lib/spec/spec';
import { drive } from '../support/run';

const everything = { sizes: { validation: 0, test: 0 } };
const load = async (rows: unknown, options: RowsOptions = {}) => (await loadRows(rows as GivenTable, { ...everything, ...options })).train;
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const records = [
  { age: 22, city: 'Bern', member: true, joined: day('2020-01-02'), big: 3n, kind: 'a' },
  { age: null, city: undefined, member: false, joined: null, big: 4n, kind: 'b' },
  { age: Number.NaN, city: 'Zug', joined: day('2020-01-04'), big: null, kind: 'a' },
];
const features = [[22, 0, 1, 1_577_923_200, 3], [NaN, NaN, 0, NaN, 4], [NaN, 1, NaN, 1_578_096_000, NaN]].flat();
const columns = [
  { name: 'age', kind: 'number', hasMissing: true }, { name: 'city', kind: 'category', categories: ['Bern', 'Zug'], hasMissing: true },
  { name: 'member', kind: 'boolean', categories: ['false', 'true'], hasMissing: true }, { name: 'joined', kind: 'date', hasMissing: true },
  { name: 'big', kind: 'number', hasMissing: true },
];

function* iterate<T>(rows: readonly T[]): Generator<T> {
  yield* rows;
}
async function* stream<T>(rows: readonly T[]): AsyncGenerator<T> {
  for (const row of rows) yield await Promise.resolve(row);
}
const valuesOf = (key: keyof (typeof records)[0]): unknown[] => records.map((record) => record[key]);
const byColumn = Object.fromEntries((['age', 'city', 'member', 'joined', 'big', 'kind'] as const).map((key) => [key, valuesOf(key)]));
const names = Object.keys(byColumn);
const lists = records.map((_, i) => names.map((name) => byColumn[name]![i]));

test.each<[string, unknown, RowsOptions]>([
  ['records', records, {}], ['an iterable of records', iterate(records), {}], ['an async iterable of records', stream(records), {}],
  ['columns', byColumn, {}], ['lists', lists, { names }], ['an async iterable of lists', stream(lists), { names }],
])('%s give the same table', async (_, rows, options) => {
  const train = await load(rows, options);
  expect([...train.features]).toEqual(features);
  expect(train).toMatchObject({ columns, classNames: ['a', 'b'], labels: Int32Array.of(0, 1, 0), size: 3, split: 'train', name: 'rows' });
});

test('typed arrays are columns, lists have numbers for names, and targets may be numbers, booleans or bigints', async () => {
  const { features: floats, targets } = await load({ a: Float32Array.of(0.5, 1), b: BigInt64Array.of(1n, 2n), y: [1, 2.5] }, { numericTargets: true });
  expect([[...floats], [...targets!]]).toEqual([[0.5, 1, 1, 2], [1, 2.5]]);
  expect(await load([[1, 2, 'x'], [3, 4, 'y']], { target: 0 })).toMatchObject({ classNames: ['1', '3'], columns: [{ name: '1' }, { name: '2' }] });
  expect((await load([{ a: 1, y: true }, { a: 2, y: false }])).classNames).toEqual(['false', 'true']);
  expect((await load([{ a: 1, y: 9007199254740993n }, { a: 2, y: 10n }])).classNames).toEqual(['10', '9007199254740993']);
});

test('dates and booleans may be taken for something else, and what is ignored may be anything', async () => {
  const taken = await load(records.map((record) => ({ tags: [1], ...record })), { columns: { joined: 'category', member: 'number', tags: 'ignore' } });
  expect(taken.columns!.map(({ kind }) => kind)).toEqual(['number', 'category', 'number', 'category', 'number']);
  expect(taken.columns![3]!.categories).toEqual(['2020-01-02T00:00:00.000Z', '2020-01-04T00:00:00.000Z']);
});

test('the digest is of the values, wherever they come from', async () => {
  const digest = async (rows: unknown, options: RowsOptions = {}): Promise<string> => (await loadRows(rows as GivenTable, { ...everything, ...options })).origin.digest;
  const own = await digest(records);
  expect(await digest(stream(records), { name: 'query' })).toBe(own);
  expect(await digest(byColumn)).toBe(own);
  expect(await digest([...records.slice(0, 2), { ...records[2]!, age: 1 }])).not.toBe(own);
  expect(await digest([...records.slice(0, 2), { ...records[2]!, city: 'Chur' }])).not.toBe(own);
  expect(await digest([...records.slice(0, 2), { ...records[2]!, kind: 'c' }])).not.toBe(own);
});

test.each<[string, unknown, RowsOptions, string, RegExp]>([
  ['no rows', [], {}, 'ERR_DATA', /^Expected rows for rows but received none$/],
  ['a text', 'rows', {}, 'ERR_CONFIG', /^Expected an iterable of rows, or an object of columns, for rows but received 'rows'$/],
  ['numbers', Float64Array.of(1), {}, 'ERR_DATA', /^Expected an object by the names of columns for row 0 of rows but received 1$/],
  ['rows of two kinds', [{ a: 1 }, [1]], { name: 'query' }, 'ERR_DATA', /^Expected an object by the names of columns for row 1 of query but received \[1\]$/],
  ['lists of two lengths', [[1, 'x'], [1]], {}, 'ERR_DATA', /^Expected 2 values for row 1 of rows but received 1$/],
  ['columns of two lengths', { a: [1, 2], y: ['x'] }, {}, 'ERR_DATA', /^Expected 2 values, as in a, for column y of rows but received 1$/],
  ['a column that is none', { a: [1], y: 'x' }, {}, 'ERR_DATA', /^Expected an array of values for column y of rows but received 'x'$/],
  ['a list in a cell', [{ a: [1], y: 'x' }], {}, 'ERR_DATA', /for rows, row 0, a but received \[1\]$/],
  ['a text among numbers', [{ a: 1, y: 'x' }, { a: 2, y: 'x' }, { a: '?2', y: 'x' }], {}, 'ERR_DATA', /for rows, row 2, column 1 \(a\) but received '\?2'$/],
  ['an infinite number', [{ a: 1, y: 'x' }, { a: Infinity, y: 'x' }], {}, 'ERR_DATA', /^Expected a finite number .* for rows, row 1, column 1 \(a\) but received 'Infinity'$/],
  ['a target that is missing', [{ a: 1, y: 'x' }, { a: 2, y: null }], {}, 'ERR_DATA', /^Expected the name of a class for rows, row 1, column 2 \(y\) but received nothing$/],
  ['an unknown target', [{ age: 1, y: 'x' }], { target: 'agee' }, 'ERR_CONFIG', /^Expected age for target/],
  ['odd names', [[1, 'x']], { names: 3 as unknown as string[] }, 'ERR_CONFIG', /^Expected a list of names for names but received 3$/],
])('%s is refused', async (_, rows, options, code, message) => {
  await expect(load(rows, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});

test('what a cursor throws comes through', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- a cursor that breaks before its first row
  async function* broken(): AsyncGenerator<Record<string, unknown>> {
    yield { a: 1, y: 'x' };
    throw new RangeError('connection lost');
  }
  await expect(loadRows(broken())).rejects.toThrow('connection lost');
});

test('a model trains on them, and predicts rows as they come', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ age: i % 7 === 0 ? null : i, city: ['Bern', 'Zug'][i % 2], since: new Date(86_400_000 * i), kind: i % 2 === 0 ? 'a' : 'b' }));
  const spec = parseSpec({ hidden: [8], epochs: 20, batchSize: 20, learningRate: 0.1, optimizer: 'adam' });
  const model = Model.load(drive(runTraining(spec, await loadRows(rows), 'run')).checkpoint, { name: 'model' });
  expect(model.predict(rows.slice(0, 10)).map(({ className }) => className)).toEqual(rows.slice(0, 10).map(({ kind }) => kind));
});
