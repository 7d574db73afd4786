import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildTraining } from '../../lib/build/buildTraining';
import type { BuiltTraining } from '../../lib/build/buildTraining';
import type { DataSplits, Dataset, SplitName } from '../../lib/data/dataset';
import { loadNumpy } from '../../lib/data/numpy/numpy';
import { getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import { unitRoundoff } from '../../lib/kernels/contract';
import type { Kernels } from '../../lib/kernels/contract';
import { mlp } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { parseSpec } from '../../lib/spec/spec';
import { decodeCheckpoint, restoreParts, useCheckpoint } from '../../lib/train/checkpoint';
import type { CheckpointParts } from '../../lib/train/checkpoint';
import { ownExchange } from '../../lib/train/exchange';
import type { Exchange } from '../../lib/train/exchange';
import { gradientBlocks } from '../../lib/train/gradientBlocks';
import { TrainingStep } from '../../lib/train/step';
import { freshProgress } from '../../lib/train/train';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { backends, variants } from '../support/backends';
import { saveNpy } from '../support/data/npy';
import { tinyData } from '../support/data/tinyData';
import { temporaryFolder } from '../support/folder';
import { ranks } from '../support/ranks';
import type { Rank } from '../support/ranks';
import { resume, run } from '../support/run';

const runs = temporaryFolder();
const before = getThreads();
afterAll(() => { setThreads(before); });

/** Small colour pictures of three classes. An epoch's last batch of 16 has three rows, fewer than there are shards. */
function pictures({ isWeighted = false } = {}): DataSplits {
  const random = new RandomState(5);
  const part = (split: SplitName, size: number): Dataset => ({
    name: 'pictures', split, size, featureSize: 48, classNames: ['a', 'b', 'c'], imageShape: { channels: 3, height: 4, width: 4 },
    features: Uint8Array.from({ length: 48 * size }, () => random.randint(0, 256)),
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
    ...(isWeighted && { weights: Float64Array.from({ length: size }, () => random.random()) }),
  });
  return { train: part('train', 67), validation: part('validation', 20), test: part('test', 20), origin: { name: 'pictures', description: '', digest: '' } };
}

const common = { layers: [48, 24, 12, 3], batchSize: 16, shards: 8, steps: 100, seed: 3, learningRate: 0.01, health: false };

const digest = (arrays: readonly ArrayBufferView[]): string => {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
};

const partsOf = ({ training: { objective: { model }, plateau }, optimizer, normalization, average }: BuiltTraining): CheckpointParts =>
  ({ model, optimizer, normalization, average, plateau });

/** Everything that a training holds, as its checkpoint. */
function checkpointOf(built: BuiltTraining): Buffer {
  const { inputSize, outputSize } = built.training.objective.model;
  const facts = { spec: {}, classNames: [], dataDigest: '', inputSize, outputSize };
  return useCheckpoint(partsOf(built), facts, freshProgress(), built.batchSource.getState(), (chunks) => Buffer.concat(chunks));
}

describe.each(variants.filter(({ backend, dtype }) => backend === 'native' || dtype === 'float32'))('shards on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const build = (spec: object, data = pictures(), exchange?: Exchange): BuiltTraining =>
    buildTraining(parseSpec({ ...common, dtype, backend, ...spec }), data, kernels, { exchange });

  test.each<[string, object, object?]>([
    ['SGD with momentum', { momentum: 0.9, l2: 0.01 }],
    ['batch normalisation and dropout', { norm: 'batch', dropout: 0.3, inputDropout: 0.1 }],
    ['augmentation', { flip: true, shift: 1, cutout: 2, mixup: 0.4 }],
    ['AdamW, clipping, averages', { optimizer: 'adamw', weightDecay: 0.1, clipNorm: 0.1, emaDecay: 0.9, schedule: 'cosine' }],
    ['Lion, several batches a step, residual blocks', { optimizer: 'lion', accumulate: 2, norm: 'batch', dropout: 0.2, layers: [48, 12, 12, 3], residual: true }],
    ['weights of rows, RMSprop', { optimizer: 'rmsprop' }, { isWeighted: true }],
    ['an ensemble, frozen weights', { members: 2, freeze: ['W1'] }],
    ['sampling with replacement, smoothing', { sampling: 'replacement', labelSmoothing: 0.1, classWeights: [1, 2, 3] }],
  ])('give the same bits on any number of ranks: %s', (_, spec, data = {}) => {
    const layouts = [[8], [4, 2, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1]];
    const seen = layouts.map((counts, l) => {
      setThreads(1 + l, 8);
      const { all, step } = ranks(counts, (exchange) => build(spec, pictures(data), exchange));
      const losses = Array.from({ length: 6 }, () => {
        expect(new Set(step(0.01))).toEqual(new Set([true]));
        return all.map(({ training: { step: { loss, rows, rowWeight, correct } } }) => ({ loss, rows, rowWeight, correct }));
      });
      const digests = all.map((rank) => digest([checkpointOf(rank)]));
      // Every rank of a training holds the same.
      expect(new Set(digests).size).toBe(1);
      for (const each of losses) expect(new Set(each.map((one) => JSON.stringify(one))).size).toBe(1);
      return [digests[0], ...losses.map(([first]) => first)];
    });
    for (const each of seen) expect(each).toEqual(seen[0]);
  });

  test('a training goes on with another number of ranks', () => {
    const spec = { norm: 'batch', dropout: 0.3, optimizer: 'adamw', weightDecay: 0.1, flip: true, accumulate: 2 };
    const steps = ({ all, step }: ReturnType<typeof ranks>, count: number): readonly Rank[] => {
      for (let i = 0; i < count; i++) step(0.01);
      return all;
    };
    const [whole] = steps(ranks([8], (exchange) => build(spec, undefined, exchange)), 7);
    const [first] = steps(ranks([2, 2, 2, 2], (exchange) => build(spec, undefined, exchange)), 4);
    const goesOn = ranks([4, 4], (exchange) => {
      const built = build(spec, undefined, exchange);
      const checkpoint = decodeCheckpoint(checkpointOf(first!), 'a checkpoint');
      restoreParts(checkpoint, partsOf(built));
      built.batchSource.setState(checkpoint.sampler);
      return built;
    });
    expect(digest([checkpointOf(steps(goesOn, 3)[0]!)])).toBe(digest([checkpointOf(whole!)]));
  });

  /** Rounding: sums of some 30 rows, in another order. */
  function expectNear(a: ArrayLike<number>, b: ArrayLike<number>): void {
    expect(a).toHaveLength(b.length);
    expect(Array.from(a).findIndex((value, i) => !(Math.abs(value - b[i]!) < 200 * unitRoundoff(dtype)))).toBe(-1);
  }

  test.each([
    ['plain', {}, {}],
    ['several batches a step', { accumulate: 2 }, {}],
    ['weights of rows and of classes', { classWeights: [1, 5, 0.2] }, { isWeighted: true }],
    ['a norm that is clipped', { clipNorm: 0.01 }, {}],
  ])('give the gradient and scores of the whole batch: %s', (_, spec, data) => {
    const [whole, cut] = [null, 8].map((shards) => build({ ...spec, shards }, pictures(data)));
    for (let i = 0; i < 6; i++) {
      for (const { training: { step } } of [whole!, cut!]) expect(step.run(0.01)).toBe(true);
      const [expected, actual] = [whole!.training.step, cut!.training.step];
      whole!.training.step.completeGradients();
      expectNear(cut!.training.objective.model.arena.gradients, whole!.training.objective.model.arena.gradients);
      expectNear([actual.loss, actual.weight, actual.rowWeight, actual.correct], [expected.loss, expected.weight, expected.rowWeight, expected.correct]);
      expect(actual.rows).toBe(expected.rows);
    }
  });

  test('average the statistics of batch normalisation', () => {
    const { training } = build({ norm: 'batch', layers: [48, 6, 3], batchSize: 16, shards: 4 });
    const whole = build({ norm: 'batch', layers: [48, 6, 3], batchSize: 16, shards: null });
    training.step.run(0.01);
    whole.training.step.run(0.01);
    const [mean, variance] = training.objective.model.buffers.map(({ value }) => value) as [Float64Array, Float64Array];
    expectNear(mean, whole.training.objective.model.buffers[0]!.value);
    const outputs = whole.training.objective.model.chain.outputs[0]!;
    const expected = Array.from({ length: 6 }, (_, unit) => {
      const column = Array.from({ length: 16 }, (__, row) => outputs[6 * row + unit]!);
      const variances = [0, 4, 8, 12].map((from) => {
        const rows = column.slice(from, from + 4);
        const middle = rows.reduce((sum, x) => sum + x, 0) / 4;
        return rows.reduce((sum, x) => sum + (x - middle) ** 2, 0) / 3;
      });
      return 0.9 + 0.1 * (variances.reduce((sum, x) => sum + x, 0) / 4);
    });
    expectNear(variance, expected);
  });

  test('a loss that is not finite changes nothing on any rank, and is told to all', () => {
    const { all, step } = ranks([4, 4], (exchange) => build({ norm: 'batch', emaDecay: 0.9 }, undefined, exchange));
    step(0.01);
    const old = all.map((rank) => digest(rank.training.objective.model.buffers.map(({ value }) => value)));
    for (const { training: { objective: { model: { arena } } } } of all) arena.find('W3')!.value[0] = Infinity;
    expect(step(0.01)).toEqual([false, false]);
    expect(all.map((rank) => digest(rank.training.objective.model.buffers.map(({ value }) => value)))).toEqual(old);
    for (const { optimizer, training } of all) {
      expect(optimizer.steps).toBe(1);
      expect(training.step.loss).not.toBeLessThan(Infinity);
    }
  });

  test('the doctor looks at the first shard, on whatever rank', () => {
    const watched = [[8], [1, 1, 1, 1, 1, 1, 1, 1]].map((counts) => {
      const { all, step } = ranks(counts, (exchange) => build({}, undefined, exchange));
      const rows = all.map((): number[] => []);
      all.forEach(({ training }, r) => { training.step.observer = (m) => { rows[r]!.push(m); }; });
      step(0.01);
      return rows;
    });
    expect(watched).toEqual([[[2]], [[2], [], [], [], [], [], [], []]]);
  });
});

