import { presets } from '../../lib/spec/presets';
import { applySettings, parseSpec, specFields, withBatchSize } from '../../lib/spec/spec';
import type { TrainSpec } from '../../lib/spec/spec';

const base = { steps: 10 };

test('fills in every default', () => {
  const spec = parseSpec(base);
  expect(Object.keys(spec).sort()).toEqual(Object.keys(specFields).sort());
  expect(spec).toMatchObject({ layers: [3072, 50, 10], batchSize: 200, seed: 0, steps: 10, epochs: null });
});

test.each(Object.keys(presets))('the preset %s is a legal spec', (name) => {
  expect(() => parseSpec(presets[name]!.spec)).not.toThrow();
});

test('reads −0 as 0, as it is written', () => {
  expect(parseSpec({ ...base, seed: -0 })).toEqual(parseSpec({ ...base, seed: 0 }));
  expect(parseSpec({ ...base, classWeights: [1, -0], model: [{ type: 'linear', size: 3 }, { type: 'dropout', rate: -0 }, { type: 'linear' }] }))
    .toEqual(parseSpec({ ...base, classWeights: [1, 0], model: [{ type: 'linear', size: 3 }, { type: 'dropout', rate: 0 }, { type: 'linear' }] }));
});

test('ignores the record that a run adds, so that its spec.json can be trained again', () => {
  expect(parseSpec({ ...base, record: { name: 'x' } })).toEqual(parseSpec(base));
});

test.each([
  ['learnignRate', 'learningRate'],
  ['lr', 'learningRate'],
  ['sizes', 'layers'],
  ['batchsize', 'batchSize'],
])('refuses the key %s and suggests %s', (key, suggestion) => {
  expect(() => parseSpec({ ...base, [key]: 1 })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', details: { path: key, nearest: suggestion }, message: expect.stringContaining(suggestion) as string }),
  );
});

test.each([
  ['learningRate', -1], ['learningRate', '0.1'], ['learningRate', Number.NaN], ['layers', [3072]], ['layers', [3, 0, 2]],
  ['layers', 'x'], ['momentum', 1], ['batchSize', 0], ['batchSize', 2.5], ['seed', -1], ['seed', 2 ** 32],
  ['dtype', 'float16'], ['backend', 'cuda'], ['l2', -0.1], ['decay', 0], ['decay', 1.5], ['normalization', 'zscore'], ['nesterov', 1],
  ['shards', 3], ['shards', 0.5], ['shards', 8192], ['divisions', 0], ['divisions', 257],
])('refuses %s = %j and names it', (path, value) => {
  expect(() => parseSpec({ ...base, [path]: value })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', details: { path }, message: expect.stringMatching(/^Expected .* but received /) as string }),
  );
});

test.each([[{}, 'neither'], [{ steps: 1, epochs: 1 }, 'both']])('wants one length of training: %j', (spec, received) => {
  expect(() => parseSpec(spec)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(received) as string }));
});

test.each([null, 3, 'two-layer', [1]])('refuses %j as a spec', (input) => {
  expect(() => parseSpec(input)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

test.each([
  [{ batchSize: 100, shards: 8 }, 'Expected a batchSize that they divide for shards but received 100'],
  [{ batchSize: 8, shards: 8, norm: 'batch' }, 'Expected a batchSize of at least 2 rows each, with batch normalisation, for shards but received 8'],
])('refuses %j', (spec, message) => {
  expect(() => parseSpec({ ...base, ...spec })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'shards' }, message }));
});

test('shards make the divisions a number of the spec, and a batch that follows from the rows a multiple of them', () => {
  expect(parseSpec(base).divisions).toBeNull();
  expect(parseSpec({ ...base, batchSize: 64, shards: 4 }).divisions).toBe(8);
  expect(parseSpec({ ...base, batchSize: 64, shards: 4, divisions: 3 }).divisions).toBe(3);
  expect([3000, 200, 40, 14].map((rows) => withBatchSize(parseSpec({ ...base, batchSize: null, shards: 8 }), rows).batchSize)).toEqual([256, 16, 16, 8]);
});

