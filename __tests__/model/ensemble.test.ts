import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { allocate } from '../../lib/kernels/contract';
import type { Dtype, FloatArray } from '../../lib/kernels/contract';
import { makeLayers } from '../../lib/model/description';
import { initialize } from '../../lib/model/init';
import { makeEvaluationLoss, makeLoss } from '../../lib/model/losses';
import type { Sequential } from '../../lib/model/sequential';
import { mlp } from '../../lib/model/sequential';
import { layerSizes, summarize } from '../../lib/model/summary';
import { RandomState } from '../../lib/random';
import { checkGradients, failureText } from '../../lib/train/gradientCheck';
import { Objective } from '../../lib/train/objective';
import { backends, variants } from '../support/backends';

// NumPy's numbers, member by member; golden/ensemble.py made them.
const golden = JSON.parse(readFileSync(join(__dirname, '../golden/ensemble.json'), 'utf8')) as {
  readonly sizes: number[]; readonly members: number; readonly x: number[]; readonly labels: number[]; readonly numbers: number[];
  readonly parameters: Readonly<Record<string, number[]>>; readonly outputs: number[];
  readonly labelSmoothing: number; readonly classWeights: number[];
} & Readonly<Record<'cross-entropy' | 'mse', { readonly training: number; readonly evaluation: number; readonly predictions: number[]; readonly weighted?: number }>>;

const arrayOf = (dtype: Dtype, values: ArrayLike<number>): FloatArray => {
  const array = allocate(dtype, values.length);
  array.set(values);
  return array;
};

describe.each(variants)('on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const tolerance = dtype === 'float32' ? 1e-5 : 1e-13;
  const expectNear = (actual: ArrayLike<number>, right: readonly number[]): void => {
    right.forEach((value, i) => { expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))); });
  };
  const rows = golden.labels.length;
  const x = arrayOf(dtype, golden.x);
  const labels = Int32Array.from(golden.labels);
  const goldenModel = (): Sequential => {
    const model = mlp(golden.sizes, kernels, rows + 2, { members: golden.members });
    for (const { name, value } of model.arena.parameters) value.set(golden.parameters[name]!);
    return model;
  };

  test('outputs, losses and predictions are those of NumPy', () => {
    const model = goldenModel();
    expect(Object.keys(golden.parameters).sort()).toEqual(model.arena.parameters.map(({ name }) => name).sort());
    expect([model.members, model.outputSize]).toEqual([3, 2]);
    for (const [name, targets] of [['cross-entropy', labels], ['mse', arrayOf(dtype, golden.numbers)]] as const) {
      const right = golden[name];
      const objective = new Objective(model, 0, { loss: makeLoss(name, model) });
      for (const [mode, mean] of [['train', right.training], ['evaluate', right.evaluation]] as const) {
        expectNear([objective.sum(rows, x, targets, mode) / objective.weight], [mean]);
        expectNear(objective.predictions, right.predictions);
      }
      expectNear(model.output, golden.outputs);
      expectNear(objective.predict(rows, x), right.predictions);
    }
    const { labelSmoothing, classWeights } = golden;
    const weighted = new Objective(model, 0, { loss: makeLoss('cross-entropy', model, { labelSmoothing, classWeights }), evaluationLoss: makeEvaluationLoss('cross-entropy', model) });
    expectNear([weighted.loss(rows, x, labels)], [golden['cross-entropy'].weighted!]);
    expectNear([weighted.sum(rows, x, labels, 'evaluate') / rows], [golden['cross-entropy'].evaluation]);
  });

  test('with scales of 1 and equal output layers it is a plain net, and learns as one', () => {
    const [members, m, sizes] = [4, 5, [3, 6, 6, 2]];
    const random = new RandomState(3);
    const single = mlp(sizes, kernels, m);
    const ensemble = mlp(sizes, kernels, m, { members });
    initialize(single, 'he', 0, random);
    single.arena.unregularised.values.set(random.randn(14));
    for (const { name, value } of ensemble.arena.parameters) {
      if (/[RS]/.test(name)) value.fill(1);
      else if (name === 'W1' || name === 'W2') value.set(single.arena.find(name)!.value);
      else for (let j = 0, n = value.length / members; j < members; j++) value.set(single.arena.find(name.replace('B', 'b'))!.value, j * n);
    }
    const inputs = arrayOf(dtype, random.randn(m * 3));
    const targets = Int32Array.of(0, 1, 1, 0, 1);
    const [one, all] = [new Objective(single, 0), new Objective(ensemble, 0)];
    expectNear([all.lossAndGradient(m, inputs, targets)], [one.lossAndGradient(m, inputs, targets)]);
    expectNear([all.sum(m, inputs, targets, 'evaluate')], [one.sum(m, inputs, targets, 'evaluate')]);
    expectNear(all.predict(m, inputs), Array.from(one.predict(m, inputs).subarray(0, 2 * m)));
    // Each member takes its share in the mean loss.
    for (const name of ['W1', 'W2']) expectNear(ensemble.arena.find(name)!.gradient, Array.from(single.arena.find(name)!.gradient));
    for (const [name, own] of [['B1', 'b1'], ['W3', 'W3'], ['B3', 'b3']] as const) {
      const { gradient } = single.arena.find(own)!;
      expectNear(ensemble.arena.find(name)!.gradient.map((value) => members * value), Array.from({ length: members }, () => Array.from(gradient)).flat());
    }
  });

  test('an evaluation loss is finite where a mean probability is 0', () => {
    const model = mlp([1, 1, 2], kernels, 1, { members: 2 });
    model.arena.values.fill(1);
    model.arena.find('W2')!.value.set([-2000, 0, -3000, 0]);
    const objective = new Objective(model, 0);
    const sum = objective.sum(1, arrayOf(dtype, [1]), Int32Array.of(0), 'evaluate');
    expect(Array.from(objective.predictions)).toEqual([0, 1]);
    expectNear([sum], [(dtype === 'float32' ? 126 : 1022) * Math.LN2]);
  });
});

