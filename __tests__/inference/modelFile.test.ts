import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRows } from '../../lib/data/rows';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { parseSpec } from '../../lib/spec/spec';
import { decodeTensors, encodeTensors } from '../../lib/train/safetensors';
import { temporaryFolder } from '../support/folder';
import { tinyData } from '../support/data/tinyData';
import { drive, run } from '../support/run';

const golden = join(__dirname, '../golden/modelFile');
const torch = JSON.parse(readFileSync(`${golden}.json`, 'utf8')) as Record<'rows' | 'float32' | 'float64' | 'bfloat16', number[]>;
const folder = temporaryFolder();
const checkpoint = run({ steps: 4 }).checkpoint;
const features = tinyData().validation.features as Uint8Array;
const namesOf = (bytes: Uint8Array): string[] => [...decodeTensors(bytes, 'it').tensors.keys()].sort();
const refusal = (code: string, message: string | RegExp): Error =>
  expect.objectContaining({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) as string }) as Error;

describe.each([['float32', 1e-5], ['float64', 1e-12], ['bfloat16', 1e-5]] as const)('a model file in %s', (name, tolerance) => {
  const file = join(golden, `${name}.safetensors`);
  test('gives the probabilities that PyTorch computes from it', () => {
    const found = Model.load(file, { backend: 'typescript' }).outputs(torch.rows);
    expect(found.length).toBe(torch[name].length);
    torch[name].forEach((wanted, i) => { expect(Math.abs(found[i]! - wanted)).toBeLessThan(tolerance); });
  });

  test('is what is written today', () => {
    const written = Model.load(file).toBytes(name === 'bfloat16' ? { dtype: name } : {});
    expect(Buffer.from(written).equals(readFileSync(file))).toBe(true);
  });
});

test('has the keys of a torch nn.Sequential and nothing else', () => {
  const { tensors, metadata } = decodeTensors(readFileSync(join(golden, 'bfloat16.safetensors')), 'it');
  expect(metadata['format']).toBe('pt');
  expect(Object.fromEntries([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { shape, data }]) => [key, `${data.constructor.name} ${shape.join('x')}`]))).toEqual({
    '0.bias': 'Uint16Array 8', '0.weight': 'Uint16Array 8x12',
    '1.bias': 'Uint16Array 8', '1.num_batches_tracked': 'BigInt64Array ', '1.running_mean': 'Float32Array 8', '1.running_var': 'Float32Array 8', '1.weight': 'Uint16Array 8',
    '4.bias': 'Uint16Array 6', '4.weight': 'Uint16Array 6x8', '5.bias': 'Uint16Array 6', '5.weight': 'Uint16Array 6', '7.bias': 'Uint16Array 3', '7.weight': 'Uint16Array 3x6',
  });
  expect(tensors.get('1.num_batches_tracked')!.data).toEqual(BigInt64Array.of(12n));
});

const people = Array.from({ length: 40 }, (_, i) => ({ age: i, town: ['Bern', 'Rome', 'Oslo'][i % 3], when: `2020-01-${String(1 + (i % 28)).padStart(2, '0')}`, price: i + (i % 3) }));
const ofRows = async (spec: object): Promise<Model> => {
  const parsed = parseSpec({ hidden: [6], steps: 5, batchSize: 10, evaluateEvery: 5, seed: 1, learningRate: 0.01, ...spec });
  return Model.load(drive(runTraining(parsed, await loadRows(people, { target: 'price', numericTargets: true }), 'run')).checkpoint);
};
const models: Readonly<Record<string, () => Model | Promise<Model>>> = {
  plain: () => Model.load(checkpoint),
  'in float64': () => Model.load(run({ steps: 4, dtype: 'float64' }).checkpoint),
  'with averaged weights': () => Model.load(run({ steps: 4, emaDecay: 0.9 }).checkpoint),
  'on whitened inputs': () => Model.load(run({ steps: 4, normalization: 'zca' }).checkpoint),
  'with calibrated probabilities': () => Model.load(run({ steps: 10, calibration: 'temperature' }).checkpoint),
  'with residual blocks': () => Model.load(run({ steps: 4, layers: [12, 8, 8, 3], residual: true, norm: 'batch' }).checkpoint),
  'of an ensemble': () => Model.load(run({ steps: 4, members: 3 }).checkpoint),
  'of a table, with a scaled target': () => ofRows({ loss: 'mse' }),
  'of a table, with embeddings and factors': () => ofRows({ loss: 'mse', numericEmbedding: 'pbld', data: 'jsonl', dataFile: 'none.jsonl', oneHot: 1, parametricActivation: true, inputScale: true }),
  'of quantiles': () => ofRows({ loss: 'quantile', quantiles: [0.1, 0.9] }),
};