test('nesterov needs momentum', () => {
  expect(() => parseSpec({ ...base, nesterov: true })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

describe('settings', () => {
  test('read numbers, lists, words and null', () => {
    expect(applySettings(base, ['learningRate=1e-2', 'layers=3072,20,10', 'backend=typescript', 'threads=null', 'nesterov=true'])).toEqual({
      steps: 10, learningRate: 0.01, layers: [3072, 20, 10], backend: 'typescript', threads: null, nesterov: true,
    });
  });
  test.each([['.1', 0.1], ['1.', 1], ['+0.1', 0.1], ['1e-3', 1e-3], ['.5e-1', 0.05], ['+1.E0', 1]])('read the number %s', (text, value) => {
    expect(applySettings(base, [`learningRate=${text}`])).toEqual({ steps: 10, learningRate: value });
  });
  test('read numbers in lists alike, one number as a list of one, and text where a key is one', () => {
    expect(applySettings(base, ['milestones=.5,1.,+2', 'classWeights=1', 'dataFile=2024', 'target=007'])).toEqual({
      steps: 10, milestones: [0.5, 1, 2], classWeights: [1], dataFile: '2024', target: 7,
    });
  });
  test.each([
    ['learningRate=1_000', "'1_000'"], ['learningRate=0x10', "'0x10'"], ['learningRate=', "''"], ['batchSize=ten', "'ten'"],
    ['layers=3072,,10', "'3072,,10'"], ['layers=3072,10,', "'3072,10,'"], ['batchSize=1.5', '1.5'], ['learningRate=1e999', 'Infinity'],
    ['learningRate="0.1"', "'0.1'"],
  ])('leave %s to be refused as it was written', (setting, received) => {
    expect(() => parseSpec(applySettings(base, [setting]))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(new RegExp(`for \\w+ but received ${received}$`)) as string }) as Error,
    );
  });
  test('replace one length by the other', () => {
    expect(applySettings({ steps: 10 }, ['epochs=2'])).toEqual({ epochs: 2 });
    expect(applySettings({ epochs: 2 }, ['steps=10'])).toEqual({ steps: 10 });
  });
  test.each(['learningRate', '=3', 'lr=3'])('refuse %s', (setting) => {
    expect(() => applySettings(base, [setting])).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});

test.each([
  [3, 3], [16, 16], [100, 16], [256, 32], [1000, 64], [5000, 256], [1e6, 256],
])('of %i training rows follows a batch of %i', (rows, batchSize) => {
  expect(withBatchSize(parseSpec({ steps: 1, batchSize: null }), rows).batchSize).toBe(batchSize);
  expect(withBatchSize(parseSpec({ steps: 1, batchSize: 7 }), rows).batchSize).toBe(7);
});

test.each([
  [8, 2], [64, 16], [400, 64], [4096, 64],
])('of %i chunkRows follows a batch of at most a quarter', (chunkRows, batchSize) => {
  const spec = withBatchSize(parseSpec({ steps: 1, batchSize: null, data: 'npy', dataFile: 'x.npy', target: 'y.npy', layers: [1, 2], chunkRows }), 1000);
  expect(spec.batchSize).toBe(batchSize);
  expect(parseSpec(spec).chunkRows).toBe(chunkRows);
});

test.each<[string, Partial<TrainSpec>, Partial<TrainSpec>]>([
  ['layers, batch and length', {}, { hidden: [256, 256], batchSize: null, epochs: 60, steps: null }],
  ['not what is said', { hidden: [8], batchSize: 50, steps: 10 }, { hidden: [8], batchSize: 50, steps: 10, epochs: null }],
  ['no hidden beside layers', { layers: [4, 3] }, { layers: [4, 3], hidden: null }],
  ['no hidden beside a model', { model: [{ type: 'linear' }] }, { hidden: null, epochs: 60 }],
])('of a table need not be said: %s', (_, given, wanted) => {
  const spec = parseSpec({ dataFile: 'a.csv', ...given });
  expect(spec).toMatchObject(wanted);
  // As a run's spec.json holds it.
  expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
});

test.each([
  ['a.csv', 'csv'], ['b.TSV', 'csv'], ['c.jsonl', 'jsonl'], ['d.npz', 'npy'],
])('the name %s says that it is read as %s', (dataFile, data) => {
  expect(parseSpec({ steps: 1, dataFile, ...(data === 'npy' ? { target: 'y' } : {}) }).data).toBe(data);
  expect(() => parseSpec({ steps: 1, dataFile: 'e.dat' })).toThrow(/a name that ends in \.csv, .* \(data says what a file of another name holds\) for dataFile but received 'e\.dat'/);
});