// Sums of 90,000 products and more are cut, if there is more than one division.
(backends.includes('native') ? test : test.skip).each(['float32', 'float64', 'bfloat16'] as const)('ranks of different threads agree in %s where sums are cut', (precision) => {
  const kernels: Kernels = kernelsFor(precision, 'native');
  const spec = parseSpec({
    ...common, layers: [48, 700, 500, 3], batchSize: 64, shards: 2, l2: 0.01, clipNorm: 1, backend: 'native', divisions: 5,
    ...(precision === 'bfloat16' ? { precision } : { dtype: precision }),
  });
  const seen = ([[[2], 1], [[2], 3], [[1, 1], 2]] as const).map(([counts, threads]) => {
    setThreads(threads, 5);
    const { all, step } = ranks(counts, (exchange) => buildTraining(spec, pictures(), kernels, { exchange }));
    for (let i = 0; i < 3; i++) step(0.01);
    return digest([checkpointOf(all[0]!)]);
  });
  expect(new Set(seen).size).toBe(1);
});

test('ranks read what their shards need of rows on disk', () => {
  const random = new RandomState(4);
  const features = saveNpy(join(runs, 'x.npy'), '<f4', '(300, 7)', Float32Array.from(random.randn(300 * 7)));
  const target = saveNpy(join(runs, 'y.npy'), '<i4', '(300,)', Int32Array.from({ length: 300 }, (_, i) => i % 3));
  const seen = [[4], [2, 1, 1]].map((counts) => {
    const { all, step } = ranks(counts, (exchange) => buildTraining(
      parseSpec({ ...common, layers: [7, 5, 3], shards: 4, accumulate: 2, backend: 'typescript' }), loadNumpy(features, { target, chunkRows: 64 }),
      kernelsFor('float32', 'typescript'), { exchange }));
    for (let i = 0; i < 12; i++) step(0.01);
    return digest([checkpointOf(all[0]!)]);
  });
  expect(seen[0]).toBe(seen[1]);
});

