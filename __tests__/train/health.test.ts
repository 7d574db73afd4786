import { loadCifar10 } from '../../lib/data/cifar10';
import { kernelsFor } from '../../lib/kernels';
import { initialize } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import type { HealthEvent, TrainEvent, WarningEvent } from '../../lib/train/events';
import { freshHealth, HealthMonitor } from '../../lib/train/health';
import { Objective } from '../../lib/train/objective';
import type { TrainingData } from '../../lib/experiment/build';
import { variants } from '../support/backends';
import { cifarFolder } from '../support/cifar';
import { run } from '../support/run';
import { tinyData } from '../support/tinyData';

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
  const monitor = new HealthMonitor(objective, 0.1);
  const x = kernels.dtype === 'float32' ? Float32Array.from(new RandomState(2).randn(5 * m)) : new RandomState(2).randn(5 * m);
  const labels = new RandomState(3).randint(0, 3, m);
  model.arena.find('b1')!.value[2] = -100; // a unit that is never active

  test('are what their definitions say', () => {
    objective.lossAndGradient(m, x, labels);
    monitor.beforeStep();
    const before = Float64Array.from(model.arena.values);
    for (let i = 0; i < before.length; i++) model.arena.values[i]! -= 0.125 * model.arena.gradients[i]!;
    const [first, second] = monitor.afterStep(m) as [HealthEvent['layers'][number], HealthEvent['layers'][number]];

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

  test('are made at early steps, and at evaluations that are far enough apart', () => {
    const state = freshHealth();
    const due = Array.from({ length: 300 }, (_, i) => i + 1).filter((step) => {
      const isDue = monitor.isDue(step, step % 30 === 0, state);
      if (isDue) state.examinedAt = step;
      return isDue;
    });
    expect(due).toEqual([1, 10, 50, 120, 180, 240, 300]);
  });
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

test('rows learnt by heart are named, with the remedy', () => {
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
