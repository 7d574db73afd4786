import fs, { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { backends } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const folder = temporaryFolder();
const data = tinyData();

describe.each(backends)('on %s kernels', (backend) => {
  describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
    test('learns, and says so in order', () => {
      const { events, result } = run({ backend, dtype });
      expect(events.map(({ type }) => type)).toEqual([
        'start',
        ...Array.from({ length: 30 }, (_, i) => [
          'step', ...(i % 10 === 9 ? ['evaluation'] : []), ...(i === 5 || i === 14 ? ['health'] : []), ...(i % 5 === 4 ? ['epoch'] : []),
        ]).flat(),
        'result',
      ]);
      expect(result).toMatchObject({ ended: 'finished', steps: 30, backend, dtype, epochs: 6 });
      expect(result.valAccuracy).toBeGreaterThan(0.9);
      expect(result.parametersDigest).toMatch(/^[0-9a-f]{64}$/);
    });

    test('repeats itself bit for bit, and changes with the seed', () => {
      const first = run({ backend, dtype, threads: 1 });
      expect(withoutTimes(run({ backend, dtype, threads: 1 }).events)).toEqual(withoutTimes(first.events));
      expect(run({ backend, dtype, threads: 1, seed: 4 }).result.parametersDigest).not.toBe(first.result.parametersDigest);
    });
  });
});

test('a model trained on one backend predicts the same on the other', () => {
  const { checkpoint, result } = run({});
  for (const backend of backends) {
    const classifier = Model.load(checkpoint, { name: 'memory', backend });
    expect(classifier.evaluate(data.validation).accuracy).toBe(result.valAccuracy);
    const [prediction] = classifier.predict(data.validation.features.subarray(0, 12));
    expect(prediction).toMatchObject({ label: 0, className: 'a' });
    expect(prediction!.probabilities!.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
    expect(() => classifier.predict(new Uint8Array(13))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  }
});

test('a stopped run keeps what it learned', () => {
  const place = RunFolder.create({ runs: folder, name: 'stopped' });
  const { result } = run({}, { place, stopAt: 7 });
  place.close();
  expect(result).toMatchObject({ ended: 'stopped', steps: 7 });
  const saved = Model.load(join(folder, 'stopped', 'checkpoint.safetensors'));
  expect(saved.evaluate(data.validation).accuracy).toBe(result.valAccuracy);
});

test('the folder holds what repeats the run', () => {
  const place = RunFolder.create({ runs: folder, name: 'whole' });
  const { events, result } = run({}, { place });
  place.close();
  const lines = readFileSync(join(folder, 'whole', 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  const saved = JSON.parse(readFileSync(join(folder, 'whole', 'spec.json'), 'utf8')) as { record: object };
  expect(saved.record).toMatchObject({ name: 'run', dataDigest: data.origin.digest, versions: { node: process.versions.node } });
  expect(run(saved).result.parametersDigest).toBe(result.parametersDigest);
});

test('divergence names step and rate, and the last good checkpoint stays', () => {
  const place = RunFolder.create({ runs: folder, name: 'diverging' });
  expect(() => run({ learningRate: 1e30, momentum: 0, evaluateEvery: 1 }, { place })).toThrow(
    expect.objectContaining({
      code: 'ERR_DIVERGED',
      details: expect.objectContaining({ learningRate: 1e30, step: expect.any(Number) as number }) as object,
    }),
  );
  place.close();
  const saved = Model.load(join(folder, 'diverging', 'checkpoint.safetensors'));
  expect(Number.isFinite(saved.evaluate(data.validation).loss)).toBe(true);
});

test.each([
  ['layers', { layers: [13, 8, 3] }, data],
  ['layers', { layers: [12, 8, 4] }, data],
  ['batchSize', { batchSize: 91 }, data],
  ['the training rows', {}, { ...data, train: { ...data.train, split: 'test' as const } }],
])('refuses %s that do not fit', (_, spec, rows) => {
  expect(() => run(spec, { data: rows })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
});

test('refuses labels out of range', () => {
  const labels = Int32Array.from(data.train.labels).fill(3);
  expect(() => run({}, { data: { ...data, train: { ...data.train, labels } } })).toThrow(
    expect.objectContaining({ code: 'ERR_KERNEL_INDEX' }),
  );
});

test('refuses features that are not numbers', () => {
  const features = Float32Array.from(data.train.features).fill(Number.NaN, 40, 41);
  expect(() => run({}, { data: { ...data, train: { ...data.train, features } } })).toThrow(
    expect.objectContaining({ code: 'ERR_DATA' }),
  );
});

describe('a place for a run', () => {
  test('is never overwritten', () => {
    RunFolder.create({ runs: folder, name: 'taken' }).close();
    writeFileSync(join(folder, 'taken', 'spec.json'), 'precious');
    expect(() => RunFolder.create({ runs: folder, name: 'taken' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    expect(readFileSync(join(folder, 'taken', 'spec.json'), 'utf8')).toBe('precious');
  });
  test.each(['../up', 'a/b', '', '.hidden'])('has a plain name, not %j', (name) => {
    expect(() => RunFolder.create({ runs: folder, name })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
  test('gets the next free number', () => {
    mkdirSync(join(folder, 'base-4'));
    const place = RunFolder.create({ runs: folder, base: 'base' });
    place.close();
    expect(place.name).toBe('base-5');
  });
  test('that cannot be made is ERR_IO', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => RunFolder.create({ runs: join(folder, 'file'), name: 'x' })).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  });
});

test('a full disk ends the run with ERR_IO and leaves the last checkpoint whole', () => {
  const place = RunFolder.create({ runs: folder, name: 'fills' });
  const { writeSync } = fs;
  // The disk takes what comes until the first evaluation; a part of the next line; and then nothing more.
  let room = Infinity;
  const refused = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
  const disk = jest.spyOn(fs, 'writeSync').mockImplementation((descriptor: number, contents: string | NodeJS.ArrayBufferView, ...rest: unknown[]) => {
    const bytes = Buffer.from(contents as Uint8Array);
    if (room === Infinity && bytes.includes('"type":"evaluation"')) room = 10;
    if (room === 0) throw refused;
    if (room === Infinity) return (writeSync as (...args: unknown[]) => number)(descriptor, contents, ...rest);
    room = 0;
    return writeSync(descriptor, bytes, 0, 10);
  });
  try {
    expect(() => run({}, { place })).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringContaining('no space left') as string }));
  } finally {
    disk.mockRestore();
    place.close();
  }
  const lines = readFileSync(join(place.path, 'metrics.jsonl'), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).not.toContain('evaluation');
  expect(() => Model.load(place.checkpointFiles(0).last)).not.toThrow();
});
