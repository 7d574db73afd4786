import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../../lib/data/csv/csv';
import type { CsvOptions } from '../../../lib/data/csv/csv';
import { tableWarnings } from '../../../lib/data/columns/warnings';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
let files = 0;
/** Rows of three features and a target of two classes, or where a column is given by a function of the row's number, that. */
function warningsOf(cells: Partial<Record<'a' | 'b' | 'c' | 'kind', (i: number) => string | number>>, { rows = 200, ...options }: CsvOptions & { rows?: number } = {}) {
  const file = join(folder, `${String(files++)}.csv`);
  const all = { a: (i: number) => (i * 37) % 101, b: (i: number) => 'uvw'[i % 3]!, c: (i: number) => (i * 7919) % 1009, kind: (i: number) => 'xy'[(i >> 2) % 2]!, ...cells };
  writeFileSync(file, `a,b,c,kind\n${Array.from({ length: rows }, (_, i) => [all.a, all.b, all.c, all.kind].map((cell) => cell(i)).join()).join('\n')}\n`);
  return tableWarnings(loadCsv(file, { sizes: { validation: 0, test: 0 }, ...options }).train);
}
const noise = (i: number): number => ((i * 6007) % 1013) / 7;

test.each<[string, Parameters<typeof warningsOf>[0], Parameters<typeof warningsOf>[1], readonly (readonly [string, string | undefined, RegExp])[]]>([
  ['an ordinary table', {}, {}, []],
  ['a regression of unlike numbers', { kind: noise }, { numericTargets: true }, []],
  ['a column that is nearly always missing', { a: (i) => (i === 7 ? 1 : '') }, {}, [['missing', 'a', /^Of the column a 99\.5 % of the training rows lack a value; columns=\{"a": "ignore"\} leaves it out$/]]],
  ['a column that is always missing', { a: () => '' }, {}, [['missing', 'a', / a all of the/]]],
  ['one that is missing in 98 % of the rows', { a: (i) => (i % 50 === 0 ? i : '') }, {}, []],
  ['the class in other words', { b: (i) => 'vu'[(i >> 2) % 2]! }, {}, [['leak', 'b', /^The column b gives the target away: .*columns=\{"b": "ignore"\} leaves it out$/]]],
  ['the class as a number, missing here and there', { a: (i) => (i % 10 === 0 ? '' : (i >> 2) % 2) }, {}, [['leak', 'a', /gives the target away/]]],
  ['the class, but for one row', { b: (i) => 'uv'[i === 150 ? 1 - ((i >> 2) % 2) : (i >> 2) % 2]! }, {}, []],
  ['the target itself', { a: noise, kind: noise }, { numericTargets: true }, [['leak', 'a', /^The column a equals the target in every training row/]]],
  ['the target in another unit, falling', { c: (i) => 100 - 3 * noise(i), kind: noise }, { numericTargets: true }, [['leak', 'c', /gives the target away/]]],
  ['numbers of rows beside a target that rises with few of them', { a: (i) => i, kind: (i) => (i < 150 ? i : 300 - i) }, { numericTargets: true }, []],
  ['texts that all differ', { b: (i) => `n${String(i)}` }, { columns: { b: 'category' } }, [['unique-text', 'b', /^All texts of the column b differ.*columns=\{"b": "ignore"\} leaves it out$/]]],
  ['texts that all differ in few rows', { b: (i) => `n${String(i)}` }, { rows: 8 }, []],
  ['a class of one row', { kind: (i) => (i === 5 ? 'rare' : 'xy'[(i >> 2) % 2]!) }, {}, [['single-row-class', undefined, /^The class rare has a single training row, .*splitSeed/]]],
  ['several such classes', { kind: (i) => (i < 7 ? `r${String(i)}` : 'xy'[(i >> 2) % 2]!) }, {}, [['single-row-class', undefined, /^7 classes have .* \(r0, r1, r2, r3, r4, …\)/]]],
  ['a class a row', { kind: (i) => `k${String(i)}` }, { rows: 60 }, [['many-classes', undefined, /^There are 60 classes in 60 training rows, .*loss=mse/]]],
])('%s', (_, cells, options, wanted) => {
  expect(warningsOf(cells, options)).toEqual(wanted.map(([kind, column, message]) => ({ kind, ...(column && { column }), message: expect.stringMatching(message) as string })));
});