test.each(backends)('gradients of the mean loss of members on %s', (backend) => {
  const kernels = kernelsFor('float64', backend);
  const random = new RandomState(11);
  const [m, inputs, outputs] = [5, 4, 3];
  const model = mlp([inputs, 5, 5, outputs], kernels, m, { members: 3, activation: 'gelu', residual: true, norm: 'layer', dropout: 0.2, inputDropout: 0.1, random });
  initialize(model, 'xavier', 0, random);
  for (const [loss, targets] of [
    [makeLoss('cross-entropy', model, { labelSmoothing: 0.1, classWeights: [1, 2, 0.5] }), random.randint(0, outputs, m)],
    [makeLoss('cross-entropy', model), Float64Array.from({ length: m * outputs }, () => random.random())],
    [makeLoss('mse', model), random.randn(m * outputs)],
  ] as const) {
    const report = checkGradients(new Objective(model, 0.01, { loss }), m, random.randn(m * inputs), targets, { samples: 40 });
    expect(report.parameters.filter(({ passed }) => !passed).map(failureText)).toEqual([]);
  }
});

describe('an ensemble', () => {
  const kernels = kernelsFor('float64', 'typescript');

  test('starts with random signs in the first layer, and with output layers that differ', () => {
    const model = mlp([20, 6, 6, 2], kernels, 1, { members: 8 });
    initialize(model, 'orthogonal', 0, new RandomState(1));
    const valueOf = (name: string): number[] => Array.from(model.arena.find(name)!.value);
    expect(new Set(valueOf('R1'))).toEqual(new Set([1, -1]));
    expect(Math.abs(valueOf('R1').reduce((sum, sign) => sum + sign))).toBeLessThan(50);
    for (const name of ['S1', 'R2', 'S2']) expect(new Set(valueOf(name))).toEqual(new Set([1]));
    expect(new Set(valueOf('B2'))).toEqual(new Set([0]));
    const heads = valueOf('W3');
    for (let j = 0; j < 8; j++) {
      const [a, b] = [heads.slice(12 * j, 12 * j + 6), heads.slice(12 * j + 6, 12 * j + 12)];
      const dot = (p: number[], q: number[]): number => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
      expect([dot(a, a), dot(a, b), dot(b, b)].map((value) => Math.round(1e12 * value) / 1e12 + 0)).toEqual([1, 0, 1]);
    }
    expect(new Set(heads).size).toBe(96);
  });

  test('has the sizes of a member, and counts the work of all', () => {
    const model = mlp([3, 5, 4, 2], kernels, 7, { members: 6 });
    expect([layerSizes(model), model.outputShape, model.output.length]).toEqual([[3, 5, 4, 2], [6, 2], 7 * 12]);
    const { parameterCount, flops, layers, outputSize } = summarize(model);
    expect(parameterCount).toBe(3 * 5 + 6 * (3 + 5 + 5) + 5 * 4 + 6 * (5 + 4 + 4) + 6 * (4 * 2 + 2));
    expect(flops.forward).toBe(12 * (15 + 20 + 8) + 6 * (3 + 10 + 5 + 8 + 2));
    expect([outputSize, layers.map(({ members }) => members)]).toEqual([2, [6, undefined, 6, undefined, 6]]);
  });

  test.each([
    [[{ type: 'batch-ensemble', size: 3 }], 'ERR_SHAPE', 'Expected a batch-ensemble layer with members before it for a batch-ensemble layer but received'],
    [[{ type: 'member-linear' }], 'ERR_SHAPE', 'Expected a batch-ensemble layer with members before it for a member-linear layer but received'],
    [[{ type: 'batch-ensemble', members: 2, size: 3 }, { type: 'linear' }, { type: 'member-linear' }], 'ERR_SHAPE', 'for a member-linear layer'],
    [[{ type: 'batch-ensemble', members: 0 }], 'ERR_CONFIG', 'a positive integer for descriptions[0].members'],
  ] as const)('is refused as %j', (descriptions, code, message) => {
    expect(() => makeLayers(descriptions, 4, 2, kernels, new RandomState(0)))
      .toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
  });

  test('is refused without a hidden layer', () => {
    expect(() => mlp([3, 2], kernels, 1, { members: 2 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});
