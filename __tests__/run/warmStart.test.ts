import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRows } from '../../lib/data/rows';
import { Model } from '../../lib/inference/model';
import { readRunSpec } from '../../lib/runFolder/runRecord';
import { RunFolder } from '../../lib/runFolder/runFolder';
import type { TrainSpec } from '../../lib/spec/spec';
import type { TrainingData } from '../../lib/build/buildTraining';
import { blastrain } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { resume, run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const folder = temporaryFolder();
const file = join(folder, 'source.safetensors');
const source = run({});
const trained = Model.load(source.checkpoint);
trained.save(file);

const weightsOf = (model: Uint8Array | Model): Record<string, number[]> =>
  Object.fromEntries(Object.entries(('weights' in model ? model : Model.load(model)).weights()).map(([name, { values }]) => [name, Array.from(values)]));
/** A training that changes nothing: its weights are those it starts with. */
const still = { learningRate: 1e-30, l2: 0, momentum: 0, steps: 1, from: file } as const;
/** The rows with other names of classes. */
function withClasses(classNames: readonly string[], data = tinyData()): TrainingData {
  return { ...data, train: { ...data.train, classNames }, validation: { ...data.validation, classNames } };
}
const first = (model: Record<string, number[]>): unknown => [model['0.weight'], model['0.bias']];

test('a training starts with the weights of another model, and with its normalisation', () => {
  const other = tinyData();
  for (const rows of [other.train, other.validation]) for (let i = 0; i < rows.features.length; i++) (rows.features as Uint8Array)[i]! += 20;
  const { events, checkpoint } = run(still, { data: other });
  expect(weightsOf(checkpoint)).toEqual(weightsOf(trained));
  expect(Model.load(checkpoint).outputs(tinyData().validation)).toEqual(trained.outputs(tinyData().validation));
  expect(events[0]).toMatchObject({ type: 'start', from: file, keepsLastLayer: true });
});

test.each([
  ['the same classes in another order', ['c', 'a', 'b'], true],
  ['a class less', ['a', 'b'], true],
  ['another class', ['a', 'b', 'd'], false],
  ['a class more', ['a', 'b', 'c', 'd'], false],
])('the last layer with %s', (_, names, keepsLastLayer) => {
  const data = withClasses(names);
  for (const { labels } of [data.train, data.validation]) for (let i = 0; i < labels.length; i++) labels[i]! %= names.length;
  const { events, checkpoint } = run(still, { data });
  const model = Model.load(checkpoint);
  expect(model.classNames).toEqual(keepsLastLayer ? ['a', 'b', 'c'] : names);
  expect(events[0]).toMatchObject({ keepsLastLayer, layers: [12, 8, keepsLastLayer ? 3 : names.length] });
  const [own, theirs] = [weightsOf(model), weightsOf(trained)];
  expect(first(own)).toEqual(first(theirs));
  if (keepsLastLayer) expect(own).toEqual(theirs);
  else expect(own['2.weight']).toEqual(weightsOf(run({ ...still, from: null, layers: [12, 8, names.length] }, { data }).checkpoint)['2.weight']);
});

test('rows of classes in another order are scored as those of the model', () => {
  const data = tinyData();
  const renamed = withClasses(['c', 'a', 'b']);
  for (const rows of ['train', 'validation'] as const) renamed[rows].labels.set(data[rows].labels.map((label) => (label + 1) % 3));
  expect(run(still, { data: renamed }).result.valLoss).toBe(run(still).result.valLoss);
});

describe('columns of a table', () => {
  const rows = (names: readonly string[], size = 40): Record<string, unknown>[] => Array.from({ length: size }, (_, i) => {
    const all: Record<string, unknown> = { size: Math.sin(i), colour: ['red', 'blue', 'green'][i % 3], extra: i };
    return { ...Object.fromEntries(names.map((name) => [name, all[name]])), price: Math.sin(i) + (i % 3) };
  });
  const table = (names: readonly string[], target = 'price'): Promise<TrainingData> =>
    loadRows(rows(names).map(({ price, ...row }) => ({ ...row, [target]: price })), { target, numericTargets: true, sizes: { test: 0 } });
  const spec: Partial<TrainSpec> = {
    data: 'table', dataFile: 'rows', hidden: [4], loss: 'mse', targetScaling: 'standardize', batchSize: 8, steps: 5, evaluateEvery: 5, momentum: 0,
  } as unknown as Partial<TrainSpec>;
  let model: string;
  beforeAll(async () => {
    model = join(folder, 'table.safetensors');
    const { checkpoint } = run({ ...spec, data: 'csv', layers: undefined }, { data: await table(['size', 'colour']) });
    Model.load(checkpoint).save(model);
  });
  const begin = (data: TrainingData, changes: object = {}): ReturnType<typeof run> => run({ ...spec, data: 'csv', layers: undefined, ...still, from: model, ...changes }, { data });

  test('are matched by name, and the scale of the target is kept', async () => {
    const { checkpoint } = begin(await table(['extra', 'colour', 'size']));
    const [own, theirs] = [Model.load(checkpoint), Model.load(model)];
    expect(weightsOf(own)).toEqual(weightsOf(theirs));
    expect(own.outputs([{ colour: 'blue', size: 0.5 }])).toEqual(theirs.outputs([{ colour: 'blue', size: 0.5 }]));
  });
  test('that are missing are named', async () => {
    const data = await table(['size']);
    expect(() => begin(data)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('colour') }));
  });
  test('another target begins a new last layer', async () => {
    expect(begin(await table(['size', 'colour'], 'rent')).events[0]).toMatchObject({ keepsLastLayer: false });
  });
});

