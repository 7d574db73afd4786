import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../../lib/data/csv/csv';
import type { CsvOptions } from '../../../lib/data/csv/csv';
import { parseDecimal } from '../../../lib/data/columns/decimal';
import { parseDecorated } from '../../../lib/data/columns/decorated';
import { parseDate } from '../../../lib/data/columns/column';
import type { Column } from '../../../lib/data/columns/column';
import { encodedSize } from '../../../lib/data/columns/encoded';
import type { ColumnNormalization } from '../../../lib/data/columns/encoded';
import { ColumnEncoder } from '../../../lib/data/columns/encoder';
import { fitColumns } from '../../../lib/data/columns/encoding';
import { featuresOf } from '../../../lib/data/columns/records';
import type { Dataset } from '../../../lib/data/dataset';
import { inputLayoutOf } from '../../../lib/data/normalize/transform';
import { parseNumber } from '../../../lib/numbers';
import { RandomState } from '../../../lib/random';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
let files = 0;
function load(text: string, options: CsvOptions = {}): Dataset {
  const file = join(folder, `table-${String(files++)}.csv`);
  writeFileSync(file, text);
  return loadCsv(file, { sizes: { validation: 0, test: 0 }, ...options }).train;
}
/** A column of its own beside numbers and a target. */
const columnOf = (cells: readonly string[], options?: CsvOptions): { column: Column; values: number[] } => {
  const { columns, features } = load(`a,b,kind\n${cells.map((cell, i) => `${cell},${String(i)},${i % 2 === 0 ? 'x' : 'y'}`).join('\n')}\n`, options);
  return { column: columns![0]!, values: Array.from(features).filter((_, at) => at % 2 === 0) };
};
const day = 86_400;