test('a run in shards goes on with other threads without a word', () => {
  const data = tinyData(600, 60, 352);
  const spec = { layers: [352, 297, 3], batchSize: 64, shards: 2, steps: 8, evaluateEvery: 4, dropout: 0.2, clipNorm: 1 };
  const whole = run({ ...spec, threads: 3 }, { data });
  const folder = RunFolder.create({ runs, name: 'run' });
  run({ ...spec, threads: 1 }, { data, place: folder, stopAt: 4 });
  folder.close();
  const rest = resume(folder.path, { threads: 2 }, { data });
  expect(rest.events.filter(({ type }) => type === 'warning')).toEqual([]);
  const parameters = [rest, whole].map(({ checkpoint }) => digest([...decodeCheckpoint(checkpoint, '').tensors.values()].map((tensor) => tensor.data)));
  expect(parameters[0]).toBe(parameters[1]);
});

test('sums begin with the last layer, a block of the gradient after the other', () => {
  const { all, step } = ranks([1, 1], (exchange) => buildTraining(
    parseSpec({ ...common, layers: [48, 900, 700, 3], norm: 'batch', shards: 2, backend: 'typescript' }), pictures(), kernelsFor('float32', 'typescript'), { exchange }));
  step(0.01);
  // W3 and W2, W1, what is not regularised; running means and variances; the numbers.
  expect(all[0]!.lengths).toEqual([700 * 3 + 900 * 700, 48 * 900, 900 + 700 + 3 + 2 * (900 + 700), 2 * (900 + 700), 6]);
});

