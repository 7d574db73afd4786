import { Model } from '../../lib/inference/model';
import { buildModel } from '../../lib/build/buildModel';
import { applySettings, parseSpec } from '../../lib/spec/spec';
import { kernelsFor } from '../../lib/kernels';
import type { LayerDescription } from '../../lib/model/layers';
import { generatorOf, generators, initialize } from '../../lib/model/init';
import type { Initializer } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import type { StartEvent } from '../../lib/train/events';
import { variants } from '../support/backends';
import { run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

const list: readonly LayerDescription[] = [
  { type: 'dropout', rate: 0.05 }, { type: 'linear', size: 16 }, { type: 'batch-norm' }, { type: 'gelu' },
  { type: 'bottleneck', size: 8, norm: 'layer', activation: 'tanh' },
  { type: 'residual', layers: [{ type: 'linear' }, { type: 'leaky-relu', slope: 0.2 }, { type: 'dropout', rate: 0.1 }] },
  { type: 'linear' },
];
const kernels = kernelsFor('float64', 'typescript');
const sizes = { inputSize: 12, outputSize: 3 };

describe.each(variants)('training on $backend $dtype', ({ backend, dtype }) => {
  test.each([
    ['every option', { activation: 'leaky-relu', norm: 'batch', dropout: 0.1, inputDropout: 0.05, residual: true, layers: [12, 16, 16, 3] }, [12, 16, 16, 3]],
    ['sigmoid and layer norm', { activation: 'sigmoid', norm: 'layer', init: 'xavier' }, [12, 8, 3]],
    ['orthogonal tanh', { activation: 'tanh', init: 'orthogonal' }, [12, 8, 3]],
    ['a list of layers', { layers: undefined, model: list, init: 'lecun' }, [12, 16, 8, 16, 16, 3]],
  ])('%s learns, and its checkpoint predicts as it did', (_, options, layers) => {
    const { events, checkpoint, result } = run({ ...options, backend, dtype, steps: 60 });
    expect((events[0] as StartEvent).layers).toEqual(layers);
    expect(result.valAccuracy).toBeGreaterThan(0.9);
    // Evaluation draws no masks and uses the running statistics, so that the model read back says the same.
    const again = Model.load(checkpoint, { name: 'memory', backend }).evaluate(tinyData().validation);
    expect([again.accuracy, again.loss]).toEqual([result.valAccuracy, result.valLoss]);
  });
});

test('dropout depends on the seed alone, not on the weights', () => {
  const masks = (seed: number): unknown[] =>
    buildModel(parseSpec({ ...tinySpec, seed, dropout: 0.5 }), sizes, kernels, 4).getRandomStates();
  expect(masks(3)).toEqual(masks(3));
  expect(masks(3)).not.toEqual(masks(4));
});

test('a linear layer without a size has as many outputs as the data', () => {
  const { layers } = buildModel(parseSpec({ steps: 1, model: [{ type: 'linear' }] }), { inputSize: 7, outputSize: 4 }, kernels, 4);
  expect(layers.map(({ inputShape, outputShape }) => [inputShape, outputShape])).toEqual([[[7], [4]]]);
});

test.each([
  ['inputs', { layers: [11, 3] }, 'layers[0]'],
  ['outputs', { layers: [12, 4] }, 'the last of layers'],
  ['outputs of a list', { layers: undefined, model: [{ type: 'linear', size: 4 }] }, 'the last layer of model'],
  ['outputs of a list without a linear layer', { layers: undefined, model: [{ type: 'relu' }] }, 'the last layer of model'],
])('%s that are not those of the data are ERR_SHAPE', (_, changes, where) => {
  expect(() => run(changes)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringContaining(where) as string }) as Error);
});

