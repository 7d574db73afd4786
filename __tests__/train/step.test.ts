import { buildTraining } from '../../lib/build/buildTraining';
import type { BuiltTraining } from '../../lib/build/buildTraining';
import { parseSpec } from '../../lib/spec/spec';
import { kernelsFor } from '../../lib/kernels';
import { unitRoundoff } from '../../lib/kernels/contract';
import type { Arena } from '../../lib/model/arena';
import type { Training } from '../../lib/train/train';
import { variants } from '../support/backends';
import { tinyData, tinySpec } from '../support/data/tinyData';

describe.each(variants)('a step on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const data = tinyData();
  const build = (spec: object): BuiltTraining =>
    buildTraining(parseSpec({ ...tinySpec, dtype, backend, normalization: 'scale', ...spec }), data, kernels);

  /** Rounding: sums of some 90 rows, in another order. */
  function expectNear(a: ArrayLike<number>, b: ArrayLike<number>): void {
    expect(a).toHaveLength(b.length);
    for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(200 * unitRoundoff(dtype));
  }

  test.each([
    ['plain', {}],
    ['with a penalty', { l2: 0.01 }],
    ['with class weights, whose sums differ from batch to batch', { classWeights: [1, 5, 0.2] }],
    ['with smoothing', { labelSmoothing: 0.2 }],
  ])('adds batches up to the gradient of a large one: %s', (_, spec) => {
    const one = build({ batchSize: 30, ...spec });
    const three = build({ batchSize: 10, accumulate: 3, ...spec });
    for (let step = 0; step < 6; step++) {
      const steps = [one.training.step, three.training.step] as const;
      for (const each of steps) expect(each.run(0.1)).toBe(true);
      expect(steps.map(({ rows }) => rows)).toEqual([30, 30]);
      expect(steps[0].correct).toBe(steps[1].correct);
      expectNear([steps[0].loss], [steps[1].loss]);
      expectNear(one.training.objective.model.arena.gradients, three.training.objective.model.arena.gradients);
    }
    expectNear(one.training.objective.model.arena.values, three.training.objective.model.arena.values);
    expect(one.training.plan.stepsPerEpoch).toBe(three.training.plan.stepsPerEpoch);
  });

  // A limit that is never reached needs the gradient as a whole; without one, updates multiply and move piece by piece.
  test.each([
    ['sgd', { optimizer: 'sgd', momentum: 0, l2: 0.01 }],
    ['sgd with momentum', { optimizer: 'sgd', momentum: 0.9, nesterov: true, l2: 0.01 }],
    ['adam', { optimizer: 'adam', momentum: 0, l2: 0.01, epsilon: 0.01 }],
    ['adamw', { optimizer: 'adamw', momentum: 0, l2: 0, weightDecay: 0.1, epsilon: 0.01, decayBiases: true }],
    ['rmsprop', { optimizer: 'rmsprop', momentum: 0, epsilon: 0.01 }],
    ['sgd with rates by kind', { momentum: 0.9, l2: 0.01, learningRates: { weight: 0.5, bias: 2 }, weightDecays: { weight: 0.5, bias: 2 } }],
    ['adamw with rates by kind', {
      optimizer: 'adamw', momentum: 0, l2: 0, weightDecay: 0.1, epsilon: 0.01, norm: 'layer', decayBiases: true,
      learningRates: { weight: 2, norm: 0.5 }, weightDecays: { weight: 3, bias: 0 },
    }],
  ])('moves the weights alike along whole and deferred gradients, and completes these: %s', (_, spec) => {
    const [whole, deferred] = [build({ ...spec, clipNorm: 1e6 }), build(spec)];
    for (let step = 0; step < 6; step++) {
      for (const { training } of [whole, deferred]) expect(training.step.run(0.01)).toBe(true);
    }
    const [expected, actual] = [whole, deferred].map(({ training: { objective: { model: { arena } } } }) => arena) as [Arena, Arena];
    deferred.training.step.completeGradients();
    expectNear(actual.values, expected.values);
    expectNear(actual.gradients, expected.gradients);
    expect(actual.defersProducts).toBe(false);
  });

  // What a first layer multiplies: the bytes of the data set, or the numbers that they stand for.
  test.each([
    ['sgd', {}],
    ['adamw', { optimizer: 'adamw', momentum: 0, l2: 0, weightDecay: 0.1, epsilon: 0.01 }],
    ['the gradient as a whole', { clipNorm: 1e6 }],
    ['several batches a step', { accumulate: 2 }],
    ['standardised bytes', { normalization: 'standardize' }],
  ])('moves the weights alike on bytes and on numbers, and evaluates alike: %s', (_, spec) => {
    const bytes: boolean[] = [];
    const [onNumbers, onBytes] = [false, true].map((prefersBytes) => {
      const watched = { ...kernels, prefersBytes };
      watched.byteLinearForward = (...args) => {
        bytes.push(prefersBytes);
        kernels.byteLinearForward(...args);
      };
      const { training } = buildTraining(
        parseSpec({ ...tinySpec, dtype, backend, normalization: 'scale', batchSize: 30, ...spec }), data, watched);
      for (let step = 0; step < 6; step++) expect(training.step.run(0.01)).toBe(true);
      training.step.completeGradients();
      return training;
    }) as [Training, Training];
    expect(new Set(bytes)).toEqual(new Set([true]));
    const before = bytes.length;
    for (const key of ['values', 'gradients'] as const) {
      expectNear(onBytes.objective.model.arena[key], onNumbers.objective.model.arena[key]);
    }
    const [evaluation, expected] = [onBytes, onNumbers].map(({ evaluator, validation }) => evaluator.evaluate(validation));
    expectNear([evaluation!.loss], [expected!.loss]);
    expect(bytes.length).toBeGreaterThan(before);
  });

  test('ends an epoch with what is left of it', () => {
    // 90 rows: batches of 20, 20, 20, 20, 10, two of them a step.
    const { training: { step, plan }, batchSource: { batches } } = build({ batchSize: 20, accumulate: 2 });
    expect(plan.stepsPerEpoch).toBe(3);
    const rows = Array.from({ length: 6 }, () => {
      step.run(0.1);
      return [step.rows, batches.epoch, batches.position];
    });
    expect(rows).toEqual([[40, 0, 40], [40, 0, 80], [10, 0, 90], [40, 1, 40], [40, 1, 80], [10, 1, 90]]);
  });

  test('scales a gradient that is too long, as PyTorch does, and leaves a short one alone', () => {
    const norm = ({ training: { objective: { model: { arena } } } }: BuiltTraining): number =>
      kernels.nrm2(arena.gradients.length, arena.gradients);
    const free = build({ momentum: 0 });
    free.training.step.run(0.1);
    const length = norm(free);
    for (const clipNorm of [length / 3, length * 3]) {
      const clipped = build({ momentum: 0, clipNorm });
      clipped.training.step.run(0.1);
      const factor = Math.min(1, clipNorm / (length + 1e-6));
      expectNear([norm(clipped)], [factor * length]);
      expectNear(clipped.training.objective.model.arena.gradients, free.training.objective.model.arena.gradients.map((g) => factor * g));
    }
  });
});

test('a step without a finite loss changes nothing', () => {
  const kernels = kernelsFor('float64', 'typescript');
  const built = buildTraining(parseSpec({ ...tinySpec, dtype: 'float64', emaDecay: 0.9 }), tinyData(), kernels);
  const { training: { step, objective: { model } }, optimizer, average } = built;
  model.arena.values[0] = Infinity;
  const before = Array.from(model.arena.values);
  expect(step.run(0.1)).toBe(false);
  expect(Array.from(model.arena.values)).toEqual(before);
  expect(optimizer.steps).toBe(0);
  expect(average!.state[0]![0]).not.toBe(Infinity);
});
