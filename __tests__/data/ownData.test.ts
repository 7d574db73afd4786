import { dataset, split } from '../../lib/data/ownData';
import type { OwnData } from '../../lib/data/ownData';
import { loadRows } from '../../lib/data/rows';
import { train } from '../../lib/run/train';

const numbers = [1, 2, 3, 4, 5, 6];
const labels = [0, 1, 1];

test.each<[string, OwnData['features'], string]>([
  ['bytes', Uint8Array.from(numbers), 'Uint8Array'],
  ['clamped bytes', Uint8ClampedArray.from(numbers), 'Float32Array'],
  ['int16', Int16Array.from(numbers), 'Float32Array'],
  ['uint32', Uint32Array.from(numbers), 'Float32Array'],
  ['int64', BigInt64Array.from(numbers.map(BigInt)), 'Float32Array'],
  ['float32', Float32Array.from(numbers), 'Float32Array'],
  ['float64 that float32 holds', Float64Array.from(numbers), 'Float32Array'],
  ['a plain array', numbers, 'Float32Array'],
  ['lists', [[1, 2], [3, 4], [5, 6]], 'Float32Array'],
  ['typed rows', [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)], 'Float32Array'],
])('features as %s are rows on shared memory', (_, features, type) => {
  const data = dataset({ features, labels });
  expect(data).toMatchObject({ size: 3, featureSize: 2, classNames: ['0', '1'], name: 'data' });
  expect(data.features.constructor.name).toBe(type);
  expect(Array.from(data.features)).toEqual(numbers);
  expect(Object.prototype.toString.call(data.features.buffer)).toBe('[object SharedArrayBuffer]');
});

test('numbers that float32 does not hold stay float64, and what is shared already is not copied', () => {
  expect(dataset({ features: [0.1, 2 ** 30 + 1, 3], labels }).features.constructor.name).toBe('Float64Array');
  const own = new Float32Array(new SharedArrayBuffer(24));
  expect(dataset({ features: own, labels }).features.buffer).toBe(own.buffer);
});

test('labels are indices or names, targets one or several a row', () => {
  expect(dataset({ features: [1, 2, 3], labels: ['b', 'a', 'b'] })).toMatchObject({ labels: Int32Array.of(1, 0, 1), classNames: ['a', 'b'] });
  expect(dataset({ features: [1, 2, 3], labels: ['b', 'a', 'b'], classNames: ['b', 'a', 'c'] })).toMatchObject({ labels: Int32Array.of(0, 1, 0), classNames: ['b', 'a', 'c'] });
  expect(dataset({ features: numbers, targets: [0.1, 0.2, 0.3] })).toMatchObject({ size: 3, targets: Float64Array.of(0.1, 0.2, 0.3), classNames: [] });
  expect(dataset({ features: [[1], [2]], targets: [[1, 2], [3, 4]], weights: [1, 0.5] })).toMatchObject({ size: 2, targets: Float64Array.of(1, 2, 3, 4), weights: Float64Array.of(1, 0.5) });
  expect(dataset({ features: new Uint8Array(8), targets: [1, 2], imageShape: { channels: 1, height: 2, width: 2 } })).toMatchObject({ size: 2, featureSize: 4 });
});

test('records and named lists become the features that loadRows makes of them', async () => {
  const records = Array.from({ length: 6 }, (_, i) => ({ length: i, kind: i % 2 === 0 ? 'oak' : 'ash', at: i === 3 ? null : 0.5 * i }));
  const { train: rows } = await loadRows(records.map((record, i) => ({ ...record, y: i % 3 })), { target: 'y', sizes: { validation: 0, test: 0 } });
  const data = dataset({ features: records, labels: [0, 1, 2, 0, 1, 2] });
  const lists = dataset({ features: records.map((record) => Object.values(record)), columns: ['length', 'kind', 'at'], labels: [0, 1, 2, 0, 1, 2] });
  for (const one of [data, lists]) expect({ features: one.features, columns: one.columns, labels: one.labels }).toEqual({ features: rows.features, columns: rows.columns, labels: rows.labels });
});

test('split shares rows out, with a digest of the rows and of how', () => {
  const data = dataset({ features: Float32Array.from({ length: 200 }, (_, i) => i), labels: Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 1 : 0)) });
  const parts = split(data, { validation: 0.2, test: 10, seed: 3, stratify: true });
  expect([parts.train.size, parts.validation.size, parts.test.size]).toEqual([70, 20, 10]);
  expect(parts.validation.labels.reduce((sum, label) => sum + label, 0)).toBe(2);
  expect(parts.train.features).toBe(data.features);
  const rows = [parts.train, parts.validation, parts.test].flatMap(({ order }) => Array.from(order!));
  expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(split(data, { validation: 0.2, test: 10, seed: 3, stratify: true })).toEqual(parts);
  const digests = [parts, split(data, { seed: 4 }), split(data), split(dataset({ features: new Float32Array(200), labels: data.labels }))].map(({ origin }) => origin.digest);
  expect(new Set(digests).size).toBe(4);
});

test.each<[object, string]>([
  [{ features: numbers }, 'Expected either labels or targets for given but received \'neither\''],
  [{ features: numbers, labels, targets: labels }, 'Expected either labels or targets for given but received \'both\''],
  [{ features: numbers, labels: [0, 1, 1, 0] }, 'Expected a multiple of 4 numbers, one for each row, for features but received 6'],
  [{ features: [1, NaN, 3], labels }, 'Expected a finite number for row 1, column 0 of features but received NaN'],
  [{ features: [[1, 2], [3], [4, 5]], labels }, 'Expected 2 numbers for row 1 of features but received 1'],
  [{ features: [[1], [2]], labels }, 'Expected 3 rows, as there are labels or targets, for features but received 2'],
  [{ features: BigInt64Array.of(1n, 2n ** 60n, 3n), labels }, 'Expected an integer below 2^53 for row 1, column 0 of features but received'],
  [{ features: [1, 2, 3], labels: [0, 1.5, 1] }, 'Expected a class index from 0 to 65535, or the name of a class, for row 1 of labels but received 1.5'],
  [{ features: [1, 2, 3], labels: ['a', 'b', 'c'], classNames: ['a', 'b'] }, 'Expected one of 2 classes for row 2 of labels but received \'c\''],
  [{ features: [1, 2, 3], labels, weights: [1, 1] }, 'Expected 3 rows, as there are labels or targets, for weights but received 2'],
  [{ features: numbers, labels, imageShape: { channels: 1, height: 2, width: 2 } }, 'Expected 2 numbers, as rows have, for imageShape but received 4'],
  [{ features: [{ a: 1 }, [2], { a: 3 }], labels }, 'Expected an object by the names of columns for row 1 of features but received [2]'],
])('refuses %#', (given, message) => {
  expect(() => dataset(given as OwnData)).toThrow(message);
});

test('train takes what split gives, without validation rows too', async () => {
  const data = dataset({ features: Array.from({ length: 40 }, (_, i) => [i % 2, 1]), labels: Array.from({ length: 40 }, (_, i) => ['even', 'odd'][i % 2]!) });
  const model = await train({ epochs: 2 }, { data: split(data, { validation: 0, test: 0 }) }).model;
  expect(model.predict([[1, 1]])[0]).toMatchObject({ className: expect.stringMatching(/even|odd/) as string });
});
