import { Model } from '../../lib/inference/model';
import type { TrainingData } from '../../lib/build/buildTraining';
import { run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

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
      found!.probabilities.forEach((p, j) => { expect(p).toBeCloseTo(wanted!.probabilities[j]!, 5); });
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
    expect(() => model.predictNumbers(features)).toThrow(refusal);
    if (typeof value === 'number') expect(() => model.predict(Float32Array.from(features))).toThrow(refusal);
  });

  test('names row and column of a hole', () => {
    const features = two((rows) => { Reflect.deleteProperty(rows, 3); }) as number[];
    expect(() => model.predict(features)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: { row: 0, column: 3 } }));
  });

  test('never says a class of outputs that are no numbers', () => {
    const features = two((rows) => { rows[12] = 3e38; rows[13] = -3e38; rows[14] = 3e38; }) as number[];
    try {
      for (const { probabilities } of model.predict(features)) expect(probabilities.every(Number.isFinite)).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_DATA', message: expect.stringMatching(/row 1|column [0-2]/) as string });
    }
  });

  test.each([
    ['one number too few', row.slice(1), 'ERR_SHAPE'], ['one too many', [...row, 1], 'ERR_SHAPE'], ['nothing', undefined, 'ERR_CONFIG'],
    ['a number', 12, 'ERR_CONFIG'], ['a text of the right length', 'a'.repeat(12), 'ERR_CONFIG'], ['an object', { length: 12 }, 'ERR_CONFIG'],
    ['a view on bytes without elements', new DataView(new ArrayBuffer(12)), 'ERR_CONFIG'], ['a list of rows', Array.from({ length: 12 }, () => row), 'ERR_DATA'],
    ['bigints', new BigInt64Array(12), 'ERR_DATA'],
  ])('refuses %s', (__, features, code) => {
    expect(() => model.predict(features as number[])).toThrow(expect.objectContaining({ code, message: expect.stringMatching(/^Expected .* but received /) as string }));
  });
});

test('a number that only float64 holds is no number to a model in float32', () => {
  const features = two((rows) => { rows[0] = 1e300; }) as number[];
  expect(() => models['of floats']!.predict(features)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
});
