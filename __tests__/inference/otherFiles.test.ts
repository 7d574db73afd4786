import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../lib/data/csv/csv';
import { loadJsonLines } from '../../lib/data/jsonLines';
import { loadData } from '../../lib/data/sources';
import type { Dataset } from '../../lib/data/dataset';
import { ledgerFile, readLedger } from '../../lib/inference/ledger';
import { evaluateFile } from '../../lib/inference/evaluateFile';
import { Model } from '../../lib/inference/model';
import { readRows } from '../../lib/inference/readRows';
import { testRun } from '../../lib/inference/testRun';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { blastrain, jsonLines } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { drive } from '../support/run';

const folder = temporaryFolder();
type Row = Readonly<Record<string, string | number | null>>;
const classNames = ['first', 'second', 'third'];
/** Kinds of columns that each say something of the target, and a cell missing here and there; all rows differ. */
const rows: readonly Row[] = Array.from({ length: 240 }, (_, i) => {
  const kind = i % 3;
  return {
    age: i % 11 === 0 ? null : 20 + 10 * kind + (i % 5), city: i % 13 === 0 ? null : ['Bern', 'Zug', 'Basel'][(kind + (i % 7 === 0 ? 1 : 0)) % 3]!,
    member: kind === 1 ? 'yes' : 'no', joined: `20${String(10 + kind)}-0${String(1 + (i % 9))}-15`, fare: kind + i / 1000, class: classNames[kind]!,
  };
});
let files = 0;
function write(some: readonly Row[], names: readonly string[], extension = 'csv'): string {
  const file = join(folder, `${String(++files)}.${extension}`);
  const csv = [names.join(','), ...some.map((row) => names.map((name) => row[name] ?? '').join(','))];
  const json = some.map((row) => JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name]]))));
  writeFileSync(file, `${(extension === 'csv' ? csv : json).join('\n')}\n`);
  return file;
}

const given = write(rows, ['age', 'city', 'member', 'joined', 'fare', 'class']);
const spec = parseSpec({ data: 'csv', dataFile: given, hidden: [12], batchSize: 20, learningRate: 0.1, steps: 60, evaluateEvery: 60, threads: 1 });
const data = loadData(dataRequest(spec));
const place = RunFolder.create({ runs: folder, name: 'people' });
drive(runTraining(spec, data, undefined, place));
place.close();
const model = Model.load(place.path);

/** Rows of two classes, and so with other codes of classes, cities and truths, all whose cities are of two names. */
const some = rows.filter((row) => row['class'] !== 'first' && row['city'] !== 'Bern' && row['member'] === 'yes');
const wanted = model.predict(some);
const shuffled = ['fare', 'class', 'city', 'note', 'joined', 'age', 'member'];
const withNotes = some.map((row, i) => ({ ...row, note: `a remark ${String(i)}` }));
const all = { validation: 0, test: 0 };

describe.each<[string, () => ReturnType<typeof readRows>]>([
  ['a .csv with other columns and another order, read for the model', () => readRows(model, write(withNotes, shuffled))],
  ['the same as .jsonl', () => readRows(model, write(withNotes, shuffled, 'jsonl'))],
  ['the same, read for itself', () => loadCsv(write(withNotes, shuffled), { target: 'class', sizes: all }).train],
  ['the same as .jsonl, read for itself', () => loadJsonLines(write(withNotes, shuffled, 'jsonl'), { target: 'class', sizes: all }).train],
])('%s', (_, read) => {
  const other = read();
  test('is predicted and scored as the rows are', () => {
    expect(some.length).toBeGreaterThan(20);
    expect(Array.from(model.classify(other))).toEqual(wanted.map(({ label }) => label));
    expect(Array.from(model.outputs(other))).toEqual(wanted.flatMap(({ probabilities }) => probabilities));
    const { accuracy, classes, confusion } = model.evaluateInDetail(other);
    expect(accuracy).toBe(wanted.filter(({ className }, i) => className === some[i]!['class']).length / some.length);
    expect(model.evaluate(other).accuracy).toBe(accuracy);
    expect(classes.map(({ className, support }) => [className, support])).toEqual([
      ['first', 0], ['second', some.filter((row) => row['class'] === 'second').length], ['third', some.filter((row) => row['class'] === 'third').length],
    ]);
    expect(confusion).toHaveLength(3);
  });
});

