import { runTraining } from '../../lib/run/run';
import { buildTraining } from '../../lib/build/buildTraining';
import type { TrainingData } from '../../lib/build/buildTraining';
import { Model } from '../../lib/inference/model';
import { makeLosses, scheduleOf } from '../../lib/build/buildOptimizer';
import { makeOptimizer, optimizers } from '../../lib/optim/optimizers';
import { schedules } from '../../lib/optim/scheduleKinds';
import { applySettings, parseSpec, specFields } from '../../lib/spec/spec';
import type { TrainSpec } from '../../lib/spec/spec';
import { kernelsFor } from '../../lib/kernels';
import { mlp } from '../../lib/model/sequential';
import { decodeCheckpoint, restoreParts, useCheckpoint } from '../../lib/train/checkpoint';
import type { CheckpointParts } from '../../lib/train/checkpoint';
import type { EvaluationEvent, StepEvent } from '../../lib/train/events';
import { freshProgress } from '../../lib/train/train';
import type { Dataset } from '../../lib/data/dataset';
import { backends, variants } from '../support/backends';
import { drive, run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

const rules: Partial<TrainSpec>[] = [
  { optimizer: 'sgd', momentum: 0.9 }, { optimizer: 'adam', learningRate: 0.01, l2: 1e-3 },
  { optimizer: 'adamw', learningRate: 0.01, weightDecay: 0.1, l2: 0 }, { optimizer: 'rmsprop', learningRate: 0.003 },
  { optimizer: 'lion', learningRate: 0.01, l2: 0, weightDecay: 0.1 },
];
/** The base spec has momentum, which belongs to SGD. */
const withRule = (rule: Partial<TrainSpec>): object => ({ momentum: 0, ...rule });

test.each(Object.keys(optimizers))('the rules tested here include %s', (name) => {
  expect(rules.map(({ optimizer }) => optimizer)).toContain(name);
});

describe.each(variants)('on $backend $dtype', ({ backend, dtype }) => {
  test.each(rules)('$optimizer learns', (rule) => {
    const { result } = run({ ...withRule(rule), backend, dtype });
    expect(result.valAccuracy).toBeGreaterThan(0.9);
  });
});

describe('a checkpoint holds what the next step needs:', () => {
  const kernels = kernelsFor('float32');
  const data = tinyData();
  const cases: [string, object][] = [
    ...rules.map((rule): [string, object] => [rule.optimizer!, withRule(rule)]),
    ['an average', { emaDecay: 0.9 }],
    ['a plateau', { schedule: 'plateau', decay: 0.5, patience: 0 }],
    ['clipping and accumulation', { clipNorm: 0.1, accumulate: 2 }],
  ];
  test.each(cases)('%s', (_, changes) => {
    const spec = parseSpec({ ...tinySpec, ...changes });
    const build = (): { parts: CheckpointParts; built: ReturnType<typeof buildTraining> } => {
      const built = buildTraining(spec, data, kernels);
      const { training: { plateau, objective: { model } }, optimizer, normalization, average } = built;
      return { built, parts: { model, optimizer, normalization, average, plateau } };
    };
    const steps = ({ built: { training } }: ReturnType<typeof build>, from: number, to: number): void => {
      for (let step = from; step < to; step++) {
        training.step.run(training.schedule(step));
        training.plateau?.observe(1);
      }
    };
    const first = build();
    steps(first, 0, 7);
    const facts = { spec, classNames: [], dataDigest: '', inputSize: 12, outputSize: 3 };
    const bytes = useCheckpoint(
      first.parts, facts, freshProgress(), first.built.batchSource.getState(), (chunks) => Buffer.concat(chunks),
    );
    steps(first, 7, 12);

    const second = build();
    const checkpoint = decodeCheckpoint(bytes, 'memory');
    restoreParts(checkpoint, second.parts);
    second.built.batchSource.setState(checkpoint.sampler);
    steps(second, 7, 12);
    const everything = ({ parts: { model, optimizer, average, plateau } }: ReturnType<typeof build>): unknown => [
      model.arena.values, optimizer.state, optimizer.steps, average?.state, plateau?.getState(),
    ];
    expect(everything(second)).toEqual(everything(first));
    expect(second.parts.optimizer.steps).toBe(12);
  });
});

test('an average is what is evaluated and predicts, and leaves training as it is', () => {
  const data = tinyData();
  const plain = run({ emaDecay: null, logEvery: 1 });
  const averaged = run({ emaDecay: 0.9, logEvery: 1 });
  const losses = ({ events }: typeof plain): number[] =>
    events.filter((event): event is StepEvent => event.type === 'step').map(({ loss }) => loss);
  expect(losses(averaged)).toEqual(losses(plain));
  expect(averaged.result.valLoss).not.toBe(plain.result.valLoss);
  expect(averaged.result.parametersDigest).not.toBe(plain.result.parametersDigest);
  for (const backend of backends) {
    const classifier = Model.load(averaged.checkpoint, { name: 'memory', backend });
    expect(classifier.evaluate(data.validation).loss).toBeCloseTo(averaged.result.valLoss, 5);
  }
});

test('what a run ends with holds a model and nothing to go on from', () => {
  const { checkpoint, result } = run({ optimizer: 'adam', momentum: 0, emaDecay: 0.9, norm: 'batch' });
  const { tensors, progress } = decodeCheckpoint(checkpoint, 'memory');
  expect(progress.step).toBe(result.steps);
  expect([...tensors.keys()].filter((name) => /^(optimizer|live)/.test(name))).toEqual([]);
  expect([...tensors.keys()]).toEqual(expect.arrayContaining(['W1', 'b1', 'normalization.scale', 'normalization.shift']));
});

describe('losses', () => {
  const kernels = kernelsFor('float64', 'typescript');
  const data = tinyData().train;

  test('balanced weights make classes count alike', () => {
    const labels = Int32Array.from(data.labels, (label, i) => (i < 60 ? 0 : label));
    const spec = parseSpec({ ...tinySpec, dtype: 'float64', classWeights: 'balanced' });
    const { loss } = makeLosses(spec, mlp(tinySpec.layers, kernels, 90), { ...data, labels });
    // 70 rows of class 0, ten each of 1 and 2; equal logits: every row costs its weight times log 3.
    const logits = new Float64Array(90 * 3);
    for (const [label, count] of [[0, 70], [1, 10], [2, 10]] as const) {
      expect(loss.forward(1, logits, Int32Array.of(label)) / Math.log(3)).toBeCloseTo(90 / (3 * count), 12);
    }
    loss.forward(90, logits, labels);
    expect(loss.weight).toBeCloseTo(90, 10);
  });

  test('balanced weights count a row of weight 2 as two', () => {
    const weights = Float64Array.from(data.labels, (label, i) => (label === 0 ? 3 : 1 + (i % 2)));
    const spec = parseSpec({ ...tinySpec, dtype: 'float64', classWeights: 'balanced' });
    const { loss } = makeLosses(spec, mlp(tinySpec.layers, kernels, 90), { ...data, weights });
    const counts = [0, 1, 2].map((label) => data.labels.reduce((sum, own, i) => sum + (own === label ? weights[i]! : 0), 0));
    for (const label of [0, 1, 2]) expect(loss.forward(1, new Float64Array(3), Int32Array.of(label)) / Math.log(3)).toBeCloseTo(counts.reduce((sum, count) => sum + count) / (3 * counts[label]!), 12);
  });

  test('evaluation reports the plain cross-entropy', () => {
    const plain = run({ steps: 1, learningRate: 1e-9 });
    const smoothed = run({ steps: 1, learningRate: 1e-9, labelSmoothing: 0.3, classWeights: [1, 2, 3] });
    const [a, b] = [plain, smoothed].map(({ events }) => events.find((event): event is EvaluationEvent => event.type === 'evaluation')!);
    expect(b!.valLoss).toBeCloseTo(a!.valLoss, 6);
    expect(Math.abs(b!.trainLoss - a!.trainLoss)).toBeGreaterThan(0.01);
  });

  test('smoothing trains towards less certain answers', () => {
    const certainty = (labelSmoothing: number): number => {
      const { checkpoint } = run({ steps: 60, labelSmoothing });
      const predictions = Model.load(checkpoint, { name: 'memory' }).predict(tinyData().validation.features);
      return predictions.reduce((sum, { probabilities }) => sum + Math.max(...probabilities!), 0) / predictions.length;
    };
    expect(certainty(0.3)).toBeLessThan(certainty(0) - 0.1);
  });

  test.each([
    ['mse', { loss: 'mse' }, {}],
    ['weights for another number of classes', { classWeights: [1, 2] }, {}],
    ['cross-entropy on numbers', { layers: [12, 8, 1] }, { targets: new Float32Array(90) }],
  ])('refuses %s', (_, changes, rows) => {
    const { train, ...rest } = tinyData();
    expect(() => run(changes, { data: { ...rest, train: { ...train, ...rows } } })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG' }),
    );
  });
});

/** Two numbers that are linear in the features, three of them, and no labels. */
function regressionData(): TrainingData {
  const { train, validation, origin } = tinyData();
  const numeric = (rows: typeof train): typeof train => ({
    ...rows,
    classNames: [],
    labels: new Int32Array(rows.size),
    targets: Float32Array.from({ length: 2 * rows.size }, (_, at) => {
      const [i, j] = [Math.floor(at / 2), at % 2];
      const [a, b, c] = rows.features.subarray(i * rows.featureSize, i * rows.featureSize + 3);
      return j === 0 ? (a! - b!) / 64 : (b! + c!) / 128;
    }),
  });
  return { train: numeric(train), validation: numeric(validation), origin };
}

test.each(variants)('regression learns numbers and reports their error: $backend $dtype', ({ backend, dtype }) => {
  const spec = parseSpec({
    ...tinySpec, loss: 'mse', layers: [12, 16, 2], normalization: 'standardize', learningRate: 0.03, steps: 200, l2: 0, backend, dtype,
  });
  const { events, result, checkpoint } = drive(runTraining(spec, regressionData(), 'run'));
  expect(result.valRmse).toBeLessThan(0.15);
  expect(result.trainRmse).toBeLessThan(0.15);
  expect(result.valLoss).toBeCloseTo(result.valRmse! ** 2, 6);
  expect(result.valAccuracy).toBeUndefined();
  const evaluations = events.filter((event): event is EvaluationEvent => event.type === 'evaluation');
  expect(evaluations.every(({ valRmse, valLoss }) => Math.abs(valRmse! ** 2 - valLoss) < 1e-6)).toBe(true);

  const model = Model.load(checkpoint, { name: 'memory', backend });
  const { validation } = regressionData();
  expect(model.evaluate(validation).rmse).toBeCloseTo(result.valRmse!, 5);
  const numbers = model.outputs((validation as Dataset).features);
  const squares = Array.from(numbers, (value, i) => (value - validation.targets![i]!) ** 2);
  expect(Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length)).toBeCloseTo(result.valRmse!, 5);
  expect(model.predict((validation as Dataset).features).flatMap((one) => Object.values(one.numbers!))).toEqual(Array.from(numbers));
});

