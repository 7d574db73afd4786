import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadArrow, loadParquet } from '../../lib/index';
import type { ParquetOptions } from '../../lib/index';
import { sourceOf } from '../../lib/data/sourceKinds';
import { temporaryFolder } from '../support/folder';

/* The files are pyarrow's: golden/tables.py writes them. */
const golden = join(__dirname, '..', 'golden', 'tables');
const everything = { sizes: { validation: 0, test: 0 } };
const load = (file: string, options: ParquetOptions = {}) => {
  const path = file.includes('/') ? file : join(golden, file);
  return (path.endsWith('.parquet') ? loadParquet : loadArrow)(path, { ...everything, ...options }).train;
};

const day = 1_577_836_800;
const times = [0, 21_661.5, 43_321.5, 64_981.5, 241.5, 21_901.5].map((second) => day + second + (second === 0 ? 1.5 : 0));
const expectedColumns: Readonly<Record<string, readonly number[]>> = {
  int: [1, -2, NaN, 4, 5, 6], long: [1, 2, 3, 4, 5, 2 ** 40], float: [0.5, NaN, -0.25, 1, 2, 3], double: [0.1, 0.2, NaN, 0.4, 0.5, 0.6],
  decimal: [1.25, -2.5, 3.75, NaN, 0, 9.99], flag: [1, 0, NaN, 1, 0, 1], text: [2, 1, NaN, 2, 0, 2], code: [0, 1, 0, 1, 0, 1],
  day: [0, 1, 2, 3, 4, NaN].map((days) => day + 86_400 * days), milli: times, micro: times, nano: times,
};
const kinds: Readonly<Record<string, string>> = { flag: 'boolean', text: 'category', code: 'category', day: 'date', milli: 'date', micro: 'date', nano: 'date' };

test.each(['snappy.parquet', 'plain.parquet', 'zstd.parquet', 'lz4.feather', 'plain.feather', 'stream.arrow'])('%s is read as pyarrow wrote it', (file) => {
  const { features, columns, featureSize, classNames, labels } = load(file);
  expect(columns!.map(({ name }) => name)).toEqual(Object.keys(expectedColumns));
  columns!.forEach(({ name, kind }, j) => {
    expect([name, [0, 1, 2, 3, 4, 5].map((row) => features[row * featureSize + j])]).toEqual([name, expectedColumns[name]]);
    expect(kind).toBe(kinds[name] ?? 'number');
  });
  expect(columns!.filter(({ hasMissing }) => hasMissing).map(({ name }) => name)).toEqual(['int', 'float', 'double', 'decimal', 'flag', 'text', 'day']);
  expect(columns!.find(({ name }) => name === 'text')!.categories).toEqual(['blau', 'grün', 'red']);
  expect([classNames, [...labels]]).toEqual([['x', 'y'], [0, 1, 0, 1, 0, 1]]);
});

test('times of the old form are dates, and a file says what reads it', () => {
  expect(load('int96.parquet').columns!.map(({ kind }) => kind)).toEqual(['number', 'date']);
  expect(sourceOf('People.PARQUET')).toBe('parquet');
});

const folder = temporaryFolder();
const damaged = (file: string, edit: (bytes: Buffer) => Buffer): string => {
  const path = join(folder, `${String(Math.random()).slice(2)}-${file}`);
  writeFileSync(path, edit(readFileSync(join(golden, file))));
  return path;
};

test.each<[string, () => string, ParquetOptions, RegExp]>([
  ['a file that is not there', () => join(golden, 'none.parquet'), {}, /^Expected a readable file for .*none\.parquet but received no such file or folder$/],
  ['lists', () => 'nested.parquet', {}, /^Expected a number, .* \(or columns {"tags": "ignore"}\) for .*nested\.parquet, row 0, tags but received \[1n\]$/],
  ['records', () => 'nested.parquet', { columns: { tags: 'ignore' } }, /row 0, point but received {"x":1n}$/],
  ['no rows', () => 'empty.parquet', {}, /^Expected rows for .* but received an empty file$/],
  ['a missing target', () => 'plain.parquet', { target: 'text' }, /^Expected the name of a class for .*, row 2, column 7 \(text\) but received nothing$/],
  ['a cut file', () => damaged('plain.parquet', (bytes) => bytes.subarray(0, 2000)), {}, /^Expected a Parquet file that is whole for .* but received /],
  ['a text', () => damaged('plain.parquet', () => Buffer.from('a,b\n1,2\n')), {}, /^Expected a Parquet file that is whole for .* but received parquet file invalid/],
  ['a cut Arrow file', () => damaged('lz4.feather', (bytes) => bytes.subarray(0, 1500)), {}, /^Expected an Arrow file that is whole for .* but received /],
  ['a damaged frame', () => damaged('lz4.feather', (bytes) => bytes.fill(0xff, bytes.indexOf(Buffer.of(4, 0x22, 0x4d, 0x18)) + 7, 1000)), {}, /^Expected an Arrow file that is whole for /],
  ['a damaged page', () => damaged('snappy.parquet', (bytes) => bytes.fill(0xff, 10, 400)), {}, /^Expected a Parquet file that is whole for .* but received /],
])('%s: refused', (_, file, options, message) => {
  expect(() => load(file(), options)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
});

test('what is ignored may be nested', () => {
  expect(load('nested.parquet', { columns: { tags: 'ignore', point: 'ignore' } }).columns!.map(({ name }) => name)).toEqual(['a']);
});
