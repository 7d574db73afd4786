import { loadCifar10 } from '../../lib/data/cifar10/cifar10';
import { kernelsFor } from '../../lib/kernels';
import { initialize } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import type { HealthEvent, TrainEvent, WarningEvent } from '../../lib/train/events';
import { freshHealth, HealthMonitor } from '../../lib/train/health';
import { addBatch, beginExamination, concludeExamination } from '../../lib/train/examination';
import { Objective } from '../../lib/train/objective';
import type { TrainingData } from '../../lib/build/buildTraining';
import { variants } from '../support/backends';
import { cifarFolder } from '../support/data/cifar';
import { run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const warnings = (events: readonly TrainEvent[]): WarningEvent[] =>
  events.filter((event): event is WarningEvent => event.type === 'warning');
const health = (events: readonly TrainEvent[]): HealthEvent[] =>
  events.filter((event): event is HealthEvent => event.type === 'health');

describe.each(variants)('measurements on $backend kernels in $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const m = 7;
  const model = mlp([5, 4, 3], kernels, 10);
  initialize(model, 'he', 0, new RandomState(1));
  const objective = new Objective(model, 0);
  const large = { rows: 100, lastRows: 100, stepsPerEpoch: 10 };
  const monitor = new HealthMonitor(objective, 0.1, large);
  const x = kernels.dtype === 'float32' ? Float32Array.from(new RandomState(2).randn(5 * m)) : new RandomState(2).randn(5 * m);
  const labels = new RandomState(3).randint(0, 3, m);
  model.arena.find('b1')!.value[2] = -100; // a unit that is never active

  test('are what their definitions say', () => {
    objective.lossAndGradient(m, x, labels);
    const state = freshHealth();
    expect(monitor.watches(1, 100, state)).toBe(true);
    monitor.beforeStep(state);
    const before = Float64Array.from(model.arena.values);
    for (let i = 0; i < before.length; i++) model.arena.values[i]! -= 0.125 * model.arena.gradients[i]!;
    monitor.observe(m, state);
    // As if there had been a hundred rows, for which it would wait: the variance of seven is divided by as many.
    const { examination } = state;
    Object.assign(examination!, { rows: 100, variances: examination!.variances.map((sum) => (sum * 100) / m) });
    const seen = monitor.afterStep(false, state)!;
    const [first, second] = seen as [HealthEvent['layers'][number], HealthEvent['layers'][number]];

    const digits = dtype === 'float32' ? 5 : 12;
    const rms = (values: ArrayLike<number>): number =>
      Math.sqrt(Array.from(values).reduce((sum, value) => sum + value ** 2, 0) / values.length);
    const spread = (output: ArrayLike<number>, units: number): number => {
      const columns = Array.from({ length: units }, (_, j) => Array.from({ length: m }, (__, i) => output[i * units + j]!));
      return rms(columns.map((column) => {
        const mean = column.reduce((sum, value) => sum + value, 0) / m;
        return rms(column.map((value) => value - mean));
      }));
    };
    const { value, gradient } = model.arena.find('W1')!;
    expect(first).toMatchObject({ layer: 1, weights: 'W1', deadUnits: 0.25 });
    expect(first.activationStd).toBeCloseTo(spread(model.chain.outputs[1]!, 4), digits);
    expect(first.weightRms).toBeCloseTo(rms(before.subarray(0, 20)), digits);
    expect(first.gradientRms).toBeCloseTo(rms(gradient), digits);
    expect(first.updateRatio).toBeCloseTo(rms(value.map((w, i) => w - before[i]!)) / rms(before.subarray(0, 20)), digits - 1);
    expect(second).toMatchObject({ layer: 2, weights: 'W2' });
    expect(second).not.toHaveProperty('deadUnits');
    expect(second.activationStd).toBeCloseTo(spread(model.output, 3), digits);
  });

  /** Steps at whose end an examination is over, of 300 with an evaluation every 30, and all that belong to one. */
  const examined = (stepRows: ConstructorParameters<typeof HealthMonitor>[2]): [ends: number[], watched: number] => {
    const watcher = new HealthMonitor(objective, 0.1, stepRows);
    const state = freshHealth();
    const ends: number[] = [];
    let watched = 0;
    for (let step = 1; step <= 300; step++) {
      if (!watcher.watches(step, Math.ceil(step / 30) * 30, state)) continue;
      watched++;
      watcher.beforeStep(state);
      watcher.observe(Math.min(10, stepRows.rows), state);
      state.examination!.rows += stepRows.rows - Math.min(10, stepRows.rows);
      if (watcher.afterStep(step % 30 === 0, state) !== undefined) ends.push(step);
    }
    return [ends, watched];
  };

  test('are made at early steps, and at evaluations that are far enough apart', () => {
    expect(examined(large)).toEqual([[1, 10, 50, 120, 180, 240, 300], 7]);
  });

  test('take as many steps as it takes to see a hundred rows, and end with an evaluation', () => {
    expect(examined({ rows: 10, lastRows: 10, stepsPerEpoch: 10 })).toEqual([[10, 59, 120, 180, 240, 300], 64]);
    expect(examined({ rows: 1, lastRows: 1, stepsPerEpoch: 1000 })).toEqual([[100], 100]);
  });
});

