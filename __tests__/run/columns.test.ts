import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTraining } from '../../lib/run/run';
import { loadData } from '../../lib/data/sources';
import { Model } from '../../lib/inference/model';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { backends } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { drive, resume, withoutTimes } from '../support/run';

const folder = temporaryFolder();
/** Kinds of columns that each say something of the target, and a cell missing here and there. */
const rows = Array.from({ length: 240 }, (_, i) => {
  const kind = i % 3;
  return {
    age: i % 11 === 0 ? null : 20 + 10 * kind + (i % 5), city: i % 13 === 0 ? null : ['Bern', 'Zug', 'Basel'][(kind + (i % 7 === 0 ? 1 : 0)) % 3]!,
    member: kind === 1 ? 'yes' : 'no', joined: `20${String(10 + kind)}-0${String(1 + (i % 9))}-15`, fare: kind + (i % 4) / 4,
  };
});
const file = join(folder, 'people.csv');
writeFileSync(file, `${[...Object.keys(rows[0]!), 'class'].join(',')}\n${rows.map((row, i) => [...Object.values(row), ['first', 'second', 'third'][i % 3]].map((cell) => cell ?? '').join(',')).join('\n')}\n`);
const base = { data: 'csv', dataFile: file, hidden: [12], batchSize: 20, learningRate: 0.1, steps: 60, evaluateEvery: 10, threads: 1 };
let count = 0;

const refusal = (code: string, message: string): Error => expect.objectContaining({ code, message }) as Error;
/** A record of what features say. */
const fromCells = ({ columns }: Model, features: ArrayLike<number>): Record<string, unknown> => Object.fromEntries(columns!.map(({ name, kind, categories }, j) => {
  const value = features[j]!;
  return [name, Number.isNaN(value) ? null : kind === 'category' ? categories![value] : kind === 'boolean' ? value === 1 : value];
}));

const embedded = { oneHot: 2, embeddingSize: 3, numericEmbedding: 'pbld', inputScale: true, activation: 'mish', parametricActivation: true, learningRate: 0.05 };
const variants = backends.flatMap((backend) => [['one-hot', backend, {}], ['embedded', backend, embedded]] as const);

describe.each(variants)('a table of columns of several kinds, %s, on %s kernels', (_, backend, keys) => {
  const spec = parseSpec({ ...base, ...keys, backend });
  const data = loadData(dataRequest(spec));

  test('trains, and its model takes raw rows', () => {
    const { checkpoint, result } = drive(runTraining(spec, data, 'run'));
    expect(result.valAccuracy).toBeGreaterThan(0.9);
    const model = Model.load(checkpoint, { name: 'model' });
    expect(model.columns!.map(({ name, kind, hasMissing }) => [name, kind, hasMissing])).toEqual([
      ['age', 'number', true], ['city', 'category', true], ['member', 'boolean', false], ['joined', 'date', false], ['fare', 'number', false],
    ]);
    const predictions = model.predict(rows);
    expect(predictions.filter(({ className }, i) => className === ['first', 'second', 'third'][i % 3]).length).toBeGreaterThan(0.9 * rows.length);
    expect(Array.from(model.classify(data.validation))).toEqual(model.predict('features' in data.validation ? data.validation.features : []).map(({ label }) => label));
    // NaN is a missing cell only where training rows lack some; a cell that is said to be missing may be so anywhere.
    const features = 'features' in data.validation ? data.validation.features.slice(0, 5) : [];
    const without = (column: number): Float64Array => Float64Array.from(features, (value, j) => (j === column ? NaN : value));
    const [row] = rows;
    for (const column of [0, 1]) expect(model.predict(without(column))).toHaveLength(1);
    for (const column of [2, 3, 4]) expect(() => model.predict(without(column))).toThrow(refusal('ERR_DATA', `Expected a finite number for row 0, column ${column} of features but received NaN`));
    expect(model.predict({ cells: without(4) })).toEqual(model.predict([{ ...fromCells(model, features), fare: null }]));
    expect(model.predict([{ ...row!, age: NaN }, { ...row!, city: NaN, fare: null }])).toHaveLength(2);
    expect(() => model.predict([row!, { ...row!, fare: NaN }])).toThrow(refusal('ERR_DATA', 'Expected a number for row 1, column fare of features but received NaN'));
    // Another order of keys, an unknown city, a column more.
    const [{ fare, ...first }] = rows as unknown as [(typeof rows)[0]];
    expect(model.predict([{ fare, ...first }])).toEqual(model.predict([rows[0]!]));
    const [unseen] = model.predict([{ ...rows[4]!, city: 'Rome', colour: 'red' }]);
    expect(unseen!.probabilities!.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  });

  test('goes on to the bit after a kill', () => {
    const whole = RunFolder.create({ runs: folder, name: `whole${String(++count)}` });
    const killed = RunFolder.create({ runs: folder, name: `killed${String(count)}` });
    const wanted = drive(runTraining(spec, data, 'run', whole));
    whole.close();
    const experiment = runTraining(spec, data, 'run', killed);
    for (let i = 0; i < 40; i++) experiment.next();
    killed.close();
    const { result, checkpoint } = resume(killed.path, {}, { data });
    expect(withoutTimes([result])).toEqual(withoutTimes([wanted.result]));
    const inputs = [rows[0]!, rows[1]!];
    expect(Model.load(checkpoint, { name: 'a' }).predict(inputs)).toEqual(Model.load(wanted.checkpoint, { name: 'b' }).predict(inputs));
  });
});

test('one whose columns are others is refused', () => {
  const spec = parseSpec(base);
  const model = Model.load(drive(runTraining(spec, loadData(dataRequest(spec)), 'run')).checkpoint, { name: 'model' });
  const other = loadData(dataRequest(parseSpec({ ...base, columns: { city: 'ignore' } })));
  expect(() => model.evaluate(other.validation)).toThrow(expect.objectContaining({
    code: 'ERR_DATA', message: expect.stringMatching(/^Expected a column city, which the model was trained on, for people\.csv but received age, member, joined and fare$/) as string,
  }));
});

test('numbers alone are trained as ever, and may be given by name too', () => {
  const numbers = join(folder, 'numbers.csv');
  writeFileSync(numbers, `a,b,kind\n${Array.from({ length: 60 }, (_, i) => `${String(i % 2)},${String(i % 7)},${i % 2 === 0 ? 'x' : 'y'}`).join('\n')}\n`);
  const spec = parseSpec({ ...base, dataFile: numbers });
  const model = Model.load(drive(runTraining(spec, loadData(dataRequest(spec)), 'run')).checkpoint, { name: 'model' });
  expect(model.predict([{ b: 3, a: 1 }])).toEqual(model.predict([1, 3]));
  for (const missing of [null, NaN]) expect(() => model.predict([{ a: 1, b: missing }])).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: { row: 0, column: 1 } }));
});