test.each([
  ['layers unlike the model\'s', { layers: [12, 9, 3] }, 'ERR_SHAPE', /^Expected shape \[8, 12\] for W1, as the model that the training starts from has, but received \[9, 12\]/],
  ['a deeper net', { layers: [12, 8, 8, 3] }, 'ERR_SHAPE', /for W\d/],
  ['another normalisation', { normalization: 'scale' }, 'ERR_CONFIG', /^Expected standardize, as the model .* for normalization but received 'scale'/],
  ['another dtype', { dtype: 'float64' }, 'ERR_CONFIG', /for dtype but received 'float64'/],
  ['a file that is not there', { from: join(folder, 'none') }, 'ERR_IO', /none/],
])('%s are refused', (_, changes, code, message) => {
  expect(() => run({ ...still, ...changes })).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('a run that started from a model goes on to the bit, also when the model is gone', () => {
  const copy = join(folder, 'copy.safetensors');
  trained.save(copy);
  const spec = { from: copy, steps: 30 };
  const names = ['x', 'b', 'c'];
  const whole = run(spec, { data: withClasses(names) });
  const place = RunFolder.create({ runs: folder, name: 'stopped' });
  run(spec, { data: withClasses(names), place, stopAt: 10 });
  place.close();
  expect(readRunSpec(place.path).record.from).toMatchObject({ step: 30, keepsLastLayer: false, dataDigest: 'd'.repeat(64) });
  rmSync(copy);
  const rest = resume(place.path, {}, { data: withClasses(names) });
  expect(weightsOf(rest.checkpoint)).toEqual(weightsOf(whole.checkpoint));
  expect(withoutTimes([rest.result])).toEqual(withoutTimes([whole.result]));
});

test('on the command line', async () => {
  const csv = join(folder, 'rows.csv');
  const text = (labels: readonly string[]): string => ['x,y,kind', ...Array.from({ length: 60 }, (_, i) => `${String(Math.sin(i))},${String(i % 7)},${labels[i % labels.length]!}`)].join('\n');
  writeFileSync(csv, text(['a', 'b']));
  const runs = ['--runs', join(folder, 'runs')];
  expect(await blastrain(['train', 'table', `dataFile=${csv}`, 'hidden=4', 'epochs=1', '--name', 'one', ...runs])).toMatchObject({ status: 0 });
  writeFileSync(csv, text(['a', 'b', 'c']));
  const one = join(folder, 'runs', 'one');
  const two = await blastrain(['train', '--from', one, 'freeze=W1', '--name', 'two', ...runs]);
  expect(two).toMatchObject({ status: 0, stdout: expect.stringContaining(`\nstarting from ${one}, with a new last layer\n`) });
  const [own, theirs] = ['two', 'one'].map((name) => Model.load(join(folder, 'runs', name)).weights());
  expect(Object.entries(theirs!).find(([, { shape }]) => shape[0] === 4)![1]).toEqual(Object.entries(own!).find(([, { shape }]) => shape[0] === 4)![1]);
  expect(await blastrain(['train', '--from', 'one', 'freeze=W1', '--name', 'three', ...runs])).toMatchObject({ status: 0, stdout: expect.stringContaining(`\nstarting from ${one}`) });
  expect(await blastrain(['train', '--resume', 'two', '--from', one, ...runs])).toMatchObject({ status: 1, stderr: expect.stringContaining('Expected no --from') });
});