test.each([
  ['of one row each', 1, 0.08], ['of two', 2, 0.1], ['of five', 5, 0.05], ['and a short one at the end', 7, 0.05], ['all at once', 200, 1e-5],
])('what the rows of a layer differ by is the same in batches %s', (_, batch, tolerance) => {
  const rows = 200;
  const model = mlp([5, 16, 3], kernelsFor('float64', 'typescript'), rows);
  initialize(model, 'he', 0, new RandomState(1));
  model.arena.find('b1')!.value[4] = -100;
  const x = new RandomState(2).randn(5 * rows);
  const layers = new HealthMonitor(new Objective(model, 0), 0.1, { rows, lastRows: rows, stepsPerEpoch: 1 }).layers;
  const whole = beginExamination(layers, 0, false);
  model.forward(rows, x, 'train');
  addBatch(whole, layers, rows);
  const seen = beginExamination(layers, 0, false);
  for (let from = 0; from < rows; from += batch) {
    const m = Math.min(batch, rows - from);
    model.forward(m, x.subarray(5 * from), 'train');
    addBatch(seen, layers, m);
  }
  const [wanted, found] = [concludeExamination(whole, layers), concludeExamination(seen, layers)];
  found.forEach(({ activationStd, deadUnits }, l) => {
    expect(Math.abs(activationStd / wanted[l]!.activationStd - 1)).toBeLessThan(tolerance);
    expect(deadUnits).toBe(wanted[l]!.deadUnits);
  });
  expect(found[0]!.deadUnits).toBeGreaterThan(0);
});

/** What goes wrong, a spec that makes it do so, and what has to be said of it. */
const illnesses: readonly [string, object, string, RegExp][] = [
  [
    'weights that start too small', { layers: [12, 8, 8, 8, 8, 3], init: 'normal', initStd: 1e-3, momentum: 0 }, 'HEALTH_VANISHING',
    /^The outputs of layer 2 of 5 \(W2: linear, relu\) differ by \S+e-\d+ only .* std of \S+; use init=he$/,
  ],
  ['weights that start too large', { init: 'normal', initStd: 30 }, 'HEALTH_EXPLODING', /^The first loss is .* use init=he/],
  ['inputs that are not normalised', { normalization: 'none', learningRate: 1e-6 }, 'HEALTH_EXPLODING', /normalization=standardize/],
  [
    'a rate that kills units', { learningRate: 2, momentum: 0, l2: 0, layers: [12, 40, 40, 3] }, 'HEALTH_DEAD_UNITS',
    /^\d+ % of the units of layer \d of 3 .* lower learningRate \(now 2\)$/,
  ],
  ['a rate that moves nothing', { learningRate: 1e-7, steps: 120, evaluateEvery: 60 }, 'HEALTH_RATE_LOW', /raise learningRate \(now 1e-7\)$/],
  ['a rate that moves nothing in a short run', { learningRate: 1e-7, momentum: 0, steps: 20, evaluateEvery: 20 }, 'HEALTH_RATE_LOW', /raise learningRate \(now 1e-7\)$/],
  [
    'a rate that shakes everything', { learningRate: 1, optimizer: 'adam', beta1: 0, momentum: 0, l2: 0.1 }, 'HEALTH_RATE_HIGH',
    /lower learningRate \(now 1\)$/,
  ],
  ['a penalty that rules the loss', { l2: 0.3, momentum: 0, learningRate: 1e-3 }, 'HEALTH_PENALTY', /^The penalty .* lower l2$/],
  [
    'a net that only guesses', { learningRate: 1e-4, init: 'normal', initStd: 1e-2, momentum: 0, l2: 0, steps: 200, evaluateEvery: 100 },
    'HEALTH_NOT_LEARNING', /^After 100 steps the loss is still 1\.1, .* learningRate \(now 1e-4\)/,
  ],
];