test.each(['robust', 'quantile'])('%s leaves out what tells nothing, says so, and its model takes raw rows', (normalization) => {
  const wide = join(folder, `wide-${normalization}.csv`);
  const all = rows.map((row) => ({ ...row, unit: 'EUR', again: row.fare }));
  writeFileSync(wide, `${[...Object.keys(all[0]!), 'class'].join(',')}\n${all.map((row, i) => [...Object.values(row), ['first', 'second', 'third'][i % 3]].map((cell) => cell ?? '').join(',')).join('\n')}\n`);
  const spec = parseSpec({ ...base, dataFile: wide, normalization });
  const { events, checkpoint, result } = drive(runTraining(spec, loadData(dataRequest(spec)), 'run'));
  expect(events[0]).toMatchObject({ type: 'start', data: expect.stringMatching(/; constant and left out: unit; duplicate and left out: again \(as fare\)$/) as string });
  expect(result.valAccuracy).toBeGreaterThan(0.9);
  const model = Model.load(checkpoint, { name: 'model' });
  const predictions = model.predict(all);
  expect(predictions.filter(({ className }, i) => className === ['first', 'second', 'third'][i % 3]).length).toBeGreaterThan(0.9 * rows.length);
  // What was left out decides nothing, and may be missing.
  expect(model.predict(all.map((row) => ({ ...row, unit: null, again: 1e9 })))).toEqual(predictions);
});

test('numbers of an array without names are fitted by robust too; there nothing may be missing', () => {
  const [size, features] = [60, Float64Array.from({ length: 180 }, (_, at) => (at % 3 === 2 ? 4 : ((at * 37) % 23) ** 3))];
  const train = { name: 'array', split: 'train', features, labels: Int32Array.from({ length: size }, (_, i) => (features[3 * i]! > 1000 ? 1 : 0)), size, featureSize: 3, classNames: ['low', 'high'] } as const;
  const data = { train, validation: { ...train, split: 'validation' }, origin: { name: 'array', description: 'array', digest: 'e'.repeat(64) } } as const;
  const { checkpoint, result } = drive(runTraining(parseSpec({ hidden: [12], normalization: 'robust', optimizer: 'adam', learningRate: 0.02, batchSize: 20, steps: 100, threads: 1 }), data, 'run'));
  expect(result.valAccuracy).toBeGreaterThan(0.9);
  const model = Model.load(checkpoint, { name: 'model' });
  expect(model.predict([9000, 1, 4, 5, 1, 3]).map(({ className }) => className)).toEqual(['high', 'low']);
  expect(() => model.predict([NaN, 1, 4])).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
});