describe('schedules of a spec', () => {
  const rates = (spec: object, steps: readonly number[], stepsPerEpoch = 10): number[] => {
    const parsed = parseSpec({ learningRate: 8, ...spec });
    const length = parsed.steps ?? parsed.epochs! * stepsPerEpoch;
    const { schedule } = scheduleOf(parsed, { steps: length, stepsPerEpoch } as Parameters<typeof scheduleOf>[1]);
    return steps.map(schedule);
  };
  const cases: [spec: Partial<TrainSpec>, steps: readonly number[], rates: readonly number[]][] = [
    // Exponential is the default, and counts epochs unless told.
    [{ steps: 30, decay: 0.5 }, [0, 9, 10, 20], [8, 8, 4, 2]],
    [{ steps: 30, schedule: 'exponential', decay: 0.5, decayEvery: 3 }, [0, 2, 3, 6], [8, 8, 4, 2]],
    // Milestones are epochs with epochs, steps with steps.
    [{ epochs: 4, schedule: 'step', decay: 0.5, milestones: [1, 2.5] }, [0, 9, 10, 24, 25], [8, 8, 4, 4, 2]],
    [{ steps: 40, schedule: 'step', decay: 0.5, milestones: [1, 2] }, [0, 1, 2, 39], [8, 4, 2, 2]],
    // A warm-up multiplies, and a cosine begins after it.
    [{ steps: 40, schedule: 'constant', warmupSteps: 4 }, [0, 1, 3, 4, 39], [2, 4, 8, 8, 8]],
    [{ steps: 44, schedule: 'cosine', minLearningRate: 2, warmupSteps: 4 }, [0, 4, 24], [2, 8, 5]],
    [{ steps: 10, schedule: 'one-cycle' }, [0, 1, 2, 9], [0.32, 4.16, 8, 3.2e-5]],
    // 4·(1 − cos(2π·log₂(1 + 1.5·step))).
    [{ steps: 10, schedule: 'coslog4' }, [0, 1, 4, 9], [0, 5.74683750769648, 2.58951203383097, 1.48960640100542]],
    [{ steps: 40, schedule: 'plateau', decay: 0.5, warmupSteps: 4 }, [0, 1, 3, 39], [2, 4, 8, 8]],
  ];
  test.each(cases)('%j at steps %j', (spec, steps, expected) => {
    expect(rates(spec, steps).map((rate) => Number(rate.toPrecision(15)))).toEqual(expected);
  });
  test.each(Object.keys(schedules))('the cases include %s', (name) => {
    expect(cases.map(([{ schedule }]) => schedule)).toContain(name);
  });
  test('factors on dropout and weight decay stay at 1 for half of the training, and fall along a cosine', () => {
    const spec = parseSpec({
      ...tinySpec, steps: 40, dtype: 'float64', normalization: 'scale', optimizer: 'adamw', momentum: 0, l2: 0, weightDecay: 0.5,
      activation: 'tanh', dropout: 0.5, dropoutSchedule: 'flat-cosine', weightDecaySchedule: 'flat-cosine',
    });
    const data = tinyData();
    const { training: { step, objective: { model } } } = buildTraining(spec, data, kernelsFor('float64', 'typescript'));
    // Inputs of 0, whose weights get no gradient: only decay moves them.
    const features = data.train.features as Uint8Array;
    for (let row = 0; row < data.train.size; row++) features[12 * row] = 0;
    const seen = Array.from({ length: 40 }, () => {
      const before = model.arena.values[0]!;
      step.run(0.1);
      const dropped = model.chain.outputs[2]!.subarray(0, 80).filter((y) => y === 0);
      return { decay: (1 - model.arena.values[0]! / before) / (0.1 * 0.5), dropped: dropped.length / 80 };
    });
    for (const [at, factor] of [[0, 1], [19, 1], [20, 1], [25, 0.853553390593274], [30, 0.5], [39, 0.00615582970243117]] as const) {
      expect(seen[at]!.decay).toBeCloseTo(factor, 10);
      expect(Math.abs(seen[at]!.dropped - 0.5 * factor)).toBeLessThan(0.2); // 3.5 standard deviations
    }
  });
  test('a plateau is there for the loop to tell', () => {
    const spec = parseSpec({ steps: 9, schedule: 'plateau', decay: 0.5 });
    const { schedule, plateau } = scheduleOf(spec, { steps: 9, stepsPerEpoch: 3 } as Parameters<typeof scheduleOf>[1]);
    for (let evaluation = 0; evaluation <= 11; evaluation++) {
      expect(schedule(evaluation)).toBe(1e-3);
      plateau!.observe(1);
    }
    expect(schedule(12)).toBe(0.5e-3);
  });
  test('the loop tells a plateau', () => {
    const { events } = run({ schedule: 'plateau', decay: 0.5, patience: 0, learningRate: 1e-6, evaluateEvery: 2, logEvery: 1 });
    const seen = events.filter((event): event is StepEvent => event.type === 'step').map(({ learningRate }) => learningRate);
    expect(seen[29]).toBeLessThan(seen[0]!);
  });
  test.each([
    [{ steps: 10, schedule: 'step', decay: 0.5, milestones: [10] }, 'milestones'],
    [{ epochs: 2, schedule: 'step', decay: 0.5, milestones: [1, 2] }, 'milestones'],
    [{ steps: 10, warmupSteps: 10 }, 'warmupSteps'],
  ])('refuses what lies beyond the end: %j', (spec, path) => {
    expect(() => rates(spec, [])).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path } }));
  });
});