test.each(illnesses)('%s: named once, with the remedy', (_, spec, code, message) => {
  const found = warnings(run({ steps: 200, ...spec }).events).filter((warning) => warning.code === code);
  expect(found).toEqual([expect.objectContaining({ code, message: expect.stringMatching(message) as string, step: expect.any(Number) as number })]);
});

test('inputs in a very small unit are named, not the weights, unless they are standardised', () => {
  const tiny = tinyData();
  const small = <R extends { readonly features: ArrayLike<number> }>(rows: R): R => ({ ...rows, features: Float64Array.from(rows.features, (value) => 1e-12 * value) });
  const data: TrainingData = { ...tiny, train: small(tiny.train), validation: small(tiny.validation) };
  const of = (spec: object) => warnings(run({ steps: 60, learningRate: 0.1, ...spec }, { data }).events);
  expect(of({ normalization: 'none' })).toContainEqual(expect.objectContaining({
    code: 'HEALTH_VANISHING', message: expect.stringMatching(/^The outputs of layer 1 of \d .*: its inputs differ by as little; use normalization=standardize$/) as string,
  }));
  expect(of({})).toEqual([]);
});

test('overfitting is reported, with the remedy', () => {
  const tiny = tinyData();
  const random = new RandomState(11);
  const data: TrainingData = { ...tiny, train: { ...tiny.train, labels: random.randint(0, 3, tiny.train.size) } };
  const found = warnings(run({ steps: 600, layers: [12, 64, 3], l2: 0, learningRate: 0.2 }, { data }).events);
  expect(found).toContainEqual(expect.objectContaining({ code: 'HEALTH_OVERFITTING', message: expect.stringContaining('earlyStopping') as string }));
});

test.each([
  ['as it is', {}],
  ['deep', { layers: [12, 16, 16, 16, 16, 3], learningRate: 0.02 }],
  ['and when it has learnt all there is', { steps: 1000, learningRate: 0.3, l2: 0, momentum: 0 }],
  ['with Adam', { optimizer: 'adam', momentum: 0, learningRate: 0.003, steps: 200 }],
])('a healthy net is left in peace, %s', (_, spec) => {
  const { events } = run(spec);
  expect(health(events).length).toBeGreaterThan(0);
  expect(warnings(events)).toEqual([]);
});

/** Two classes told by the sign of a feature, and as many that are noise. */
function signData(rows = 240): TrainingData {
  const random = new RandomState(0);
  const part = (split: 'train' | 'validation', size: number): TrainingData['train'] => {
    const features = Float64Array.from(random.randn(2 * size));
    const labels = Int32Array.from({ length: size }, (_, i) => (features[2 * i]! > 0 ? 1 : 0));
    return { name: 'signs', split, features: Float32Array.from(features), labels, size, featureSize: 2, classNames: ['n', 'p'] };
  };
  return { train: part('train', rows), validation: part('validation', 24), origin: { name: 'signs', description: 'signs', digest: 'd' } };
}

