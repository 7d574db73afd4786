import { kernelsFor } from '../../lib/kernels';
import { allocate } from '../../lib/kernels/contract';
import type { BackendName, Dtype, FloatArray, Kernels } from '../../lib/kernels/contract';
import { makeLayers } from '../../lib/model/description';
import type { LayerDescription } from '../../lib/model/layers';
import { initialize } from '../../lib/model/init';
import type { Layer } from '../../lib/model/layer';
import { ActivationLayer } from '../../lib/model/layers/activations';
import { Dropout } from '../../lib/model/layers/dropout';
import { BatchNorm, LayerNorm } from '../../lib/model/layers/normalization';
import { Residual } from '../../lib/model/layers/residual';
import { mlp, Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { checkGradients, failureText } from '../../lib/train/gradientCheck';
import { Objective } from '../../lib/train/objective';
import { backends, variants } from '../support/backends';

function arrayOf(dtype: Dtype, values: ArrayLike<number>): FloatArray {
  const array = allocate(dtype, values.length);
  array.set(values);
  return array;
}

function modelOf(kernels: Kernels, descriptions: readonly LayerDescription[], inputs: number, outputs: number, maxBatch = 6): Sequential {
  return new Sequential(kernels, makeLayers(descriptions, inputs, outputs, kernels, new RandomState(5)), maxBatch);
}

const body: readonly LayerDescription[] = [{ type: 'linear', size: 7 }];
const head: readonly LayerDescription[] = [{ type: 'linear' }];
const chains: readonly (readonly [string, readonly LayerDescription[]])[] = [
  ['relu', [...body, { type: 'relu' }, ...head]],
  ['leaky-relu', [...body, { type: 'leaky-relu', slope: 0.2 }, ...head]],
  ['gelu', [...body, { type: 'gelu' }, ...head]],
  ['tanh', [...body, { type: 'tanh' }, ...head]],
  ['sigmoid', [...body, { type: 'sigmoid' }, ...head]],
  ['mish', [...body, { type: 'mish' }, ...head]],
  ['selu', [...body, { type: 'selu' }, { type: 'dropout', rate: 0.2 }, ...head]],
  ['parametric mish', [...body, { type: 'mish', parametric: true }, ...head]],
  ['parametric activations of other kinds, at both ends', [
    { type: 'selu', parametric: true }, { type: 'leaky-relu', slope: 0.3, parametric: true }, ...head, { type: 'tanh', parametric: true },
  ]],
  ['dropout', [{ type: 'dropout', rate: 0.2 }, ...body, { type: 'tanh' }, { type: 'dropout', rate: 0.5 }, ...head]],
  ['batch-norm', [...body, { type: 'batch-norm' }, { type: 'relu' }, ...head]],
  ['batch-norm at both ends', [{ type: 'batch-norm' }, ...head, { type: 'batch-norm', momentum: 0.3, epsilon: 0.1 }]],
  ['layer-norm', [...body, { type: 'layer-norm' }, { type: 'gelu' }, ...head]],
  ['layer-norm at both ends', [{ type: 'layer-norm' }, ...head, { type: 'layer-norm', epsilon: 0.1 }]],
  ['scale at both ends', [{ type: 'scale' }, ...head, { type: 'scale', bias: true }]],
  ['residual', [...body, { type: 'residual', layers: [{ type: 'linear', size: 4 }, { type: 'relu' }, { type: 'linear' }] }, ...head]],
  ['residual of one layer, first', [{ type: 'residual', layers: [{ type: 'batch-norm' }] }, ...head]],
  ['residual in a residual', [{ type: 'residual', layers: [{ type: 'linear' }, { type: 'residual', layers: [{ type: 'linear' }, { type: 'dropout', rate: 0.3 }] }] }, ...head]],
  ['bottleneck', [...body, { type: 'bottleneck', size: 3, norm: 'batch', activation: 'tanh', dropout: 0.25 }, ...head]],
  ['inverted bottleneck', [...body, { type: 'bottleneck', size: 12, norm: 'layer', activation: 'gelu' }, ...head]],
  // Chains in which layers would work in place on each other's outputs if nobody looked at what is read of them.
  ['relu, dropout, sigmoid', [...body, { type: 'relu' }, { type: 'dropout', rate: 0.3 }, { type: 'sigmoid' }, ...head]],
  ['tanh, relu, dropout', [...body, { type: 'tanh' }, { type: 'relu' }, { type: 'dropout', rate: 0.3 }, ...head]],
  ['sigmoid, dropout, tanh', [...body, { type: 'sigmoid' }, { type: 'dropout', rate: 0.3 }, { type: 'tanh' }, ...head]],
  ['leaky-relu, relu, tanh', [...body, { type: 'leaky-relu' }, { type: 'relu' }, { type: 'tanh' }, ...head]],
  ['tanh twice', [...body, { type: 'tanh' }, { type: 'tanh' }, ...head]],
  ['a batch ensemble', [
    { type: 'batch-ensemble', size: 4, members: 3 }, { type: 'relu' }, { type: 'dropout', rate: 0.2 }, { type: 'batch-ensemble', size: 3 },
    { type: 'layer-norm' }, { type: 'tanh' }, { type: 'member-linear' },
  ]],
  ['a batch ensemble to the last layer, with a residual block, behind a linear layer', [
    ...body, { type: 'gelu' }, { type: 'batch-ensemble', size: 3, members: 2 }, { type: 'batch-norm' },
    { type: 'residual', layers: [{ type: 'batch-ensemble' }, { type: 'relu' }] }, { type: 'batch-ensemble' },
  ]],
  ['the activation last', [...head, { type: 'sigmoid' }]],
];

describe.each(backends)('gradients on %s', (backend) => {
  const kernels = kernelsFor('float64', backend);

  test.each(chains)('%s', (_, descriptions) => {
    const [m, inputs, outputs] = [6, 5, 3];
    const model = modelOf(kernels, descriptions, inputs, outputs);
    const random = new RandomState(11);
    initialize(model, 'xavier', 0, random);
    const { values } = model.arena.unregularised;
    values.set(values.map((value) => value + 0.3 * random.gaussian()));
    const before = { values: Array.from(model.arena.values), buffers: buffersOf(model), masks: model.getRandomStates() };

    const report = checkGradients(new Objective(model, 0.01), m, random.randn(m * inputs), random.randint(0, outputs, m));
    expect(report.parameters.filter(({ passed }) => !passed).map(failureText)).toEqual([]);
    expect(report.parameters.map(({ checked, kinks }) => checked + kinks)).toEqual(model.arena.parameters.map(({ value }) => value.length));
    expect({ values: Array.from(model.arena.values), buffers: buffersOf(model), masks: model.getRandomStates() }).toEqual(before);
  });
});

const buffersOf = (model: Sequential): number[][] => model.buffers.map(({ value }) => Array.from(value));

describe.each(variants)('on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const u = dtype === 'float32' ? 2 ** -24 : 2 ** -53;

  test.each<[string, Layer, number[]]>([
    ['relu', new ActivationLayer(kernels, [3], 'relu'), [0, 0, 2]],
    ['leaky-relu', new ActivationLayer(kernels, [3], 'leaky-relu'), [-0.02, 0, 2]],
    ['leaky-relu of slope ½', new ActivationLayer(kernels, [3], 'leaky-relu', { slope: 0.5 }), [-1, 0, 2]],
    ['tanh', new ActivationLayer(kernels, [3], 'tanh'), [Math.tanh(-2), 0, Math.tanh(2)]],
    ['sigmoid', new ActivationLayer(kernels, [3], 'sigmoid'), [1 / (1 + Math.E ** 2), 0.5, 1 / (1 + Math.E ** -2)]],
    ['gelu', new ActivationLayer(kernels, [3], 'gelu'), [-0.04550026389635841, 0, 1.9544997361036416]],
    ['mish', new ActivationLayer(kernels, [3], 'mish'), [-0.2525014826957089, 0, 1.9439589595339946]],
    ['selu', new ActivationLayer(kernels, [3], 'selu'), [-1.520166468595695, 0, 2.101401974710961]],
  ])('%s', (_, layer, right) => {
    const model = new Sequential(kernels, [layer], 1);
    for (const mode of ['train', 'evaluate'] as const) {
      model.forward(1, arrayOf(dtype, [-2, 0, 2]), mode);
      right.forEach((value, i) => { expect(Math.abs(model.output[i]! - value)).toBeLessThanOrEqual(16 * u * Math.abs(value)); });
    }
  });

  test('dropout: zeros and scaled ones in training, the same in backward, nothing in evaluation', () => {
    const [m, n] = [50, 401];
    const model = new Sequential(kernels, [new Dropout(kernels, [n], 0.25, new RandomState(1))], m);
    const x = arrayOf(dtype, new Float64Array(m * n).fill(3));
    model.forward(m, x, 'train');
    const kept = Array.from(model.output, (y) => y !== 0);
    expect(new Set(model.output)).toEqual(new Set(arrayOf(dtype, [0, 4])));
    expect(kept.filter((keep) => !keep).length / kept.length).toBeCloseTo(0.25, 1);
    const dx = allocate(dtype, m * n);
    model.chain.backward(m, x, arrayOf(dtype, new Float64Array(m * n).fill(1)), dx);
    expect(Array.from(dx, (value) => value !== 0)).toEqual(kept);
    model.forward(m, x, 'train');
    expect(Array.from(model.output, (y) => y !== 0)).not.toEqual(kept);
    model.forward(2, x, 'evaluate');
    expect(Array.from(model.output.subarray(0, 2 * n))).toEqual(new Array(2 * n).fill(3));
  });

  test('dropout: a factor makes it one of a lower rate, within blocks too', () => {
    const [m, n] = [3, 7];
    const x = arrayOf(dtype, Float64Array.from({ length: m * n }, (_, i) => i + 1));
    const outputs = (rate: number, factor: number): number[] => {
      const drop = { type: 'dropout', rate } as const;
      const model = new Sequential(kernels, makeLayers([drop, { type: 'residual', layers: [drop] }], n, n, kernels, new RandomState(1)), m);
      model.setDropoutFactor(factor);
      model.forward(m, x, 'train');
      return Array.from(model.output);
    };
    expect(outputs(0.5, 0.5)).toEqual(outputs(0.25, 1));
    expect(outputs(0.5, 0)).toEqual(Array.from(x, (value) => 2 * value));
    expect(outputs(0.5, 1)).not.toEqual(outputs(0.25, 1));
  });

  test('batch norm: running statistics move in training and rule in evaluation', () => {
    const model = new Sequential(kernels, [new BatchNorm(kernels, [1], 1, { momentum: 0.5, epsilon: 1e-30 })], 4);
    initialize(model, 'he', 0, new RandomState(0));
    const x = arrayOf(dtype, [1, 3, 5, 7]);
    model.forward(4, x, 'train');
    // Mean 4, variance 5, unbiased 20/3.
    const near = (values: ArrayLike<number>, right: number[]): void => {
      right.forEach((value, i) => { expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(8 * u * Math.max(1, Math.abs(value))); });
    };
    near(model.output, [-3, -1, 1, 3].map((value) => value / Math.sqrt(5)));
    const running = Object.fromEntries(model.buffers.map(({ name, value }) => [name, value]));
    near(running['runningMean1']!, [2]);
    near(running['runningVar1']!, [0.5 + 10 / 3]);
    const before = buffersOf(model);
    model.forward(2, x, 'evaluate');
    near(model.output, [-1, 1].map((value) => value / Math.sqrt(0.5 + 10 / 3)));
    expect(buffersOf(model)).toEqual(before);
  });

  test('layer norm: the same in both modes, each row by itself', () => {
    const model = new Sequential(kernels, [new LayerNorm(kernels, [4], 1)], 3);
    initialize(model, 'he', 0, new RandomState(0));
    const x = arrayOf(dtype, [1, 3, 5, 7, 10, 30, 50, 70, 1, 1, 1, 1]);
    model.forward(3, x, 'train');
    const all = Array.from(model.output);
    expect(all.slice(8)).toEqual([0, 0, 0, 0]);
    model.forward(1, x.subarray(4), 'evaluate');
    expect(Array.from(model.output.subarray(0, 4))).toEqual(all.slice(4, 8));
  });

  test('residual: x + f(x), and identity where f is zero', () => {
    const model = modelOf(kernels, [{ type: 'residual', layers: [{ type: 'linear', size: 3 }, { type: 'relu' }, { type: 'linear' }] }], 2, 2);
    const x = arrayOf(dtype, [1, -2]);
    model.forward(1, x, 'train');
    expect(Array.from(model.output.subarray(0, 2))).toEqual([1, -2]);
    model.arena.find('b2')!.value.set([10, 20]);
    model.forward(1, x, 'train');
    expect(Array.from(model.output.subarray(0, 2))).toEqual([11, 18]);
    expect(Array.from(x)).toEqual([1, -2]);
  });
});

