import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../../lib/data/csv/csv';
import type { CsvOptions } from '../../../lib/data/csv/csv';
import type { Dataset } from '../../../lib/data/dataset';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
let files = 0;
function write(text: string): string {
  const file = join(folder, `table-${String(files++)}.csv`);
  writeFileSync(file, text);
  return file;
}

/** All rows for training, in the order of the file. */
const everything: CsvOptions = { sizes: { validation: 0, test: 0 } };
const rowsOf = (text: string, options: CsvOptions = {}) => loadCsv(write(text), { ...everything, ...options }).train;

const flowers = 'length,width,kind\n1,2.5,rose\n-3e1,.5,iris\n4.,+6,rose\n';

const contentsOf = ({ features, labels, classNames }: Dataset): object => ({ features, labels, classNames });

test('features are numbers, and texts of the target classes', () => {
  const train = rowsOf(flowers);
  expect(train).toMatchObject({ size: 3, featureSize: 2, classNames: ['iris', 'rose'], split: 'train' });
  expect(train.features).toEqual(Float64Array.of(1, 2.5, -30, 0.5, 4, 6));
  expect(train.labels).toEqual(Int32Array.of(1, 0, 1));
  expect(train.imageShape).toBeUndefined();
  expect(train.labels.buffer.constructor.name).toBe('SharedArrayBuffer');
});

test.each<[string, string, Dataset['features']]>([
  ['as the file has them', '0.1', Float64Array.of(0.1)],
  ['whole ones in four bytes, where these hold them', '16777216', Float32Array.of(16777216)],
  ['larger ones as they are', '16777217', Float64Array.of(16777217)],
  ['the largest too', '1e308', Float64Array.of(1e308)],
])('numbers are kept: %s', (_, cell, features) => {
  expect(rowsOf(`a,b\n${cell},x\n`).features).toEqual(features);
});

test.each<[string, string, CsvOptions, readonly string[], readonly number[]]>([
  ['by name', flowers.replaceAll('kind', 'k'), { target: 'k' }, ['iris', 'rose'], [1, 2.5, -30, 0.5, 4, 6]],
  ['by number', 'kind,a\nx,1\ny,2\n', { target: 0 }, ['x', 'y'], [1, 2]],
  ['in the middle', 'a,kind,b\n1,x,2\n3,y,4\n', { target: 'kind' }, ['x', 'y'], [1, 2, 3, 4]],
  ['of numbers, in their order', 'a,n\n1,10\n2,9\n3,-1\n', {}, ['-1', '9', '10'], [1, 2, 3]],
])('the target may be %s', (_, text, options, classNames, features) => {
  const train = rowsOf(text, options);
  expect(train.classNames).toEqual(classNames);
  expect([...train.features]).toEqual(features);
});

test('the target may be a number to predict', () => {
  const train = rowsOf('a,b,price\n1,2,0.5\n3,4,-1e3\n', { numericTargets: true });
  expect(train).toMatchObject({ targets: Float64Array.of(0.5, -1000), classNames: [], labels: new Int32Array(2) });
});

test.each([
  ['a number in its first line', '1,2.5,rose\n-30,0.5,iris\n4,6,rose'],
  ['Windows line ends', flowers.replaceAll('\n', '\r\n')],
  ['no line end behind the last line', flowers.trimEnd()],
  ['empty lines', `\n${flowers.replaceAll('\n', '\n\n')}`],
  ['a byte order mark', `\uFEFF${flowers}`],
  ['quotes', '"length","wi""dth","ki,nd"\n"1","2.5",rose\n-30,0.5,"iris"\n4,6,rose\n'],
  ['spaces around numbers', flowers.replace('1,2.5', ' 1 ,\t2.5')],
])('a file with %s reads alike', (_, text) => {
  expect(contentsOf(rowsOf(text))).toEqual(contentsOf(rowsOf(flowers)));
});

test.each([[true, 2], [false, 3]])('the first line names the columns, or not, where that is said (%s)', (header, size) => {
  expect(rowsOf('7,8,9\n1,2.5,3\n4,6,3\n', { header }).size).toBe(size);
});

test('quoted cells may hold commas, quotes and lines', () => {
  expect(rowsOf('a,b\n1,"x, ""y""\nz"\n2,w\n').classNames).toEqual(['w', 'x, "y"\nz']);
});