test.each([[[5, 4, 3, 2], [], 1], [[5, 4, 3, 2], ['W1', 'b1'], 1], [[5, 4, 3, 2], [], 13], [[5, 4, 3, 2], ['W1'], 1e6]])(
  'blocks of the gradients of %p, without %p, cover each once, from the last layer on', (sizes, frozen, minLength) => {
    const model = mlp(sizes, kernelsFor('float64', 'typescript'), 2);
    if (frozen.length > 0) model.freeze(frozen);
    const blocks = gradientBlocks(model, minLength);
    const covered = blocks.flatMap(({ from, length }) => Array.from({ length }, (_, i) => from + i)).sort((a, b) => a - b);
    const wanted = model.arena.gradients.map((_, i) => i);
    expect(covered).toEqual(Array.from(frozen.length === 2 ? wanted.filter((i) => (i >= 20 && i < 38) || i >= 42) : wanted));
    expect(blocks.map(({ layer }) => layer)).toEqual([...blocks.map(({ layer }) => layer)].sort((a, b) => b - a));
  });

test.each<[object, string]>([
  [{ shards: 3 }, 'Expected a power of two for shards'],
  [{ shards: 32 }, 'Expected a multiple of the 32 shards for batchSize but received 16'],
  [{ shards: 4, exchange: { ...ownExchange(2), firstShard: 1 } }, 'Expected an aligned block of the 4 shards for exchange but received [1,2]'],
])('a step refuses %j', (options, message) => {
  const { training: { objective, train }, optimizer, batchSource: { batches }, normalization } =
    buildTraining(parseSpec({ ...common, shards: null }), pictures(), kernelsFor('float32', 'typescript'));
  expect(() => new TrainingStep(objective, optimizer, batches, train, normalization, options)).toThrow(message);
});