describe('a spec', () => {
  const parse = (changes: object): (() => unknown) => () => parseSpec({ steps: 1, ...changes });
  const refused = (path: string, message = ''): Error =>
    expect.objectContaining({ code: 'ERR_CONFIG', details: expect.objectContaining({ path }) as object, message: expect.stringContaining(message) as string }) as Error;

  test.each([
    ['layers', [3072, 10]], ['activation', 'tanh'], ['parametricActivation', true], ['inputScale', true], ['numericEmbedding', 'pbld'], ['norm', 'batch'], ['dropout', 0.1], ['inputDropout', 0.1], ['residual', true], ['members', 4],
  ])('refuses %s beside a model', (key, value) => {
    expect(parse({ [key]: value, model: [{ type: 'linear' }] })).toThrow(refused(key, 'no model'));
    expect(parse({ [key]: value })).not.toThrow();
  });

  test.each<[object, string]>([
    [{ members: 1 }, 'an integer of at least 2 or null'], [{ members: 4, layers: [8, 2] }, 'a hidden layer, whose weights they share,'],
    [{ members: 4, hidden: [] }, 'a hidden layer, whose weights they share,'],
  ])('refuses %j', (changes, message) => {
    expect(parse(changes)).toThrow(refused('members', message));
  });

  test('accepts its own complete form back', () => {
    const complete = JSON.parse(JSON.stringify(parseSpec({ steps: 1, model: list }))) as object;
    expect(parseSpec(complete)).toEqual(complete);
  });

  test.each<[unknown, string, string]>([
    [{}, 'model', 'a list of layers'],
    [[], 'model', 'a list of layers'],
    [['relu'], 'model[0]', 'a layer such as'],
    [[{ type: 'relu' }, null], 'model[1]', 'a layer such as'],
    [[{ type: 'reul' }], 'model[0].type', 'did you mean relu?'],
    [[{ size: 3 }], 'model[0].type', 'one of linear'],
    [[{ type: 'linear', size: 0 }], 'model[0].size', 'a positive integer'],
    [[{ type: 'linear', sise: 3 }], 'model[0].sise', 'did you mean size?'],
    [[{ type: 'relu', slope: 0.1 }], 'model[0].slope', 'one of parametric'],
    [[{ type: 'dropout' }], 'model[0].rate', 'a number in [0, 1)'],
    [[{ type: 'dropout', rate: 1 }], 'model[0].rate', 'a number in [0, 1)'],
    [[{ type: 'batch-norm', momentum: '0.1' }], 'model[0].momentum', 'a number in [0, 1]'],
    [[{ type: 'residual', layers: [{ type: 'linear' }, { type: 'dropout', rate: -1 }] }], 'model[0].layers[1].rate', 'a number in [0, 1)'],
    [[{ type: 'residual', layers: [] }], 'model[0].layers', 'a list of layers'],
    [[{ type: 'bottleneck', size: 3, activation: 'swish' }], 'model[0].activation', 'one of relu'],
    [[{ type: 'linear', constructor: 3 }], 'model[0].constructor', 'one of size'],
  ])('refuses the model %j', (model, path, message) => {
    expect(parse({ model })).toThrow(refused(path, message));
  });

  test.each([
    [{ activation: 'swish' }, 'activation'], [{ norm: 'group' }, 'norm'], [{ dropout: 1 }, 'dropout'], [{ inputDropout: -0.1 }, 'inputDropout'],
    [{ residual: 1 }, 'residual'], [{ init: 'uniform' }, 'init'], [{ initStd: 0.1, init: 'he' }, 'initStd'],
  ])('refuses %j', (changes, path) => {
    expect(parse(changes)).toThrow(refused(path));
  });

  test('a model set replaces the sizes of a preset, and the other way round', () => {
    const base = { steps: 1, layers: [12, 8, 3], norm: 'batch' };
    const withModel = applySettings(base, ['model=[{"type":"linear"}]']);
    expect(parseSpec(withModel)).toMatchObject({ model: [{ type: 'linear' }], norm: 'none' });
    expect(parseSpec(applySettings(withModel, ['layers=12,3']))).toMatchObject({ model: null, layers: [12, 3] });
    expect(() => parseSpec(applySettings(base, ['model=[{"type":"linear"}]', 'norm=layer']))).toThrow(refused('norm'));
  });
});

describe.each(generators)('initialisers that draw with %s', (generator) => {
  const [fanIn, fanOut] = [200, 150];
  const weightsOf = (name: Initializer, std = 0): Float64Array => {
    const model = mlp([fanIn, fanOut], kernels, 1);
    model.arena.values.fill(9);
    initialize(model, name, std, generatorOf(generator, 1));
    expect(model.arena.unregularised.values.every((value) => value === 0)).toBe(true);
    return Float64Array.from(model.arena.find('W1')!.value);
  };
  const deviation = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

  test.each([
    ['normal', 0.01, 0.01], ['he', 0, Math.sqrt(2 / fanIn)], ['lecun', 0, Math.sqrt(1 / fanIn)],
    ['xavier', 0, Math.sqrt(2 / (fanIn + fanOut))], ['zeros', 0, 0], ['orthogonal', 0, Math.sqrt(1 / fanIn)],
  ] as const)('%s has the standard deviation that it promises', (name, std, right) => {
    expect(Math.abs(deviation(weightsOf(name, std)) - right)).toBeLessThanOrEqual(0.02 * right);
  });

  test('xavier is uniform', () => {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    const largest = Math.max(...weightsOf('xavier').map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.999 * bound);
  });

  test.each([[5, 9], [9, 5], [7, 7], [1, 4], [4, 1]])('orthogonal [%d, %d] has orthonormal rows or columns', (rows, columns) => {
    const model = mlp([columns, rows], kernels, 1);
    initialize(model, 'orthogonal', 0, generatorOf(generator, 2));
    const w = model.arena.find('W1')!.value;
    const least = Math.min(rows, columns);
    const gram = new Float64Array(least * least);
    if (rows < columns) kernels.gemm(false, true, rows, rows, columns, 1, w, w, 0, gram);
    else kernels.gemm(true, false, columns, columns, rows, 1, w, w, 0, gram);
    gram.forEach((value, at) => { expect(Math.abs(value - (at % (least + 1) === 0 ? 1 : 0))).toBeLessThan(1e-15 * 4); });
  });

  test('an unknown name is ERR_CONFIG', () => {
    expect(() => weightsOf('uniform' as 'normal')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }) as Error);
  });
});