describe('contradictions are refused by name:', () => {
  const base = { steps: 10 };
  test.each<[keyof TrainSpec, Partial<TrainSpec>]>([
    ['norm', { norm: 'batch', batchSize: 1 }],
    ['momentum', { optimizer: 'adam', momentum: 0.9 }],
    ['nesterov', { nesterov: true }],
    ['beta1', { beta1: 0.9 }],
    ['beta2', { optimizer: 'rmsprop', beta2: 0.9 }],
    ['epsilon', { optimizer: 'lion', epsilon: 1e-4 }],
    ['rho', { optimizer: 'adam', rho: 0.9 }],
    ['weightDecay', { weightDecay: 0.1 }],
    ['weightDecay', { optimizer: 'adam', weightDecay: 0.1 }],
    ['l2', { optimizer: 'adamw', l2: 0.1 }],
    ['l2', { optimizer: 'adamw', l2: 0.1, weightDecay: 0.1 }],
    ['l2', { optimizer: 'lion', l2: 0.1, weightDecay: 0.1 }],
    ['decayBiases', { decayBiases: true }],
    ['weightDecays', { weightDecays: { bias: 1 } }],
    ['labelSmoothing', { loss: 'mse', labelSmoothing: 0.1 }],
    ['classWeights', { loss: 'mse', classWeights: 'balanced' }],
    ['milestones', { milestones: [3], decay: 0.5 }],
    ['schedule', { schedule: 'step', decay: 0.5 }],
    ['schedule', { schedule: 'step', milestones: [3] }],
    ['schedule', { schedule: 'plateau' }],
    ['decay', { schedule: 'cosine', decay: 0.5 }],
    ['decayEvery', { schedule: 'constant', decayEvery: 5 }],
    ['minLearningRate', { minLearningRate: 1e-5 }],
    ['minLearningRate', { schedule: 'cosine', minLearningRate: 1, learningRate: 0.1 }],
    ['warmupSteps', { schedule: 'one-cycle', warmupSteps: 3 }],
    ['warmupSteps', { schedule: 'coslog4', warmupSteps: 3 }],
    ['dropoutSchedule', { dropoutSchedule: 'flat-cosine' }],
    ['dropoutSchedule', { dropoutSchedule: 'flat-cosine', model: [{ type: 'dropout', rate: 0 }, { type: 'linear' }] }],
    ['weightDecaySchedule', { optimizer: 'adam', l2: 0.1, weightDecaySchedule: 'flat-cosine' }],
    ['patience', { patience: 3 }],
  ])('%s in %j', (path, spec) => {
    expect(() => parseSpec({ ...base, ...spec })).toThrow(expect.objectContaining({
      code: 'ERR_CONFIG', details: { path }, message: expect.stringMatching(new RegExp(`^Expected .* for ${path} but received .`)) as string,
    }));
  });

  test.each<Partial<TrainSpec>>([
    { optimizer: 'adamw', weightDecay: 0.1, decayBiases: true }, { optimizer: 'lion', l2: 0.1 }, { momentum: 0.9, nesterov: true },
    { optimizer: 'adamw', weightDecay: 0.1, weightDecays: { bias: 0 }, learningRates: { scale: 6, activation: 0.1 } },
    { optimizer: 'lion', weightDecay: 0.1, weightDecaySchedule: 'flat-cosine', inputDropout: 0.1, dropoutSchedule: 'flat-cosine' },
    { dropoutSchedule: 'flat-cosine', model: [{ type: 'residual', layers: [{ type: 'bottleneck', size: 2, dropout: 0.1 }] }, { type: 'linear' }] },
    { schedule: 'plateau', decay: 0.1, patience: 0, minLearningRate: 1e-6, warmupSteps: 3 }, { classWeights: [1, 0, 2.5] },
    { optimizer: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, l2: 1e-3 }, { schedule: 'one-cycle', clipNorm: 1, accumulate: 4 },
  ])('%j stands', (spec) => {
    expect(parseSpec({ ...base, ...spec })).toMatchObject(spec);
  });

  test.each([
    ['labelSmoothing', 1], ['classWeights', [-1, 1]], ['classWeights', 'even'], ['optimizer', 'adagrad'], ['beta1', 1], ['epsilon', 0],
    ['rho', -0.1], ['weightDecay', -1], ['clipNorm', 0], ['milestones', [3, 2]], ['milestones', [0]], ['milestones', []],
    ['schedule', 'linear'], ['warmupSteps', -1], ['patience', 1.5], ['emaDecay', 1], ['accumulate', 0], ['loss', 'hinge'],
    ['learningRates', {}], ['learningRates', { bias: 0 }], ['learningRates', { biases: 1 }], ['learningRates', { bias: '1' }], ['learningRates', 0.1],
    ['weightDecays', { bias: -1 }], ['weightDecays', [1]],
  ])('%s = %j is no value', (path, value) => {
    expect(() => parseSpec({ ...base, [path]: value })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path } }));
  });
});

