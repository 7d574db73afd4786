import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../lib/data/csv/csv';
import type { CsvOptions } from '../../lib/data/csv/csv';
import { allocate, divideRows } from '../../lib/data/divide';
import { loadJsonLines } from '../../lib/data/jsonLines';
import { RandomState } from '../../lib/random';
import { parseSpec } from '../../lib/spec/spec';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const sizes = { train: 80, validation: 10, test: 10 };

/** A file of rows a,b,kind and more columns. */
function table(name: string, header: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${header}\n${lines.join('\n')}\n`);
  return file;
}

const count = (values: ArrayLike<number>, wanted: number): number => Array.from(values).filter((value) => value === wanted).length;

describe('stratified parts', () => {
  const strata = Int32Array.from({ length: 100 }, (_, row) => (row < 60 ? 0 : row < 95 ? 1 : row < 99 ? 2 : 3));
  const parts = divideRows(100, sizes, { seed: 1, strata });

  test('have the sizes asked for, every row once, in the order of the file', () => {
    expect(parts.map(({ length }) => length)).toEqual([80, 10, 10]);
    expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...strata.keys()]);
    for (const part of parts) expect([...part]).toEqual([...part].sort((a, b) => a - b));
  });

  test.each([[0, [48, 6, 6]], [1, [28, 3.5, 3.5]], [2, [3.2, 0.4, 0.4]]])('have class %i in its share', (label, shares) => {
    shares.forEach((share, part) => {
      expect(Math.abs(count(Array.from(parts[part]!, (row) => strata[row]!), label) - share)).toBeLessThanOrEqual(1);
    });
  });

  test('leave the only row of a class for training', () => {
    for (let seed = 0; seed < 20; seed++) expect([...divideRows(100, sizes, { seed, strata })[0]!]).toContain(99);
  });

  test('follow from the seed', () => {
    expect(divideRows(100, sizes, { seed: 1, strata })).toEqual(parts);
    expect(divideRows(100, sizes, { seed: 2, strata })).not.toEqual(parts);
  });

  test('sum up, whatever the classes and parts', () => {
    const random = new RandomState(0);
    for (let trial = 0; trial < 300; trial++) {
      const classes = Array.from(random.randint(1, 30, 1 + random.randint(0, 12)));
      const rows = classes.reduce((sum, size) => sum + size, 0);
      const train = 1 + random.randint(0, rows);
      const validation = random.randint(0, rows - train + 1);
      const test = random.randint(0, rows - train - validation + 1);
      const wanted = [train, validation, test, rows - train - validation - test];
      const counts = allocate(classes, wanted);
      expect(counts.map((own) => own.reduce((sum, value) => sum + value, 0))).toEqual(classes);
      expect(wanted.map((_, part) => counts.reduce((sum, own) => sum + own[part]!, 0))).toEqual(wanted);
      expect(Math.min(...counts.flat())).toBeGreaterThanOrEqual(0);
      if (train >= classes.length) expect(Math.min(...counts.map(([first]) => first!))).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('parts of groups', () => {
  const groups = Int32Array.from({ length: 100 }, (_, row) => Math.floor(row / 4));
  const strata = Int32Array.from(groups, (group) => (group % 5 === 0 ? 1 : 0));

  test.each([['alone', undefined], ['and classes', strata]])('keep groups together: %s', (_, own) => {
    const parts = divideRows(100, sizes, { seed: 3, groups, strata: own });
    expect(parts.map(({ length }) => length).reduce((sum, size) => sum + size, 0)).toBe(100);
    parts.forEach((part, i) => {
      expect(Math.abs(part.length - [80, 10, 10][i]!)).toBeLessThanOrEqual(4);
      for (const row of part) expect([...part].filter((other) => groups[other] === groups[row])).toHaveLength(4);
    });
    if (own !== undefined) expect(parts.map((part) => count(Array.from(part, (row) => own[row]!), 1))).toEqual([16, 4, 0]);
  });

  test('of very different sizes leave none of the parts empty', () => {
    const uneven = Int32Array.from({ length: 100 }, (_, row) => (row < 70 ? 0 : row < 90 ? 1 : 2));
    expect(divideRows(100, sizes, { seed: 0, groups: uneven }).map(({ length }) => length)).toEqual([70, 10, 20]);
  });
});

test('by time the newest rows are for test, those before for validation; rows left out are the oldest', () => {
  const times = Float64Array.from({ length: 10 }, (_, row) => -row);
  expect(divideRows(10, { train: 5, validation: 2, test: 2 }, { seed: 0, times }).map((part) => [...part])).toEqual([[4, 5, 6, 7, 8], [2, 3], [0, 1]]);
});

describe('columns that divide a table', () => {
  const kinds = ['x', 'y', 'x', 'x', 'y', 'x', 'y', 'x', 'y', 'x'];
  const file = table('people.csv', 'day,who,part,a,kind', kinds.map((kind, i) =>
    [`2024-01-${String(10 + ((i * 3) % 10))}`, `p${String(i % 5)}`, ['train', 'TRAIN', 'dev', 'test', 'train', 'val', 'holdout', 'train', 'Valid', 'train'][i], i, kind].join(',')));
  const named = ({ columns }: { readonly columns?: readonly { readonly name: string }[] }): string[] => columns!.map(({ name }) => name);
  const load = (options: CsvOptions) => loadCsv(file, options);

  test('by words of every usual spelling', () => {
    const { train, validation, test: last, origin } = load({ splitColumn: 'part' });
    const values = (part: typeof train): number[] => Array.from({ length: part.size }, (_, i) => part.features[i * part.featureSize + named(part).indexOf('a')]!);
    expect([values(train), values(validation), values(last)]).toEqual([[0, 1, 4, 7, 9], [2, 5, 8], [3, 6]]);
    expect(named(train)).toEqual(['day', 'who', 'a']);
    expect(origin.description).toContain('; parts by part)');
  });

  test('by groups, which are no feature and known to folds', () => {
    const { train, validation, test: last } = load({ groupColumn: 'who' });
    expect(named(train)).toEqual(['day', 'part', 'a']);
    const groups = [train, validation, last].map((part) => new Set(part.groups));
    expect(groups.map(({ size }) => size)).toEqual([3, 1, 1]);
    expect(new Set(groups.flatMap((some) => [...some])).size).toBe(5);
  });

  test.each([
    ['stays a feature', {}, ['day', 'who', 'part', 'a']],
    ['is no feature where it is ignored', { columns: { day: 'ignore' } } as const, ['who', 'part', 'a']],
  ])('by time, which %s', (_, more, names) => {
    const { train, validation, test: last } = load({ timeColumn: 'day', sizes: { validation: 2, test: 3 }, ...more });
    expect([train.size, validation.size, last.size]).toEqual([5, 2, 3]);
    expect(named(train)).toEqual(names);
    const at = names.indexOf('a');
    const days = [train, validation, last].map((part) => Array.from({ length: part.size }, (__, i) => (part.features[i * part.featureSize + at]! * 3) % 10));
    expect(Math.max(...days[0]!)).toBeLessThan(Math.min(...days[1]!));
    expect(Math.max(...days[1]!)).toBeLessThan(Math.min(...days[2]!));
  });

  test('of JSON lines too', () => {
    const lines = join(folder, 'people.jsonl');
    writeFileSync(lines, kinds.map((kind, i) => JSON.stringify({ a: i, part: i < 6 ? 'train' : 'test', kind })).join('\n'));
    expect(loadJsonLines(lines, { splitColumn: 'part' })).toMatchObject({ train: { size: 6 }, validation: { size: 0 }, test: { size: 4 } });
  });

  test('are no concern of a table without them: its split and digest are as they always were', () => {
    const plain = table('plain.csv', 'a,b,kind', kinds.map((kind, i) => [i, i * i, kind].join(',')));
    const { train, validation, test: last, origin } = loadCsv(plain);
    expect([train, validation, last].map(({ features }) => [...features].filter((_, i) => i % 2 === 0))).toEqual([[1, 2, 3, 4, 6, 7, 8, 9], [0], [5]]);
    expect(origin.digest).toBe('a2aa9cb5d17b74fbbea375fbe7779b0529403eba10692c2ca1006e5f720f5053');
  });

  test.each<[string, CsvOptions, string, RegExp]>([
    ['a name that is none', { groupColumn: 'whoo' }, 'ERR_CONFIG', /did you mean who\?\) for groupColumn but received 'whoo'/],
    ['the target', { splitColumn: 'kind' }, 'ERR_CONFIG', /another column than the target for splitColumn/],
    ['another word', { splitColumn: 'who' }, 'ERR_DATA', /train, validation or test for .*people\.csv, line 2, column 2 \(who\) but received 'p0'/],
    ['words for times', { timeColumn: 'who' }, 'ERR_CONFIG', /ISO 8601 dates or numbers for timeColumn who but received 'p0, p1/],
    ['a kind that cannot', { groupColumn: 'who', columns: { who: 'number' } }, 'ERR_CONFIG', /category or ignore, as it is the groupColumn, for columns\.who/],
  ])('refuse %s', (_, options, code, message) => {
    expect(() => load(options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test.each<[string, string, CsvOptions, string, RegExp]>([
    ['a missing group', 'g,a,kind\nu,1,x\n,2,y\n', { groupColumn: 'g' }, 'ERR_DATA', /a group for .*line 3, column 1 \(g\) but received nothing/],
    ['one group', 'g,a,kind\nu,1,x\nu,2,y\nu,3,y\nu,4,y\nu,5,y\nu,6,y\n', { groupColumn: 'g' }, 'ERR_CONFIG', /at least 3 groups, .* for groupColumn g but received 1/],
    ['no training rows', 'g,a,kind\nval,1,x\ntest,2,y\n', { splitColumn: 'g' }, 'ERR_DATA', /training rows .*none where g says train/],
  ])('refuse %s', (name, text, options, code, message) => {
    const other = join(folder, `${name}.csv`);
    writeFileSync(other, text);
    expect(() => loadCsv(other, options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

test.each([
  [{ splitColumn: 'part', stratify: true }, /no splitColumn, .* for stratify/],
  [{ splitColumn: 'part', testRows: 0.3 }, /no splitColumn, .* for testRows/],
  [{ timeColumn: 'day', groupColumn: 'who' }, /no timeColumn, .* for groupColumn/],
  [{ stratify: true, loss: 'mse' }, /a loss of classes, .* for stratify/],
  [{ groupColumn: 'who', data: 'npy' }, /data csv, jsonl.* for groupColumn/],
  [{ stratify: true, data: 'auto', dataFile: null }, /data csv, jsonl.* for stratify/],
])('a spec with %j is refused', (keys, message) => {
  expect(() => parseSpec({ data: 'csv', dataFile: 'x.csv', steps: 1, ...keys })).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
});