test('rows of the same columns are taken as they are', () => {
  expect(model.evaluate(readRows(model, given)).accuracy).toBe(
    model.predict(rows).filter(({ className }, i) => className === rows[i]!['class']).length / rows.length);
});

test('a category that the model does not know is none of its own, as in a prediction', () => {
  const elsewhere = some.map((row) => ({ ...row, city: 'Rome' }));
  expect(Array.from(model.outputs(readRows(model, write(elsewhere, shuffled))))).toEqual(model.predict(elsewhere).flatMap(({ probabilities }) => probabilities));
});

const without = (...names: string[]): string[] => ['age', 'city', 'member', 'joined', 'fare', 'class'].filter((name) => !names.includes(name));

test.each<[string, () => unknown, string]>([
  ['a column is missing', () => model.evaluate(readRows(model, write(rows, without('age')))), '^Expected a column age, which the model was trained on, for \\d+\\.csv but received city, member, joined and fare$'],
  ['several are', () => model.classify(readRows(model, write(rows, without('age', 'joined')))), '^Expected columns age and joined, which the model was trained on, for'],
  ['classes are others', () => model.evaluate(readRows(model, write(rows.map((row, i) => ({ ...row, class: i < 3 ? 'fourth' : row['class']! })), without()))),
    '^Expected classes that the model was trained on \\(first, second, third\\) for \\d+\\.csv but received 3 rows of fourth$'],
  ['a column is of another kind', () => model.evaluate(loadCsv(write(rows.map((row) => ({ ...row, age: 'young' })), without()), { sizes: all }).train),
    '^Expected a number, as the model was trained on, for \\d+\\.csv, row 0, column age but received \'young\'$'],
  ['a date is a number', () => model.evaluate(loadCsv(write(rows.map((row, i) => ({ ...row, joined: i })), without()), { sizes: all }).train),
    '^Expected a date, as the model was trained on, for \\d+\\.csv, row 0, column joined but received a number$'],
  ['the target is missing', () => readRows(model, write(rows, without('class'))), '^Expected one of age, city, member, joined, fare for target but received'],
])('where %s the model says so', (_, act, message) => {
  expect(act).toThrow(expect.objectContaining({ message: expect.stringMatching(message) as string }));
});

test('classes of other spellings of a number are the same, and a missing cell has no place in a model of whole rows', () => {
  const numbers = (values: readonly string[], target: readonly string[]): string => {
    const file = join(folder, `${String(++files)}.csv`);
    writeFileSync(file, `a,b,kind\n${values.map((value, i) => `${value},${String(i % 7)},${target[i % target.length]!}`).join('\n')}\n`);
    return file;
  };
  const values = Array.from({ length: 60 }, (_, i) => String(i % 2));
  const own = parseSpec({ ...spec, dataFile: numbers(values, ['1', '2']) });
  const plain = Model.load(drive(runTraining(own, loadData(dataRequest(own)), 'run')).checkpoint, { name: 'model' });
  expect(plain.evaluate(readRows(plain, numbers(values, ['1.0', '2.00']))).accuracy).toBe(1);
  expect(() => plain.evaluate(readRows(plain, numbers(values.map((value, i) => (i === 4 ? '' : value)), ['1', '2'])))).toThrow(expect.objectContaining({
    code: 'ERR_DATA', details: expect.objectContaining({ row: 4, column: 0 }) as object, message: expect.stringMatching(/as no row that the model was trained on lacks it/) as string,
  }));
});