describe.each(Object.entries(models))('a model %s', (_, make) => {
  test('predicts the same to the bit after a save and a load, also of the trained data set', async () => {
    const model = await make();
    const file = join(folder, 'some', 'model.safetensors');
    model.save(file);
    const again = Model.load(file);
    const rows = model.columns === undefined ? features : people;
    expect(again.outputs(rows)).toEqual(model.outputs(rows));
    expect(again.outputNames).toEqual(model.outputNames);
    for (const key of ['spec', 'columns', 'classNames', 'targetNames', 'dataDigest', 'step', 'temperature', 'metrics'] as const) expect([key, again[key]]).toEqual([key, model[key]]);
    expect(again.summary()).toEqual(model.summary());
    expect(Buffer.from(again.toBytes()).equals(readFileSync(file))).toBe(true);
    expect(namesOf(model.toBytes()).filter((name) => !/^\d+\.(body\.\d+\.)?\w+$/.test(name) && name !== 'normalization.matrix')).toEqual([]);
    if (again.classNames.length > 0) expect(again.evaluate(tinyData().validation)).toEqual(model.evaluate(tinyData().validation));
  });

  test('in bfloat16 has parameters that are off by at most 1/256 of each', async () => {
    const model = await make();
    const bytes = model.toBytes({ dtype: 'bfloat16' });
    expect(bytes.length).toBeLessThan(model.toBytes().length);
    const [found, wanted] = [Model.load(bytes).weights(), model.weights()];
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    for (const [name, { values }] of Object.entries(wanted)) {
      values.forEach((value, i) => { expect(Math.abs(found[name]!.values[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256); });
    }
  });
});

test('the averaged weights are those that a model file has', () => {
  const averaged = run({ steps: 4, emaDecay: 0.9 }).checkpoint;
  const { tensors } = decodeTensors(averaged, 'it');
  expect(decodeTensors(Model.load(averaged).toBytes(), 'it').tensors.get('0.weight')!.data).toEqual(tensors.get('W1')!.data);
  expect(Model.load(checkpoint).weights()['0.weight']!.values).not.toEqual(tensors.get('W1')!.data);
});

test('a run\'s folder, its checkpoint, its model file and the bytes of that are one model', () => {
  const place = RunFolder.create({ runs: folder, name: 'run' });
  run({ steps: 4 }, { place });
  place.close();
  const model = Model.load(place.path);
  const file = join(folder, 'of-run.safetensors');
  model.save(file);
  symlinkSync(file, join(folder, 'link'));
  const wanted = model.predict(features);
  for (const from of [join(place.path, 'checkpoint.safetensors'), file, join(folder, 'link'), readFileSync(file), new Uint8Array(readFileSync(file))]) expect(Model.load(from).predict(features)).toEqual(wanted);
  expect(model.metrics).toMatchObject({ step: 4, loss: expect.any(Number) as number, accuracy: expect.any(Number) as number });
});

describe('a file that is no model is ERR_CHECKPOINT in a sentence:', () => {
  const bytes = Model.load(checkpoint).toBytes();
  const other = (metadata: Record<string, string>): Uint8Array => encodeTensors({ tensors: new Map([['0.weight', { shape: [2], data: Float32Array.of(1, 2) }]]), metadata });

  test.each([10, 100, bytes.length - 1])('cut to %i bytes', (length) => {
    expect(() => Model.load(bytes.subarray(0, length), { name: 'some.file' })).toThrow(refusal('ERR_CHECKPOINT', /^Expected a whole safetensors file for some\.file but received /));
  });

  test('with any bit of it changed', () => {
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = bytes.slice();
      changed[at]! ^= 4;
      expect(() => Model.load(changed, { name: 'some.file' })).toThrow(refusal('ERR_CHECKPOINT', /^Expected .*some\.file.* but received /));
    }
  });

  test('of another program, whatever its types', () => {
    const header = Buffer.from(JSON.stringify({ x: { dtype: 'F16', shape: [1], data_offsets: [0, 2] }, __metadata__: { format: 'pt' } }));
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    expect(() => Model.load(Buffer.concat([length, header, Buffer.alloc(2)]), { name: 'some.file' }))
      .toThrow(refusal('ERR_CHECKPOINT', 'Expected a safetensors file that blastrain has written for some.file but received one of another program, without a digest'));
    expect(() => Model.load(other({ format: 'pt' }), { name: 'some.file' })).toThrow(refusal('ERR_CHECKPOINT', /another program$/));
  });

  test.each([
    ['no JSON', '{', /^Expected valid JSON for the description in some\.file/], ['another version', '{"version": 2}', /^Expected 1 for version in the description in some\.file but received 2$/],
  ])('with %s in its description', (_, blastrain, message) => {
    expect(() => Model.load(other({ format: 'pt', blastrain }), { name: 'some.file' })).toThrow(refusal('ERR_CHECKPOINT', message));
  });

  test('that lacks a tensor or has one of another shape or of integers', () => {
    const { tensors, metadata } = decodeTensors(bytes, 'it');
    const changed = (data: Float32Array | Int32Array | undefined, shape = [3]): Uint8Array => {
      const all = new Map(tensors);
      all.delete('2.bias');
      if (data !== undefined) all.set('2.bias', { shape, data });
      return encodeTensors({ tensors: all, metadata });
    };
    for (const [file, received] of [[changed(undefined), 'no such tensor'], [changed(new Float32Array(4), [4]), '[4]'], [changed(new Int32Array(3)), 'integers']] as const) {
      expect(() => Model.load(file, { name: 'some.file' })).toThrow(refusal('ERR_CHECKPOINT', `Expected shape [3] for 2.bias in some.file but received ${received}`));
    }
  });

  test('a training cannot go on from a model file', () => {
    mkdirSync(join(folder, 'odd'));
    writeFileSync(join(folder, 'odd', 'x.safetensors'), bytes);
    expect(() => Model.load(join(folder, 'odd'))).toThrow(refusal('ERR_IO', /spec\.json/));
  });
});

describe('weights', () => {
  test('are copies by name, with shapes, and predict what they are set to', () => {
    const [model, other] = [Model.load(checkpoint), Model.load(run({ steps: 4, seed: 9 }).checkpoint)];
    const weights = model.weights();
    expect(Object.entries(weights).map(([name, { shape }]) => [name, shape])).toEqual([['0.weight', [8, 12]], ['0.bias', [8]], ['2.weight', [3, 8]], ['2.bias', [3]]]);
    const before = model.predict(features);
    weights['0.weight']!.values.fill(0);
    expect(model.predict(features)).toEqual(before);
    model.setWeights(Object.fromEntries(Object.entries(other.weights()).map(([name, { values }]) => [name, Array.from(values)])));
    expect(model.predict(features)).toEqual(other.predict(features));
    expect(Model.load(model.toBytes()).predict(features)).toEqual(other.predict(features));
  });

  test.each<[string, unknown, string, string]>([
    ['no object', 3, 'ERR_CONFIG', 'Expected arrays by name for weights but received 3'],
    ['a name that it lacks', { '0.weihgt': [1] }, 'ERR_CONFIG', 'Expected a weight of the model, perhaps 0.weight, for weights but received \'0.weihgt\''],
    ['no array', { '2.bias': 'abc' }, 'ERR_CONFIG', 'Expected an array of numbers for weights.2.bias but received \'abc\''],
    ['too few values', { '2.bias': [1, 2] }, 'ERR_SHAPE', 'Expected 3 values [3] for weights.2.bias but received 2'],
    ['NaN', { '2.bias': [1, NaN, 3] }, 'ERR_DATA', 'Expected a finite number that float32 holds for value 1 of weights.2.bias but received NaN'],
    ['a number too large', { '2.bias': [1, 1e300, 3] }, 'ERR_DATA', 'Expected a finite number that float32 holds for value 1 of weights.2.bias but received 1e+300'],
    ['bigints', { '2.bias': new BigInt64Array(3) }, 'ERR_DATA', 'Expected a finite number that float32 holds for value 0 of weights.2.bias but received 0n'],
  ])('refuse %s and leave the model as it is', (_, weights, code, message) => {
    const model = Model.load(checkpoint);
    const before = model.weights();
    const given = typeof weights === 'object' ? { '0.bias': new Float32Array(8), ...weights } : weights;
    expect(() => { model.setWeights(given as Record<string, number[]>); }).toThrow(refusal(code, message));
    expect(model.weights()).toEqual(before);
  });

  test('refuse a negative variance', () => {
    const model = Model.load(join(golden, 'float32.safetensors'));
    expect(() => { model.setWeights({ '1.running_var': new Float32Array(8).fill(-1) }); }).toThrow(refusal('ERR_DATA', /^Expected a variance of at least 0/));
  });
});

test.each([['a number', 3], ['an object', {}], ['nothing', undefined], ['no text', '']])('%s is no model', (_, from) => {
  expect(() => Model.load(from as string)).toThrow(refusal('ERR_CONFIG', /^Expected a path/));
});

test('a model is saved as one of two types only, to a path', () => {
  const model = Model.load(checkpoint);
  expect(() => model.toBytes({ dtype: 'float16' as 'float32' })).toThrow(refusal('ERR_CONFIG', 'Expected float32 or bfloat16 for dtype but received \'float16\''));
  expect(() => { model.save(undefined as unknown as string); }).toThrow(refusal('ERR_CONFIG', /^Expected a path/));
});
