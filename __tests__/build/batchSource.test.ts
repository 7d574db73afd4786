import { spawnSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../lib/data/sources';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { decodeCheckpoint } from '../../lib/train/checkpoint';
import { packageRoot } from '../../lib/files';
import { backends, variants } from '../support/backends';
import { writeFlowers } from '../support/data/flowers';
import { temporaryFolder } from '../support/folder';
import { saveNpy } from '../support/data/npy';
import { drive, run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

type TableSplits = ReturnType<typeof loadData>;

const folder = temporaryFolder();
const tiny = tinyData();
const imageShape = { channels: 3, height: 2, width: 2 };
const pictures = { train: { ...tiny.train, imageShape }, validation: { ...tiny.validation, imageShape }, origin: tiny.origin };

describe.each(variants)('on $backend in $dtype', ({ backend, dtype }) => {
  test.each<[string, object]>([
    ['augmentation', { flip: true, shift: 1, cutout: 1, mixup: 0.3 }],
    ['pca', { normalization: 'pca', components: 5, whitenEpsilon: 0.01, layers: [5, 8, 3] }],
    ['zca', { normalization: 'zca' }],
  ])('learns with %s, and the same again', (_, spec) => {
    const whole = { backend, dtype, threads: 1, steps: 60, ...spec };
    const first = run(whole, { data: pictures });
    expect(first.result.valAccuracy).toBeGreaterThan(0.8);
    expect(withoutTimes(run(whole, { data: pictures }).events)).toEqual(withoutTimes(first.events));
  });

  test('learns a table, by the names of its classes', () => {
    const spec = parseSpec({
      data: 'csv', dataFile: writeFlowers(folder), target: 'kind', testRows: 0.2, layers: [4, 16, 3], learningRate: 0.1, momentum: 0.9,
      batchSize: 16, epochs: 20, backend, dtype,
    });
    const data = loadData(dataRequest(spec));
    const { checkpoint, result } = drive(runTraining(spec, data, 'flowers'));
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([105, 15, 30]);
    expect(result.valAccuracy).toBeGreaterThan(0.8);
    const classifier = Model.load(checkpoint, { name: 'memory' });
    expect(classifier.evaluate(data.test).accuracy).toBeGreaterThan(0.8);
    const kinds = classifier.predict(Float64Array.of(5.1, 3.5, 1.4, 0.2, 6.7, 3.1, 5.6, 2.4)).map(({ className }) => className);
    expect(kinds).toEqual(['setosa', 'virginica']);
  });
});

test('augmentation leaves batches and weights alone, and differs with the seed', () => {
  const digest = (spec: object): string => run({ steps: 3, ...spec }, { data: pictures }).result.parametersDigest;
  const all = [{}, { flip: true }, { flip: true, seed: 4 }, { shift: 1 }, { cutout: 1 }, { mixup: 0.5 }].map(digest);
  expect(new Set(all).size).toBe(all.length);
});

test('evaluation sees rows as they are', () => {
  const { checkpoint, result } = run({ mixup: 1, flip: true, cutout: 2 }, { data: pictures });
  const { train, validation } = tiny;
  const classifier = Model.load(checkpoint, { name: 'memory' });
  expect(classifier.evaluate(validation).accuracy).toBe(result.valAccuracy);
  expect(classifier.evaluate(train).accuracy).toBe(result.trainAccuracy);
});

describe('a whitened model', () => {
  const { checkpoint, result } = run({ normalization: 'pca', components: 5, layers: [5, 8, 3] });

  test.each(backends)('predicts from features on %s: the matrix is part of it', (backend) => {
    const classifier = Model.load(checkpoint, { name: 'memory', backend });
    expect(classifier.evaluate(tiny.validation).accuracy).toBe(result.valAccuracy);
    expect(classifier.predict(tiny.validation.features.subarray(0, 24))).toHaveLength(2);
    expect(() => classifier.predict(new Uint8Array(10))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  test('shows the first layer on features', () => {
    const { weights, units } = Model.load(checkpoint, { name: 'memory' }).firstLayer()!;
    const { tensors } = decodeCheckpoint(checkpoint, 'memory');
    const [first, matrix] = ['W1', 'normalization.matrix'].map((name) => tensors.get(name)!.data as Float32Array) as [Float32Array, Float32Array];
    expect([units, weights.length, matrix.length]).toEqual([8, 8 * 12, 5 * 12]);
    let sum = 0;
    for (let p = 0; p < 5; p++) sum += first[5 + p]! * matrix[p * 12 + 3]!;
    expect(weights[12 + 3]).toBeCloseTo(sum, 5);
  });

  test('needs a net for its components', () => {
    expect(() => run({ normalization: 'pca', components: 5 })).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringContaining('Expected 5 inputs') as string }),
    );
  });
});

describe('rows that stay on disk', () => {
  const file = join(folder, 'rows.npy');
  const target = join(folder, 'labels.npy');
  beforeAll(() => {
    const { features, labels } = tinyData(600).train;
    saveNpy(file, '|u1', '(600, 12)', features);
    saveNpy(target, '<i4', '(600,)', labels);
  });
  const specOf = (spec: object) => parseSpec({
    data: 'npy', dataFile: file, target, layers: [12, 8, 3], learningRate: 0.1, momentum: 0.9, batchSize: 20, epochs: 3, threads: 1, ...spec,
  });
  const trained = (spec: object) => {
    const parsed = specOf(spec);
    return drive(runTraining(parsed, loadData(dataRequest(parsed)), 'run'));
  };

  test.each(variants)('train as well as rows in memory, and the same again ($backend, $dtype)', (variant) => {
    const stored = trained({ ...variant, chunkRows: 80 });
    expect(stored.result.valAccuracy).toBeGreaterThan(0.9);
    expect(withoutTimes(trained({ ...variant, chunkRows: 80 }).events)).toEqual(withoutTimes(stored.events));
    // Other batches than in memory: the order is less random.
    expect(trained({ ...variant }).result.parametersDigest).not.toBe(stored.result.parametersDigest);
  });

  test('are evaluated as rows in memory are', () => {
    const [stored, memory] = [{ chunkRows: 80 }, {}].map((spec) => loadData(dataRequest(specOf(spec)))) as [TableSplits, TableSplits];
    expect(['features' in memory.train, 'features' in stored.train]).toEqual([true, false]);
    const classifier = Model.load(trained({ chunkRows: 80 }).checkpoint, { name: 'memory' });
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(classifier.evaluate(stored[split])).toEqual(classifier.evaluate(memory[split]));
    }
  });
});

test('a file of 60 MB trains within 8 MB', () => {
  const large = join(folder, 'large.npy');
  const labels = join(folder, 'large-labels.npy');
  const rows = 60_000;
  saveNpy(labels, '<i4', `(${String(rows)},)`, Int32Array.from({ length: rows }, (_, i) => i % 3));
  saveNpy(large, '|u1', `(${String(rows)}, 1000)`, new Uint8Array(0));
  truncateSync(large, 128 + rows * 1000); // a hole, which reads as zeros
  const spec = {
    data: 'npy', dataFile: large, target: labels, chunkRows: 800, layers: [1000, 8, 3], batchSize: 100, steps: 30, threads: 1,
  };
  // In a process of its own: here, the buffers of other tests are freed meanwhile, whenever the collector likes.
  const script = `
    const { loadData } = require('./dist/data/sources');
    const { runTraining } = require('./dist/run/run');
    const { dataRequest, parseSpec } = require('./dist/spec/spec');
    const spec = parseSpec(${JSON.stringify(spec)});
    const memory = () => process.memoryUsage().arrayBuffers;
    gc();
    const before = memory();
    const data = loadData(dataRequest(spec));
    let [most, last] = [0];
    for (const event of runTraining(spec, data, 'run')) {
      most = Math.max(most, memory() - before);
      last = event;
    }
    console.log(JSON.stringify({ steps: last.steps, bytes: data.train.size * data.train.featureSize, most }));`;
  const child = spawnSync(process.execPath, ['--expose-gc', '-e', script], { cwd: packageRoot, encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const { steps, bytes, most } = JSON.parse(child.stdout) as Record<'steps' | 'bytes' | 'most', number>;
  expect([steps, bytes]).toEqual([30, 48e6]);
  expect(most).toBeGreaterThan(0.8e6); // the window itself
  expect(most).toBeLessThan(8e6);
});

describe('a spec is refused, by name,', () => {
  const table = { data: 'csv', dataFile: 'a.csv' };
  test.each<[string, object]>([
    ['data', { data: 'csv' }],
    ['data', { data: 'npy' }],
    ['dataFile', { data: 'auto', dataFile: 'a.csv' }],
    ['dataFolder', { ...table, dataFolder: 'b' }],
    ['target', { target: 'y' }],
    ['splitSeed', { data: 'cifar10', splitSeed: 1 }],
    ['validationRows', { data: 'cifar10', validationRows: 0.1 }],
    ['trainRows', { ...table, trainRows: 1.5 }],
    ['chunkRows', { data: 'synthetic', chunkRows: 1000 }],
    ['chunkRows', { data: 'cifar10', chunkRows: 1000, sampling: 'replacement' }],
    ['chunkRows', { data: 'cifar10', chunkRows: 799, batchSize: 200 }],
    ['components', { components: 10 }],
    ['components', { components: 10, normalization: 'zca' }],
    ['whitenEpsilon', { whitenEpsilon: 0.5 }],
    ['whitenEpsilon', { whitenEpsilon: 0, normalization: 'zca' }],
    ['whitenRows', { whitenRows: 1000 }],
    ['whitenRows', { whitenRows: 1, normalization: 'pca' }],
    ['flip', { ...table, flip: true }],
    ['shift', { ...table, shift: 2 }],
    ['shift', { shift: -1 }],
    ['cutout', { ...table, cutout: 2 }],
    ['mixup', { mixup: 0.001 }],
  ])('for %s in %j', (path, spec) => {
    expect(() => parseSpec({ steps: 1, ...spec })).toThrow(expect.objectContaining({
      code: 'ERR_CONFIG', details: expect.objectContaining({ path }) as object, message: expect.stringContaining(` for ${path} `) as string,
    }));
  });

  test.each(['flip', 'shift', 'cutout'])('for %s where the data turns out to be no pictures', (key) => {
    expect(() => run({ [key]: key === 'flip' ? true : 1 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: key } }));
  });
});
