import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../../lib/data/sources';
import { Model } from '../../../lib/inference/model';
import { runTraining } from '../../../lib/run/run';
import { dataRequest, parseSpec } from '../../../lib/spec/spec';
import { blastrain, root } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import { drive } from '../../support/run';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const rows = Array.from({ length: 60 }, (_, i) => ({ id: `r${String(i)}`, age: i % 7 === 0 ? null : i, town: ['Bern', 'Rome, old', 'Oslo'][i % 3]!, kind: i % 2 === 0 ? 'a' : 'b' }));
const cell = (value: string | number | null): string => (value === null ? '' : /[,"]/.test(String(value)) ? `"${String(value)}"` : String(value));
const csv = (names: readonly (keyof typeof rows[number])[], of = rows): string => [names, ...of.map((row) => names.map((name) => cell(row[name])))].map((cells) => `${cells.join(',')}\n`).join('');
writeFileSync(at('train.csv'), csv(['age', 'town', 'kind']));
const spec = parseSpec({ data: 'csv', dataFile: at('train.csv'), target: 'kind', hidden: [4], steps: 20, batchSize: 10, learningRate: 0.1, seed: 1 });
const model = Model.load(drive(runTraining(spec, loadData(dataRequest(spec)), 'run')).checkpoint);
const file = at('model.safetensors');
model.save(file);
const wanted = model.predict(rows.map(({ age, town }) => ({ age, town })));

/** Other order, a further column, and no target. */
writeFileSync(at('rows.csv'), csv(['town', 'id', 'age']));
writeFileSync(at('rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

test.each(['rows.csv', 'rows.jsonl'])('%s: classes with ids in the order of the file, as the model predicts them', async (name) => {
  const { stdout, status } = await blastrain(['predict', file, at(name), '--id', 'id', '--probabilities']);
  expect(status).toBe(0);
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toBe('id,prediction,probability a,probability b');
  expect(lines).toEqual(wanted.map(({ className, probabilities }, i) => [`r${String(i)}`, className, ...probabilities!].join(',')));
});

test('standard input is CSV, and --out is written as lines of JSON, whole or not at all', async () => {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'predict', file, '-', '--out', at('out.jsonl')], { input: readFileSync(at('rows.csv')) });
  expect(status).toBe(0);
  expect(readFileSync(at('out.jsonl'), 'utf8')).toBe(wanted.map(({ className }) => `{"prediction":"${className!}"}\n`).join(''));
  writeFileSync(at('late.csv'), `${csv(['age', 'town'])}old,Bern\n`);
  const late = await blastrain(['predict', file, at('late.csv'), '--out', at('late.out.csv')]);
  expect(late).toMatchObject({ status: 1, stdout: '', stderr: `blastrain: Expected a number for ${at('late.csv')}, line 62, column age but received 'old' [ERR_DATA]\n` });
  expect(existsSync(at('late.out.csv'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('--out is written as Parquet, in groups of rows, whole or not at all', async () => {
  const many = Array.from({ length: 60_000 }, (_, i) => rows[i % rows.length]!);
  writeFileSync(at('long.csv'), `id,age,town\n${many.map(({ age, town }, i) => `n${String(i)},${cell(age)},${cell(town)}\n`).join('')}`);
  writeFileSync(at('out.parquet'), 'an earlier file');
  const { status, stderr } = await blastrain(['predict', file, at('long.csv'), '--id', 'id', '--probabilities', '--out', at('out.parquet')]);
  expect([status, stderr]).toEqual([0, '']);
  // An ES module, which this test, as CommonJS, asks another process to read.
  const read = `import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
    const file = await asyncBufferFromFile(process.argv[1]);
    const { row_groups, schema } = await parquetMetadataAsync(file);
    const rows = await parquetReadObjects({ file });
    console.log(JSON.stringify({ groups: row_groups.map(({ num_rows }) => Number(num_rows)), types: schema.slice(1).map(({ name, type }) => [name, type]), rows }));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', read, at('out.parquet')], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 27 });
  const found = JSON.parse(stdout) as { groups: number[]; types: unknown; rows: unknown[] };
  expect(found.groups).toEqual([50_000, 10_000]);
  expect(found.types).toEqual([['id', 'BYTE_ARRAY'], ['prediction', 'BYTE_ARRAY'], ['probability a', 'DOUBLE'], ['probability b', 'DOUBLE']]);
  const expectedRow = (i: number): object => {
    const { className, probabilities } = wanted[i % rows.length]!;
    return { id: `n${String(i)}`, prediction: className, 'probability a': probabilities![0], 'probability b': probabilities![1] };
  };
  expect(found.rows.length).toBe(60_000);
  for (const i of [0, 1, 59, 49_999, 50_000, 59_999]) expect(found.rows[i]).toEqual(expectedRow(i));
  writeFileSync(at('late.csv'), `${csv(['age', 'town'])}old,Bern\n`);
  expect(await blastrain(['predict', file, at('late.csv'), '--out', at('late.parquet')])).toMatchObject({ status: 1 });
  expect(existsSync(at('late.parquet'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a table of several megabytes goes through piece by piece, lines within quotes included', async () => {
  const many = Array.from({ length: 60_000 }, (_, i) => `${String(i)},"Oslo\nby the sea ${'x'.repeat(20)}",${String(i % 50)}\n`);
  writeFileSync(at('many.csv'), `id,town,age\n${many.join('')}`);
  const { stdout, status, stderr } = await blastrain(['predict', file, at('many.csv'), '--id', 'id']);
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n').slice(1);
  expect(lines.length).toBe(60_000);
  expect(lines.map((line) => line.split(',')[0])).toEqual(many.map((_, i) => String(i)));
});

test.each<[string, string, readonly string[], string]>([
  ['a column that is missing', 'town,id\nBern,1\n', [], 'Expected a column age, which the model was trained on, for FILE but received town and id [ERR_DATA]'],
  ['a line of another length', 'age,town\n1,Bern\n2\n', [], 'Expected 2 cells for FILE, line 3 but received 1 [ERR_DATA]'],
  ['an id that is no column', 'age,town\n1,Bern\n', ['--id', 'nr'], 'Expected a column of FILE for --id but received \'nr\' [ERR_CONFIG]'],
  ['another ending of --out', 'age,town\n1,Bern\n', ['--out', 'x.xlsx'], 'Expected a file ending in .csv, .jsonl, .parquet for --out but received \'x.xlsx\' [ERR_CONFIG]'],
  ['an id that is called as a prediction', 'age,town,prediction\n1,Bern,1\n', ['--id', 'prediction'], 'Expected a column that is not called as a prediction is for --id but received \'prediction\' [ERR_CONFIG]'],
  ['an empty file', '', [], 'Expected rows for FILE but received an empty file [ERR_DATA]'],
])('refuses %s', async (_, text, args, message) => {
  writeFileSync(at('bad.csv'), text);
  const { status, stderr } = await blastrain(['predict', file, at('bad.csv'), ...args]);
  expect([status, stderr]).toEqual([1, `blastrain: ${message.replace('FILE', at('bad.csv'))}\n`]);
});

test('evaluate takes a model file too, but not without rows', async () => {
  const { status, stdout } = await blastrain(['evaluate', file, at('train.csv'), '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 60, accuracy: expect.any(Number) as number });
  expect(await blastrain(['evaluate', file])).toMatchObject({ status: 1, stderr: expect.stringContaining('Expected a FILE to evaluate a model file on') as string });
});
