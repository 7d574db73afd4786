import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadJsonLines } from '../../lib/data/jsonLines';
import type { JsonLinesOptions } from '../../lib/data/jsonLines';
import { loadCsv } from '../../lib/data/csv/csv';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const everything = { sizes: { validation: 0, test: 0 } };
let files = 0;
function load(text: string, options: JsonLinesOptions = {}) {
  const file = join(folder, `rows-${String(files++)}.jsonl`);
  writeFileSync(file, text);
  return loadJsonLines(file, { ...everything, ...options });
}
const rows = [
  { age: 22, city: 'Bern', member: true, joined: '2020-01-02', class: 'a' }, { age: null, city: 'Zug', member: false, joined: '2020-01-03', class: 'b' },
  { age: 0.1, member: true, joined: '2020-01-04', class: 'a' }, { city: 'Bern', age: -3e-7, member: null, joined: '', class: 'b' },
];
const text = rows.map((row) => JSON.stringify(row)).join('\n');

test('rows are what a .csv of the same cells gives', () => {
  const csv = join(folder, 'same.csv');
  writeFileSync(csv, 'age,city,member,joined,class\n22,Bern,true,2020-01-02,a\n,Zug,false,2020-01-03,b\n0.1,,true,2020-01-04,a\n-3e-7,Bern,,,b\n');
  const [ours, theirs] = [load(`\n${text}\r\n\n`).train, loadCsv(csv, everything).train];
  for (const key of ['features', 'labels', 'classNames', 'columns', 'size', 'featureSize'] as const) expect(ours[key]).toEqual(theirs[key]);
});

test('the target is a key, and numbers where they are to be predicted', () => {
  expect(load(text, { target: 'class', columns: { city: 'ignore' } }).train).toMatchObject({ classNames: ['a', 'b'], featureSize: 3 });
  expect(load('{"y":"u","a":1}\n{"y":"v","a":2}\n', { target: 'y' }).train).toMatchObject({ classNames: ['u', 'v'] });
  expect(load('{"a":1,"y":2.5}\n{"a":"2","y":-1}\n', { numericTargets: true }).train).toMatchObject({ targets: Float64Array.of(2.5, -1), features: Float32Array.of(1, 2) });
});

test.each<[string, string, JsonLinesOptions, string, RegExp]>([
  ['no object', '{"a":1,"y":"x"}\n\n[1]\n', {}, 'ERR_DATA', /^Expected an object for .*\.jsonl, line 3 but received '\[1\]'$/],
  ['no JSON', '{"a":1,"y":"x"}\n{"a":\n', {}, 'ERR_DATA', /line 2 but received/],
  ['a list in a row', '{"a":[1],"y":"x"}\n', {}, 'ERR_DATA', /^Expected a number, text, boolean or null \(or columns {"a": "ignore"}\) for .*, line 1, a but received \[1\]$/],
  ['a target that is missing', '{"a":1,"y":"x"}\n{"a":2}\n', {}, 'ERR_DATA', /the name of a class .*line 2/],
  ['a text among numbers', '{"a":1,"y":"x"}\n{"a":2,"y":"x"}\n{"a":"?2","y":"x"}\n', {}, 'ERR_DATA', /line 3, column 1 \(a\) but received '\?2'/],
  ['an infinite number', '{"a":1,"y":"x"}\n{"a":1e999,"y":"x"}\n', {}, 'ERR_DATA', /line 2/],
  ['an unknown target', '{"age":1,"y":"x"}\n', { target: 'agee' }, 'ERR_CONFIG', /^Expected age for target/],
  ['nothing', '\n', {}, 'ERR_DATA', /an empty file/],
  ['a target alone', '{"y":"x"}\n', {}, 'ERR_DATA', /a feature beside the target/],
])('%s is refused', (_, content, options, code, message) => {
  expect(() => load(content, options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
});

test('what is ignored may be anything', () => {
  expect(load('{"a":1,"tags":[1],"y":"x"}\n', { columns: { tags: 'ignore' } }).train.columns!.map(({ name }) => name)).toEqual(['a']);
});
