import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { PredictRows } from '../../lib/inference/givenRows';
import { Model } from '../../lib/inference/model';
import type { TrainingData } from '../../lib/build/buildTraining';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const temporary = temporaryFolder();
/** Rows of a table, whose features are floats. */
const table = (floats: (numbers: ArrayLike<number>) => Float32Array | Float64Array): TrainingData => {
  const data = tinyData();
  const part = (rows: TrainingData['train']): TrainingData['train'] => ({
    ...rows, features: floats('features' in rows ? rows.features : []),
  });
  return { ...data, train: part(data.train), validation: part(data.validation) };
};
const load = (spec: object, data?: TrainingData): Model => Model.load(run(spec, data && { data }).checkpoint, { name: 'model' });
const models: Readonly<Record<string, Model>> = {
  'of bytes': load({}), 'of floats': load({}, table((numbers) => Float32Array.from(numbers))),
  'in float64': load({ dtype: 'float64' }, table((numbers) => Float64Array.from(numbers))),
};
const row = Array.from(tinyData().validation.features.subarray(0, 12));
const two = (change: (rows: unknown[]) => void): unknown[] => {
  const rows: unknown[] = [...row, ...row];
  change(rows);
  return rows;
};

describe.each(Object.entries(models))('a model %s', (_, model) => {
  test('takes numbers in whatever array they are', () => {
    const [wanted] = model.predict(Float64Array.from(row));
    for (const features of [row, Uint8Array.from(row), Float32Array.from(row), Int32Array.from(row), Uint8ClampedArray.from(row)]) {
      const [found] = model.predict(features);
      expect(found).toMatchObject({ label: wanted!.label, className: wanted!.className });
      found!.probabilities!.forEach((p, j) => { expect(p).toBeCloseTo(wanted!.probabilities![j]!, 5); });
    }
    expect(model.predict([])).toEqual([]);
  });

  test.each([
    ['NaN', NaN, 'NaN'], ['infinity', Infinity, 'Infinity'], ['minus infinity', -Infinity, '-Infinity'], ['nothing', undefined, 'undefined'],
    ['null', null, 'null'], ['a text', '1', "'1'"], ['a truth', true, 'true'], ['a list', [1], '[1]'], ['a bigint', 1n, '1n'],
  ])('names row and column of %s', (__, value, received) => {
    const features = two((rows) => { rows[12 + 5] = value; }) as number[];
    const refusal = expect.objectContaining({
      code: 'ERR_DATA', message: `Expected a finite number for row 1, column 5 of features but received ${received}`, details: { row: 1, column: 5 },
    }) as Error;
    expect(() => model.predict(features)).toThrow(refusal);
    expect(() => model.outputs(features)).toThrow(refusal);
    if (typeof value === 'number') expect(() => model.predict(Float32Array.from(features))).toThrow(refusal);
  });

  test('names row and column of a hole', () => {
    const features = two((rows) => { Reflect.deleteProperty(rows, 3); }) as number[];
    expect(() => model.predict(features)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: { row: 0, column: 3 } }));
  });

  test('never says a class of outputs that are no numbers', () => {
    const features = two((rows) => { rows[12] = 3e38; rows[13] = -3e38; rows[14] = 3e38; }) as number[];
    try {
      for (const { probabilities } of model.predict(features)) expect(probabilities!.every(Number.isFinite)).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_DATA', message: expect.stringMatching(/row 1|column [0-2]/) as string });
    }
  });

  test.each([
    ['one number too few', row.slice(1), 'ERR_SHAPE'], ['one too many', [...row, 1], 'ERR_SHAPE'], ['nothing', undefined, 'ERR_CONFIG'],
    ['a number', 12, 'ERR_CONFIG'], ['a text of the right length', 'a'.repeat(12), 'ERR_CONFIG'], ['an object', { length: 12 }, 'ERR_CONFIG'],
    ['a view on bytes without elements', new DataView(new ArrayBuffer(12)), 'ERR_CONFIG'], ['a list of rows of which one is too short', [row, row.slice(1)], 'ERR_SHAPE'],
    ['a list of rows of which one is none', [row, 3], 'ERR_DATA'], ['records where columns have no names', [{ a: 1 }], 'ERR_CONFIG'],
    ['bigints', new BigInt64Array(12), 'ERR_DATA'],
  ])('refuses %s', (__, features, code) => {
    expect(() => model.predict(features as number[])).toThrow(expect.objectContaining({ code, message: expect.stringMatching(/^Expected .* but received /) as string }));
  });
});