describe('what a column is', () => {
  test.each<[string, readonly string[], Partial<Column>, readonly number[]]>([
    ['numbers', ['1', '-2.5', '1e3'], { kind: 'number', hasMissing: false }, [1, -2.5, 1000]],
    ['numbers of which some are missing', ['1', '', 'NA', '?', 'null', ' nan '], { kind: 'number', hasMissing: true }, [1, NaN, NaN, NaN, NaN, NaN]],
    ['prices', ['$1200', '"$1,250.50"', '($3)', '7 %'], { kind: 'number' }, [1200, 1250.5, -3, 7]],
    ['texts', ['red', 'blue', 'red'], { kind: 'category', categories: ['blue', 'red'], hasMissing: false }, [1, 0, 1]],
    ['texts of which some are missing', ['red', '', 'blue'], { kind: 'category', categories: ['blue', 'red'], hasMissing: true }, [1, NaN, 0]],
    ['texts among which are fewer numbers', ['red', '7', 'blue'], { kind: 'category', categories: ['7', 'blue', 'red'] }, [2, 0, 1]],
    ['quoted texts', ['"a, ""b"""', 'c'], { kind: 'category', categories: ['a, "b"', 'c'] }, [0, 1]],
    ['yes and no', ['yes', 'no', 'yes'], { kind: 'boolean', categories: ['no', 'yes'] }, [1, 0, 1]],
    ['true and false', ['TRUE', 'FALSE', ''], { kind: 'boolean', categories: ['FALSE', 'TRUE'], hasMissing: true }, [1, 0, NaN]],
    ['dates', ['1970-01-02', '', '1970-01-03T12:00Z'], { kind: 'date', hasMissing: true }, [day, NaN, 2.5 * day]],
  ])('%s', (_, cells, column, values) => {
    expect(columnOf(cells)).toEqual({ column: expect.objectContaining({ name: 'a', ...column }), values });
  });

  test.each<[string, readonly string[], Column['kind'], readonly number[]]>([
    ['numbers that are names', ['10', '2', '10'], 'category', [0, 1, 0]],
    ['yes and no as names', ['yes', 'no', 'yes'], 'category', [1, 0, 1]],
  ])('is overruled by a key: %s', (_, cells, kind, values) => {
    expect(columnOf(cells, { columns: { a: kind } })).toMatchObject({ column: { kind }, values });
  });

  test('a column may be ignored', () => {
    const { columns, features, featureSize } = load('id,b,kind\nx9,1,u\nx7,2,v\n', { columns: { id: 'ignore' } });
    expect({ columns, features, featureSize }).toEqual({ columns: [{ name: 'b', kind: 'number', hasMissing: false }], features: Float32Array.of(1, 2), featureSize: 1 });
  });

  test('texts that nearly all differ are left out, which is said', () => {
    const rows = Array.from({ length: 150 }, (_, i) => `remark ${String(i)},${String(i)},${i % 2 === 0 ? 'x' : 'y'}`).join('\n');
    const file = join(folder, 'remarks.csv');
    writeFileSync(file, `text,b,kind\n${rows}\n`);
    const { train, origin } = loadCsv(file);
    expect(train.columns!.map(({ name }) => name)).toEqual(['b']);
    expect(origin.description).toContain('text is left out, as most of its texts differ: columns {"text": "category"} takes them all the same');
    expect(loadCsv(file, { columns: { text: 'category' } }).train.columns![0]!.categories).toHaveLength(150);
  });

  test.each<[string, string, CsvOptions, string, RegExp]>([
    ['an unknown column', 'aa,kind\n1,x\n', { columns: { a: 'number' } }, 'ERR_CONFIG', /^Expected the names of columns \(did you mean aa\?\) for columns but received 'a'$/],
    ['the target', 'a,kind\n1,x\n', { columns: { kind: 'number' } }, 'ERR_CONFIG', /kind is the target/],
    ['an unknown kind', 'a,kind\n1,x\n', { columns: { a: 'text' as 'number' } }, 'ERR_CONFIG', /for columns\.a but received 'text'/],
    ['texts that are said to be numbers', 'a,kind\n1,x\nred,y\nblue,x\n', { columns: { a: 'number' } }, 'ERR_DATA', /line 3, column 1 \(a\) but received 'red'/],
    ['texts that are said to be dates', 'a,kind\n2020-01-01,x\nlater,y\n', { columns: { a: 'date' } }, 'ERR_DATA', /ISO 8601 date .* 'later'/],
    ['three words for two', 'a,kind\nyes,x\nno,y\nmaybe,x\n', { columns: { a: 'boolean' } }, 'ERR_DATA', /yes, no, maybe/],
    ['nothing but the target', 'a,kind\n1,x\n', { columns: { a: 'ignore' } }, 'ERR_DATA', /a feature beside the target/],
  ])('refuses %s', (_, text, options, code, message) => {
    expect(() => load(text, options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  });
});

test('decimals are those of JavaScript, to the bit', () => {
  const random = new RandomState(3);
  const digits = (count: number): string => Array.from({ length: count }, () => String(random.randint(0, 10))).join('');
  const parse = (text: string): number => parseDecimal(Buffer.from(`x${text}x`), 1, 1 + Buffer.byteLength(text));
  for (let i = 0; i < 20_000; i++) {
    const [whole, fraction, exponent] = [i % 13, (i * 7) % 11, (i % 67) - 33];
    const text = `${i % 3 === 0 ? '-' : ''}${digits(whole)}.${digits(fraction)}${i % 2 === 0 ? '' : `e${String(exponent)}`}`;
    expect(parse(text)).toBe(parseNumber(text) ?? NaN);
  }
  for (const text of ['', ' ', '.', '-', '+1', ' 1 ', '1.', '.5', '1e', '1e+', '1e5 ', '1 e5', 'e5', '0x1', '1_0', '00012', '-0', '1e400', '123456789012345678901234567890', '0.1e-400', '1.5E3']) {
    expect(parse(text)).toBe(parseNumber(text) ?? NaN);
  }
});

test.each<[string, boolean, number | undefined]>([
  ['1,234', false, 1234], ['1,234,567.5', false, 1234567.5], ['1,23', false, undefined], ['1.234,5', true, 1234.5], ['0,5', true, 0.5], ['1.234', true, 1.234],
  ['€ 3', false, 3], ['-$3.5', false, -3.5], ['(12)', false, -12], ['12%', false, 12], ['12 apples', false, undefined], ['1 234,5', true, 1234.5], ['--3', false, undefined],
  [`$${'9'.repeat(400)}`, false, undefined], [`${'9'.repeat(400)},5`, true, undefined],
])('%s as a number of a sheet, with a decimal comma: %s', (text, commaIsDecimal, value) => {
  expect(parseDecorated(text, commaIsDecimal)).toBe(value);
});

test.each<[string, number | undefined]>([
  ['1970-01-02', day], ['1970-01-02T01:00', day + 3600], ['1970-01-02 01:00:30', day + 3630], ['1970-01-02T01:00+01:00', day], ['1970-13-01', undefined], ['2.1.1970', undefined],
])('the date %s', (text, value) => {
  expect(parseDate(text)).toBe(value);
});

describe('columns become inputs', () => {
  const train = load('age,city,when,kind\n1,b,1970-01-01,x\n3,a,1970-01-08,y\n,b,,x\n');
  const encoding = fitColumns({ kind: 'standardize', oneHot: null }, train);
  const encode = (features: Float64Array, by: ColumnNormalization = encoding): number[] => {
    const rows = features.length / by.columns.length;
    // What a batch before left is no part of an encoding.
    const inputs = new Float64Array(rows * encodedSize(by)).fill(7);
    new ColumnEncoder(by).encode(rows, Int32Array.from({ length: rows }, (_, i) => i), features, inputs);
    return Array.from(inputs);
  };

  test('by mean and deviation of the training rows, an input a category, circles for dates, and what is missing beside', () => {
    expect(inputLayoutOf(encoding)).toEqual({ numbers: 2, passed: 1 + 2 + 5, categories: [] });
    const inputs = encode(train.features as Float64Array);
    const week = 7 * day / (365.2425 * day) * 2 * Math.PI;
    [
      [-1, -1, 0, 0, 1, 0, 1, 0, 1, 0],
      [1, 1, 0, 1, 0, Math.sin(week), Math.cos(week), 0, 1, 0],
      [0, 0, 1, 0, 1, 0, 0, 0, 0, 1],
    ].flat().forEach((wanted, at) => { expect(inputs[at]).toBeCloseTo(wanted, 12); });
  });

  test('a category that training rows had not is none of theirs', () => {
    expect(encode(featuresOf([{ age: 2, city: 'Rome', when: null }], train.columns!)).slice(2, 5)).toEqual([0, 0, 0]);
  });

  test.each<[string, boolean, readonly number[]]>([
    ['and missing cells', true, [0, 1, 1, 2, 3, 3, 3, 3]],
    ['where no cell was missing', false, [0, 1, 1, 2, 2, 2, 2, 2]],
  ])('embedded categories are indices by the names of training rows, with one for others %s', (_, hasMissing, indices) => {
    const by: ColumnNormalization = {
      columns: [{ kind: 'category', codes: [1, 4], isEmbedded: true, hasMissing }, { kind: 'boolean', mean: 0.5, std: 0.5, hasMissing: true }],
    };
    expect(inputLayoutOf(by)).toEqual({ numbers: 0, passed: 2, categories: [hasMissing ? 3 : 2] });
    const codes = [1, 4, 4, NaN, 0, 5, -1, 1.5];
    expect(encode(Float64Array.from(codes.flatMap((code, i) => [code, i === 3 ? NaN : i % 2])), by))
      .toEqual(indices.flatMap((index, i) => [i === 3 ? 0 : 2 * (i % 2) - 1, i === 3 ? 1 : 0, index]));
  });

  test('without an encoding all inputs are numbers', () => {
    expect(inputLayoutOf({ mean: new Float64Array(3), std: new Float64Array(3), matrix: new Float64Array(6) })).toEqual({ numbers: 2, passed: 0, categories: [] });
  });

  test('rows by name are what the file would give', () => {
    const rows = [{ when: new Date(0), city: 'b', age: 1, other: 'x' }, { age: '3', city: 'a', when: '1970-01-08' }, { age: null, city: 'b', when: undefined }];
    expect(featuresOf(rows, train.columns!)).toEqual(train.features);
  });

  test.each<[string, unknown, RegExp]>([
    ['no row', 5, /row 0 of features but received 5/],
    ['a row that lacks a column', { age: 1, city: 'a' }, /^Expected the column when \(null for a missing value\) for row 0/],
    ['a text for a number', { age: 'old', city: 'a', when: null }, /^Expected a number for row 0, column age of features but received 'old'$/],
    ['an object for a category', { age: 1, city: {}, when: null }, /a category for row 0, column city/],
    ['another date', { age: 1, city: 'a', when: 'soon' }, /a date for row 0, column when/],
  ])('refuses %s', (_, row, message) => {
    expect(() => featuresOf([row as Record<string, unknown>], train.columns!)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
  });

  test('fits training rows alone, and normalisations that make sense', () => {
    expect(() => fitColumns({ kind: 'pca', oneHot: null }, train)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    expect(() => fitColumns({ kind: 'none', oneHot: null }, { ...train, split: 'test' })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('a column whose first thousand rows mislead', () => {
  const rowsOf = (some: number, first: string, others: string): string[] => Array.from({ length: 2400 }, (_, i) => (i < some ? `${first}${String(i % 7)}` : `${others}${String(i % 5)}`));

  test.each<[string, string[], string | number]>([
    ['texts throughout', rowsOf(0, '', 't'), 'category'],
    ['texts first, and fewer numbers', rowsOf(1300, 't', ''), 'category'],
    ['numbers first, and more texts', rowsOf(1100, '', 't'), 'category'],
    ['texts first, and more numbers', ['t', 't', ...rowsOf(1100, 't', '')].slice(0, 2400).map((cell, i) => (i === 0 ? '1' : cell)), 3],
    ['numbers first, and fewer texts', rowsOf(1300, '', 't'), 1302],
  ])('%s', (_, cells, expected) => {
    if (typeof expected === 'string') expect(columnOf(cells).column.kind).toBe(expected);
    else expect(() => columnOf(cells)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ line: expected, column: 1 }) as unknown }) as Error);
  });
});