test('lists can be typed', () => {
  expect(applySettings({}, ['milestones=3,7.5', 'classWeights=1,2,0.5'])).toEqual({ milestones: [3, 7.5], classWeights: [1, 2, 0.5] });
  expect(applySettings({}, ['milestones=3', 'classWeights=balanced'])).toEqual({ milestones: [3], classWeights: 'balanced' });
});

test.each([['eps', 'epsilon'], ['warmup', 'warmupSteps'], ['ema', 'emaDecay'], ['wd', 'weightDecay'], ['optimiser', 'optimizer']])(
  'who types %s is told %s', (typed, meant) => {
    expect(specFields).toHaveProperty(meant);
    expect(() => parseSpec({ steps: 1, [typed]: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`did you mean ${meant}?`) as string }),
    );
  },
);

test('lion forgets faster than adam unless told', () => {
  const kernels = kernelsFor('float64', 'typescript');
  const built = buildTraining(parseSpec({ ...tinySpec, dtype: 'float64' }), tinyData(), kernels);
  const { arena } = built.training.objective.model;
  const memoryAfterOne = (spec: object): number => {
    arena.gradients.fill(1);
    const parsed = parseSpec({ steps: 1, ...spec });
    const optimizer = makeOptimizer(parsed.optimizer, kernels, arena, parsed);
    optimizer.step(0);
    return Object.values(optimizer.state).at(-1)![0]!;
  };
  expect(memoryAfterOne({ optimizer: 'lion' })).toBeCloseTo(0.01, 12);
  expect(memoryAfterOne({ optimizer: 'lion', beta2: 0.9 })).toBeCloseTo(0.1, 12);
  expect(memoryAfterOne({ optimizer: 'adam' })).toBeCloseTo(0.001, 12);
});