describe('batches of few rows', () => {
  const spec = { layers: [2, 8, 2], momentum: 0, l2: 0, epochs: 3, steps: undefined, evaluateEvery: undefined };
  test.each([
    ['of one row', { batchSize: 1, learningRate: 0.02 }],
    ['of one row, a large rate', { batchSize: 1, learningRate: 0.1 }],
    ['of one row, evaluated at each', { batchSize: 1, learningRate: 0.02, epochs: 1, evaluateEvery: 1 }],
    ['of one row, accumulated', { batchSize: 1, accumulate: 16, learningRate: 0.1 }],
    ['of two rows', { batchSize: 2, learningRate: 0.05 }],
    ['of three rows, deep', { batchSize: 3, layers: [2, 16, 16, 2], learningRate: 0.02 }],
    ['with one row left', { batchSize: 239, learningRate: 0.1, epochs: 150 }],
    ['with one row left, accumulated', { batchSize: 60, accumulate: 3, learningRate: 0.1, epochs: 60 }],
    ['of one row, Adam', { batchSize: 1, optimizer: 'adam', learningRate: 0.003 }],
  ])('give no false alarm: %s', (_, own) => {
    const { events, result } = run({ ...spec, ...own }, { data: signData() });
    expect(warnings(events)).toEqual([]);
    expect(result.trainAccuracy).toBeGreaterThan(0.8);
  });

  test.each([
    ['weights that start too small', { layers: [2, 8, 8, 8, 2], init: 'normal', initStd: 1e-3 }, 'HEALTH_VANISHING'],
    ['a rate that kills units', { layers: [2, 40, 40, 2], learningRate: 3, clipNorm: 3 }, 'HEALTH_DEAD_UNITS'],
    ['weights that start too large', { init: 'normal', initStd: 100, learningRate: 1e-6 }, 'HEALTH_EXPLODING'],
    ['a rate that moves nothing', { learningRate: 1e-8 }, 'HEALTH_RATE_LOW'],
  ])('hide nothing that many rows show: %s', (_, own, code) => {
    for (const size of [{ batchSize: 1 }, { batchSize: 3 }, { batchSize: 2, accumulate: 4 }]) {
      const { events } = run({ ...spec, learningRate: 0.02, ...own, ...size }, { data: signData() });
      expect(warnings(events)).toContainEqual(expect.objectContaining({ code }));
    }
  });
});

test('health: false measures nothing, and changes nothing', () => {
  const [off, on] = [run({ health: false }), run({})];
  expect(health(off.events)).toEqual([]);
  expect(off.result.parametersDigest).toBe(on.result.parametersDigest);
});

describe('on the real images', () => {
  const images = cifarFolder();
  const spec = {
    layers: [3072, 256, 128, 64, 32, 10], learningRate: 0.01, momentum: 0.9, l2: 1e-4, batchSize: 100, steps: 300, evaluateEvery: 100,
  };
  const real = images === undefined ? test.skip : test;

  real('five layers that start at 1e-3 sit at 10 %, and the doctor says why', () => {
    const data = loadCifar10(images!, { train: 10_000, validation: 1000, test: 100 });
    const { events, result } = run({ ...spec, init: 'normal', initStd: 1e-3 }, { data });
    expect(result.valAccuracy).toBeLessThan(0.13);
    expect(warnings(events)).toEqual([
      expect.objectContaining({
        code: 'HEALTH_VANISHING', step: 1, message: expect.stringMatching(/^The outputs of layer 3 of 5 .* std of 0\.001; use init=he$/) as string,
      }),
    ]);
  });

  real('the same net with init=he learns and gets no warning', () => {
    const data = loadCifar10(images!, { train: 10_000, validation: 1000, test: 100 });
    const { events, result } = run(spec, { data });
    expect(result.valAccuracy).toBeGreaterThan(0.3);
    expect(warnings(events)).toEqual([]);
  });

  real('the course\'s defaults are told to raise their rate', () => {
    const data = loadCifar10(images!, { train: 10_000, validation: 1000, test: 100 });
    const { events } = run({
      layers: [3072, 50, 10], init: 'normal', initStd: 1e-4, normalization: 'mean-image', learningRate: 1e-4, momentum: 0, l2: 0.25,
      batchSize: 200, steps: 300, evaluateEvery: 100,
    }, { data });
    expect(warnings(events)).toEqual([expect.objectContaining({ message: expect.stringMatching(/learningRate \(now 1e-4\)/) as string })]);
  });
});