test('a number that only float64 holds is no number to a model in float32', () => {
  const features = two((rows) => { rows[0] = 1e300; }) as number[];
  expect(() => models['of floats']!.predict(features)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
});

describe('rows of any form', () => {
  const model = models['of floats']!;
  const data = tinyData().validation;
  const wanted = model.predict(Float64Array.from(data.features));
  const rows = Array.from({ length: data.size }, (_, i) => data.features.subarray(12 * i, 12 * i + 12));
  test.each<[string, PredictRows]>([
    ['bytes', data.features], ['a Buffer', Buffer.from(data.features)], ['a flat list', Array.from(data.features)], ['lists', rows.map((one) => Array.from(one))], ['typed arrays', rows],
    ['typed arrays of several types', rows.map((one, i) => (i % 2 === 0 ? one : Float32Array.from(one)))], ['a data set', data],
  ])('%s give one prediction, on either thread', async (_, given) => {
    const before = structuredClone(given);
    const found = model.predict(given);
    expect(found.map(({ className }) => className)).toEqual(wanted.map(({ className }) => className));
    expect(await model.predictAsync(given)).toEqual(found);
    expect(given).toEqual(before);
  });
});

describe('predicting on a thread', () => {
  const model = models['of floats']!;
  const many = Float32Array.from({ length: 12 * 200_000 }, (_, i) => 80 + (i % 71));
  afterAll(() => model.close());

  test('leaves the event loop free, and gives the same in the same order', async () => {
    let [turns, longest, last] = [0, 0, performance.now()];
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      turns++;
    }, 1);
    const [all, few] = await Promise.all([model.predictAsync(many), model.predictAsync(many.subarray(0, 24))]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0); // on this thread none would come
    expect(few).toEqual(model.predict(many.subarray(0, 24)));
    expect(all.length).toBe(200_000);
    expect(all.slice(-300)).toEqual(model.predict(many).slice(-300));
  });

  test('names the row of an error among all rows', async () => {
    const bad = many.slice();
    bad[12 * 150_000 + 7] = NaN;
    const refusal = { code: 'ERR_DATA', message: 'Expected a finite number for row 150000, column 7 of features but received NaN', details: { row: 150_000, column: 7 } };
    await expect(model.predictAsync(bad)).rejects.toMatchObject(refusal);
    expect(() => model.predict(bad)).toThrow(expect.objectContaining(refusal));
  });

  test.each([['too few features', row.slice(1), 'ERR_SHAPE'], ['a text', 'abc', 'ERR_CONFIG'], ['nothing', undefined, 'ERR_CONFIG'], ['a DataView', new DataView(new ArrayBuffer(12)), 'ERR_CONFIG'], ['a function in a row', [[() => 1]], 'DataCloneError']])(
    'refuses %s as predict does', async (_, given, code) => {
      await expect(model.predictAsync(given as number[])).rejects.toMatchObject(code === 'DataCloneError' ? { message: expect.stringContaining('could not be cloned') as string } : { code });
    });

  test('ends with the reason of a signal, and goes on with the next call', async () => {
    await expect(model.predictAsync(many, { signal: AbortSignal.abort(new Error('no longer wanted')) })).rejects.toThrow('no longer wanted');
    const later = new AbortController();
    const under = model.predictAsync(many, { signal: later.signal });
    later.abort(); // its first rows are with the thread, whose answers come in later turns
    await expect(under).rejects.toMatchObject({ name: 'AbortError' });
    expect(await model.predictAsync(row)).toEqual(model.predict(row));
    expect(await model.predictAsync([])).toEqual([]);
  });

  test('follows new weights, and a model that was closed starts anew', async () => {
    const own = Model.load(model.toBytes());
    const first = own.predictAsync(row);
    own.setWeights({ '0.weight': new Float32Array(96) });
    expect(await first).toEqual(model.predict(row));
    expect(await own.predictAsync(row)).toEqual(own.predict(row));
    const under = own.predictAsync(many);
    await own.close();
    await expect(under).rejects.toMatchObject({ code: 'ERR_WORKER' });
    expect(await own.predictAsync(row)).toEqual(own.predict(row));
    await own.close();
    await own.close();
  });

  test('a process ends by itself after it', () => {
    const file = join(temporary, 'model.safetensors');
    model.save(file);
    const script = `const { Model } = require('blastrain'); Model.load(${JSON.stringify(file)}).predictAsync(${JSON.stringify(row)}).then((all) => console.log(all.length));`;
    const { stdout, status } = spawnSync(process.execPath, ['-e', script.replace("'blastrain'", JSON.stringify(join(root, 'dist')))], { encoding: 'utf8', timeout: 20_000 });
    expect([stdout, status]).toEqual(['1\n', 0]);
  });
});
