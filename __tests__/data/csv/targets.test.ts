import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../../lib/data/csv/csv';
import type { CsvOptions } from '../../../lib/data/csv/csv';
import { sliceRows } from '../../../lib/data/dataset';
import type { Dataset } from '../../../lib/data/dataset';
import { loadJsonLines } from '../../../lib/data/jsonLines';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
const sizes = { validation: 0, test: 0 };
function load(text: string, options: CsvOptions): Dataset {
  const file = join(folder, 'table.csv');
  writeFileSync(file, text);
  return loadCsv(file, { sizes, ...options }).train;
}
const columnNames = ({ columns }: Dataset): string[] => columns!.map(({ name }) => name);
const table = 'x,low,high,count,w\n1,no,1,3,0.5\n2,yes,0,0,2\n3,true,1,7,0\n';

test.each<[string, CsvOptions, string[], number[]]>([
  ['a list of names', { target: ['count', 'x'], numericTargets: true }, ['count', 'x'], [3, 1, 0, 2, 7, 3]],
  ['names between commas', { target: 'count, x', numericTargets: true }, ['count', 'x'], [3, 1, 0, 2, 7, 3]],
  ['places', { target: [3, 'w'], numericTargets: 'counts' }, ['count', 'w'], [3, 0.5, 0, 2, 7, 0]],
  ['labels, as numbers or words', { target: 'low,high', numericTargets: 'labels' }, ['low', 'high'], [0, 1, 1, 0, 1, 1]],
])('several targets: %s', (_, options, targetNames, targets) => {
  const rows = load(table, options);
  expect(rows).toMatchObject({ targetNames, classNames: [] });
  expect(Array.from(rows.targets!)).toEqual(targets);
  expect(columnNames(rows)).not.toEqual(expect.arrayContaining([targetNames[0]!]));
});

test('a column that is named as asked is the one target, commas or not', () => {
  expect(load('a,b,"a,b"\n1,2,3\n', { target: 'a,b', numericTargets: true })).toMatchObject({ targetNames: ['a,b'], featureSize: 2 });
});

test('weights are no feature, and go with their rows', () => {
  const rows = load(table, { target: 'count', numericTargets: true, weightColumn: 'w' });
  expect(columnNames(rows)).toEqual(['x', 'low', 'high']);
  expect(Array.from(rows.weights!)).toEqual([0.5, 2, 0]);
  expect(Array.from(sliceRows(rows, 'train', 1, 2).weights!)).toEqual([2, 0]);
  const file = join(folder, 'table.jsonl');
  writeFileSync(file, '{"a":1,"b":2,"w":3,"x":0}\n{"a":4,"b":5,"w":6,"x":1}\n');
  const lines = loadJsonLines(file, { sizes, target: ['b', 'a'], numericTargets: true, weightColumn: 'w' }).train;
  expect([Array.from(lines.targets!), Array.from(lines.weights!)]).toEqual([[2, 1, 5, 4], [3, 6]]);
});

test.each<[string, string, CsvOptions, string]>([
  ['several columns of classes', table, { target: 'low,high' }, "Expected one column of classes (loss bce takes several of 0 and 1, and loss mse several of numbers) for target but received 'low,high'"],
  ['the same column twice', table, { target: ['x', 'x'], numericTargets: true }, 'Expected different columns for target but received ["x","x"]'],
  ['a label that is neither', 'x,t\n1,0\n2,2\n', { target: 't', numericTargets: 'labels' }, "line 3, column 2 (t) but received '2'"],
  ['a count below 0', 'x,t\n1,0\n2,-1\n', { target: 't', numericTargets: 'counts' }, "Expected a number ≥ 0, as loss poisson has it, for"],
  ['a weight below 0', 'x,w,t\n1,1,a\n2,-1,b\n', { weightColumn: 'w' }, "line 3, column 2 (w) but received '-1'"],
  ['a missing weight', 'x,w,t\n1,1,a\n2,,b\n', { weightColumn: 'w' }, "Expected a weight ≥ 0, as weightColumn says, for"],
  ['weights that are the target', table, { target: 'w', weightColumn: 'w' }, "Expected another column than the target for weightColumn but received 'w'"],
  ['weights of another name', table, { target: 'x', weightColumn: 'weight' }, "for weightColumn but received 'weight'"],
  ['weights that are said to be something', table, { target: 'x', weightColumn: 'w', columns: { w: 'number' } }, 'Expected features (w is the weights) for columns but received'],
])('refuses %s', (_, text, options, message) => {
  expect(() => load(text, options)).toThrow(message);
});