test('several targets are matched by name', () => {
  const write2 = (names: readonly string[]): string => {
    const file = join(folder, `${String(++files)}.csv`);
    const value = (name: string, i: number): number => ({ x: i % 9, y: 2 * (i % 9) + 1, z: 5 - (i % 9) })[name]!;
    writeFileSync(file, `${names.join(',')}\n${Array.from({ length: 60 }, (_, i) => names.map((name) => value(name, i)).join(',')).join('\n')}\n`);
    return file;
  };
  const own = parseSpec({ ...spec, dataFile: write2(['x', 'y', 'z']), loss: 'mse', target: 'y,z', learningRate: 0.01 });
  const regression = Model.load(drive(runTraining(own, loadData(dataRequest(own)), 'run')).checkpoint, { name: 'model' });
  const right = regression.evaluateRegression(readRows(regression, write2(['x', 'y', 'z'])));
  expect(regression.evaluateRegression(readRows(regression, write2(['z', 'x', 'y'])))).toEqual(right);
  expect(regression.evaluateRegression(loadCsv(write2(['z', 'x', 'y']), { target: ['z', 'y'], numericTargets: true, sizes: all }).train)).toEqual(right);
});

/** Of a split in memory, as records. */
const recordsOf = ({ features }: Dataset): Row[] => {
  const fares = Array.from(features).filter((_, i) => i % 5 === 4);
  return fares.map((fare) => rows.find((row) => Math.fround(row['fare'] as number) === Math.fround(fare))!);
};

test('rows of the test split in a file are a look at it, and others none', async () => {
  const train = write(recordsOf(data.train as Dataset), shuffled.filter((name) => name !== 'note'));
  expect(evaluateFile(place.path, 'people', train)).toMatchObject({ testRows: 0, rows: 192 });
  expect(evaluateFile(place.path, 'people', train)).not.toHaveProperty('look');
  const test = recordsOf(data.test as Dataset);
  expect(evaluateFile(place.path, 'people', write([...test.slice(0, 5), ...recordsOf(data.validation as Dataset)], shuffled.filter((name) => name !== 'note')))).toMatchObject({ testRows: 5, rows: 29, look: 1 });
  const { status, stdout } = await blastrain(['evaluate', 'people', given, '--runs', folder, '--json']);
  expect(status).toBe(0);
  expect(jsonLines(stdout)).toEqual([expect.objectContaining({ type: 'evaluate', run: 'people', file: given, rows: 240, testRows: 24, look: 2 })]);
  expect(readLedger(join(folder, ledgerFile)).testEvaluations.map(({ testRows, scoredRows }) => [testRows, scoredRows])).toEqual([[5, 29], [24, 240]]);
  const listed = await blastrain(['runs', '--runs', folder, '--json']);
  expect(listed.stdout).toContain('"testAccuracy":null'); // other rows were scored with those of the split
  const printed = await blastrain(['evaluate', 'people', train, '--runs', folder]);
  expect(printed.stdout).toMatch(/on 192 rows of \d+\.csv/);
  for (const line of printed.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(await blastrain(['evaluate', 'people', train, '--split', 'train', '--runs', folder])).toMatchObject({ status: 1, stderr: 'blastrain: Expected no --split with a FILE for --split but received \'train\' [ERR_CONFIG]\n' });
});

test('a look at numbers by another file keeps their error, as blastrain test does', () => {
  const file = join(folder, 'line.csv');
  writeFileSync(file, `x,y\n${Array.from({ length: 60 }, (_, i) => `${String(i)},${String(2 * i + 1)}`).join('\n')}\n`);
  const own = parseSpec({ ...spec, dataFile: file, loss: 'mse', targetScaling: 'standardize' });
  const its = RunFolder.create({ runs: join(folder, 'numbers'), name: 'line' });
  drive(runTraining(own, loadData(dataRequest(own)), undefined, its));
  its.close();
  const { rmse } = evaluateFile(its.path, 'line', file);
  testRun(its.path, 'line');
  const [byFile, byCommand] = readLedger(join(folder, 'numbers', ledgerFile)).testEvaluations;
  expect(byFile).toMatchObject({ testRmse: rmse, testRows: 6, scoredRows: 60, look: 1 });
  expect(byFile).not.toHaveProperty('testAccuracy');
  expect(byCommand).toMatchObject({ testRmse: expect.any(Number) as number, testRows: 6, look: 2 });
});