test('both backends draw the same masks, and a saved state draws them again', () => {
  const build = (backend: BackendName): Sequential => modelOf(kernelsFor('float64', backend), [
    { type: 'dropout', rate: 0.5 }, { type: 'residual', layers: [{ type: 'dropout', rate: 0.4 }] }, { type: 'dropout', rate: 0.5 },
  ], 40, 40);
  const models = backends.map(build);
  const ones = new Float64Array(6 * 40).fill(1);
  const draw = (model: Sequential): number[] => {
    model.forward(6, ones, 'train');
    return Array.from(model.output);
  };
  const [model] = models as [Sequential];
  draw(model);
  models.slice(1).forEach(draw);
  const states = JSON.parse(JSON.stringify(model.getRandomStates())) as unknown[];
  const next = models.map(draw);
  for (const masks of next) expect(masks).toEqual(next[0]);
  expect(draw(model)).not.toEqual(next[0]);
  model.setRandomStates(states);
  expect(draw(model)).toEqual(next[0]);
});

describe('mlp', () => {
  const kernels = kernelsFor('float64', 'typescript');
  const kinds = (layers: readonly Layer[]): unknown[] =>
    layers.map((layer) => (layer.inner === undefined ? layer.kind : [layer.kind, ...kinds(layer.inner.layers)]));

  test.each([
    ['plain', {}, ['linear', 'relu', 'linear', 'relu', 'linear']],
    ['activation', { activation: 'gelu' }, ['linear', 'gelu', 'linear', 'gelu', 'linear']],
    ['all of it', { activation: 'tanh', norm: 'batch', dropout: 0.1, inputDropout: 0.2 }, [
      'dropout', 'linear', 'batch-norm', 'tanh', 'dropout', 'linear', 'batch-norm', 'tanh', 'dropout', 'linear',
    ]],
    ['inputs dropped, then scaled', { inputDropout: 0.2, inputScale: true, activation: 'mish', parametricActivation: true }, [
      'dropout', 'scale', 'linear', 'mish', 'linear', 'mish', 'linear',
    ]],
    ['residual where sizes allow', { norm: 'layer', residual: true }, [
      'linear', 'layer-norm', 'relu', ['residual', 'linear', 'layer-norm', 'relu'], 'linear',
    ]],
  ] as const)('%s', (_, options, right) => {
    expect(kinds(mlp([4, 6, 6, 3], kernels, 2, options).layers)).toEqual(right);
  });

  test('names parameters and buffers in the order in which they stand, and regularises weights alone', () => {
    const model = mlp([4, 6, 6, 3], kernels, 2, { norm: 'batch', residual: true });
    expect(model.arena.parameters.map(({ name, regularised }) => [name, regularised])).toEqual([
      ['W1', true], ['b1', false], ['gamma1', false], ['beta1', false],
      ['W2', true], ['b2', false], ['gamma2', false], ['beta2', false], ['W3', true], ['b3', false],
    ]);
    expect(model.buffers.map(({ name }) => name)).toEqual(['runningMean1', 'runningVar1', 'runningMean2', 'runningVar2']);
  });

  test('gammas start at one, all else beside weights at zero', () => {
    const model = mlp([4, 6, 3], kernels, 2, { norm: 'layer' });
    model.arena.values.fill(9);
    initialize(model, 'zeros', 0, new RandomState(0));
    for (const { name, value } of model.arena.parameters) {
      expect(new Set(value)).toEqual(new Set([name === 'gamma1' ? 1 : 0]));
    }
  });

  test.each([
    ['a dropout of one', () => mlp([2, 2, 2], kernels, 1, { dropout: 1 }), 'ERR_CONFIG', 'rate'],
    ['a negative input dropout', () => mlp([2, 2], kernels, 1, { inputDropout: -0.1 }), 'ERR_CONFIG', 'rate'],
    ['a slope of one', () => modelOf(kernels, [{ type: 'leaky-relu', slope: 1 }], 1, 1), 'ERR_CONFIG', 'slope'],
    ['a negative epsilon', () => modelOf(kernels, [{ type: 'layer-norm', epsilon: -1 }], 1, 1), 'ERR_CONFIG', 'epsilon'],
    ['a momentum above one', () => modelOf(kernels, [{ type: 'batch-norm', momentum: 1.1 }], 1, 1), 'ERR_CONFIG', 'momentum'],
    ['an empty residual block', () => new Residual(kernels, []), 'ERR_SHAPE', 'at least one layer'],
    ['a residual block that changes the size', () => modelOf(kernels, [{ type: 'residual', layers: [{ type: 'linear', size: 3 }] }], 2, 2), 'ERR_SHAPE', '2 outputs'],
  ])('refuses %s', (_, build, code, message) => {
    let error: unknown;
    try { build(); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