describe('the split', () => {
  const table = write(`x,kind\n${Array.from({ length: 50 }, (_, i) => `${String(i)},${i < 25 ? 'a' : 'b'}`).join('\n')}\n`);
  const numbers = (options: CsvOptions) => {
    const { train, validation, test: testRows } = loadCsv(table, options);
    return [train, validation, testRows].map(({ features }) => [...features]);
  };

  test.each<[string, CsvOptions['sizes'], readonly number[]]>([
    ['a tenth each for validation and test, unless told otherwise', undefined, [40, 5, 5]],
    ['shares of the rows', { validation: 0.2, test: 0.3 }, [25, 10, 15]],
    ['numbers of rows', { train: 7, validation: 3, test: 2 }, [7, 3, 2]],
    ['some of each', { train: 0.5, test: 0 }, [25, 5, 0]],
  ])('takes %s', (_, sizes, counts) => {
    const { train, validation, test: testRows } = loadCsv(table, sizes && { sizes });
    expect([train, validation, testRows].map(({ split, size }) => [split, size])).toEqual(
      [['train', counts[0]], ['validation', counts[1]], ['test', counts[2]]],
    );
  });

  test('shares all rows out, each once, at random, each part in the order of the file', () => {
    const parts = numbers({ sizes: { validation: 0.2, test: 0.2 } });
    expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    for (const part of parts) {
      expect(part).toEqual([...part].sort((a, b) => a - b));
      expect(part.some((x) => x < 25) && part.some((x) => x >= 25)).toBe(true);
    }
  });

  test('and its digest depend on the seed and on nothing else', () => {
    const digest = (options: CsvOptions = {}): string => loadCsv(table, options).origin.digest;
    expect(numbers({ splitSeed: 1 })).toEqual(numbers({ splitSeed: 1 }));
    expect(numbers({ splitSeed: 1 })).not.toEqual(numbers({ splitSeed: 2 }));
    expect(digest({ splitSeed: 1 })).toBe(digest({ splitSeed: 1 }));
    const others = [{}, { splitSeed: 2 }, { sizes: { test: 0.3 } }].map(digest);
    expect(new Set([digest({ splitSeed: 1 }), ...others]).size).toBe(4);
  });

  test.each<[string, CsvOptions['sizes'], string]>([
    ['more rows than there are', { train: 49, validation: 1, test: 1 }, 'at most 50 rows'],
    ['no training rows', { validation: 0.5, test: 0.5 }, 'train rows'],
    ['no training rows, by rounding', { train: 0.001 }, 'train rows'],
    ['less than none', { test: -1 }, 'test rows'],
    ['one and a half', { validation: 1.5 }, 'validation rows'],
  ])('refuses %s', (_, sizes, part) => {
    expect(() => loadCsv(table, sizes && { sizes })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(part) as string }),
    );
  });
});

describe('a cell that is no number is ERR_DATA with its line and column:', () => {
  test.each(['inf', '-Infinity', '1e999', '0x10', '1_000', '1;5', '1 2', '--1', 'e5', '.', 'x'])('%j', (cell) => {
    const file = write(`a,b,kind\n1,2,x\n\n3,${cell},y\n`);
    expect(() => loadCsv(file, everything)).toThrow(expect.objectContaining({
      code: 'ERR_DATA',
      message: `Expected a finite number (or columns {"b": "category"}) for ${file}, line 4, column 2 (b) but received '${cell}'`,
      details: { file, line: 4, column: 2 },
    }));
  });

  test('counted behind a quoted cell of two lines', () => {
    const file = write('a,kind\n1,"x\ny"\n1?,z\n');
    expect(() => loadCsv(file, everything)).toThrow(expect.objectContaining({ details: { file, line: 4, column: 1 } }));
  });

});

test.each<[string, string, string]>([
  ['a line too short', 'a,b,kind\n1,2,x\n3,y\n', 'line 3'],
  ['a line too long', 'a,kind\n1,x\n1,x,\n', 'line 3'],
  ['a class without a name', 'a,kind\n1,x\n2,\n', 'line 3, column 2 (kind)'],
  ['a quote that is never closed', 'a,kind\n1,"x\n2,y\n', 'never closed'],
  ['a quote within a cell', 'a,kind\n1,x"y"\n', 'within'],
  ['text after a closing quote', 'a,kind\n1,"x"y\n', 'text after a closing quote'],
  ['no rows', 'a,kind\n', 'header'],
  ['nothing', '', 'empty'],
  ['a single column', 'kind\nx\n', 'two columns'],
])('%s is ERR_DATA with the place', (_, text, part) => {
  const file = write(text);
  expect(() => loadCsv(file, everything)).toThrow(
    expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(part) as string, details: expect.objectContaining({ file }) as object }),
  );
});

test.each<[string, CsvOptions, string]>([
  ['an unknown name', { target: 'kin' }, 'Expected kind for target but received \'kin\''],
  ['a number too large', { target: 3 }, 'Expected one of length, width, kind for target but received 3'],
])('a target of %s is refused', (_, options, message) => {
  expect(() => loadCsv(write(flowers), options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message }));
});

test.each([['that is not there', 'no such file'], ['that is a folder', 'folder']])('a file %s is ERR_DATA', (kind, part) => {
  const path = join(folder, kind);
  if (part === 'folder') mkdirSync(path);
  expect(() => loadCsv(path)).toThrow(expect.objectContaining({
    code: 'ERR_DATA', message: expect.stringContaining(part) as string, details: expect.objectContaining({ file: path }) as object,
  }));
});
