import { kernelsFor } from '../../lib/kernels';
import type { Kernels } from '../../lib/kernels/contract';
import { makeLayers } from '../../lib/model/description';
import { initialize } from '../../lib/model/init';
import type { LayerDescription } from '../../lib/model/layers';
import type { InputLayout } from '../../lib/model/layers/define';
import { mlpLayers } from '../../lib/model/mlpLayers';
import { Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { checkGradients, failureText } from '../../lib/train/gradientCheck';
import { Objective } from '../../lib/train/objective';
import { backends } from '../support/backends';

const layout: InputLayout = { numbers: 2, passed: 1, categories: [2, 3] };
const embedding = { type: 'embedding', frequencies: 5, size: 3, sigma: 0.7, categorySize: 2 } as const;

function modelOf(kernels: Kernels, descriptions: readonly LayerDescription[], inputs: InputLayout = layout, outputs = 3): Sequential {
  const inputSize = inputs.numbers + inputs.passed + inputs.categories.length;
  const model = new Sequential(kernels, makeLayers(descriptions, inputSize, outputs, kernels, new RandomState(5), inputs), 6);
  initialize(model, 'xavier', 0, new RandomState(1));
  return model;
}

/** Six rows of the layout, whose indices are some of the categories and some of none. */
function rowsOf(random: RandomState): Float64Array {
  const rows = random.randn(6 * 5);
  [[0, 2], [1, 0], [2, 3], [0, 1], [-1, NaN], [1, 0]].forEach((indices, i) => { rows.set(indices, 5 * i + 3); });
  return rows;
}

describe.each(backends)('on %s', (backend) => {
  const kernels = kernelsFor('float64', backend);

  test.each<[string, readonly LayerDescription[]]>([
    ['numbers and categories', [embedding, { type: 'scale' }, { type: 'linear' }]],
    ['categories alone', [{ ...embedding, numeric: 'none' }, { type: 'linear' }]],
    ['more frequencies and outputs than a block', [{ ...embedding, frequencies: 18, size: 11 }, { type: 'linear' }]],
    ['outputs of another layer', [{ ...embedding, numeric: 'none' }, { type: 'linear', size: 3 }, embedding, { type: 'residual', layers: [{ type: 'embedding', numeric: 'none' }] }, { type: 'linear' }]],
  ])('gradients of %s', (_, descriptions) => {
    const random = new RandomState(7);
    const report = checkGradients(new Objective(modelOf(kernels, descriptions), 0.01), 6, rowsOf(random), random.randint(0, 3, 6));
    expect(report.parameters.filter(({ passed }) => !passed).map(failureText)).toEqual([]);
  });

  test('a row is its numbers with their cosines, what is passed, and rows of the tables', () => {
    const model = modelOf(kernels, [embedding], layout, 11);
    const values = Object.fromEntries(model.arena.parameters.map(({ name, value }) => [name, Array.from(value)])) as Record<string, number[]>;
    model.forward(1, Float64Array.of(0.5, -2, 7, 1, 9), 'evaluate');
    const cosines = (j: number, x: number): number[] => [0, 1].map((o) => values['offsets1']![2 * j + o]! + [0, 1, 2, 3, 4].reduce((sum, l) =>
      sum + values['maps1']![(2 * j + o) * 5 + l]! * Math.cos(2 * Math.PI * values['frequencies1']![5 * j + l]! * x + values['phases1']![5 * j + l]!), 0));
    const right = [0.5, ...cosines(0, 0.5), -2, ...cosines(1, -2), 7, ...values['categories1']!.slice(2, 4), 0, 0];
    right.forEach((value, i) => { expect(model.output[i]).toBeCloseTo(value, 13); });
  });

  test('the input gradient: through the cosines, as it is, none for categories', () => {
    const model = modelOf(kernels, [{ ...embedding, numeric: 'none' }], layout, 7);
    const dx = new Float64Array(5);
    const x = Float64Array.of(1, 2, 3, 0, 0);
    model.forward(1, x, 'train');
    model.chain.backward(1, x, Float64Array.of(1, 2, 3, 4, 5, 6, 7), dx);
    expect(Array.from(dx)).toEqual([1, 2, 3, 0, 0]);
  });

  test('starts as its paper says, the same for the same seed, and at 0 for what training rows do not have', () => {
    const inputs: InputLayout = { numbers: 50, passed: 0, categories: [40, 3] };
    const model = modelOf(kernels, [{ type: 'embedding' }], inputs, 216);
    const own = (name: string): number[] => Array.from(model.arena.find(name)!.value);
    const spread = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(spread(own('frequencies1'))).toBeCloseTo(0.1, 2);
    expect(Math.max(...own('phases1').map(Math.abs))).toBeCloseTo(Math.PI, 1);
    expect(Math.max(...own('maps1').map(Math.abs))).toBeCloseTo(0.25, 2);
    const table = own('categories1');
    expect(spread(table.slice(0, 320))).toBeCloseTo(1, 1);
    expect([...table.slice(320, 328), ...table.slice(352)]).toEqual(new Array(16).fill(0));
    expect(modelOf(kernels, [{ type: 'embedding' }], inputs, 216).arena.values).toEqual(model.arena.values);
    expect(model.arena.parameters.map(({ name, group, regularised }) => [name, group, regularised])).toEqual([
      ['frequencies1', 'embedding', true], ['phases1', 'embedding', false], ['maps1', 'embedding', true], ['offsets1', 'embedding', false],
      ['categories1', 'weight', true],
    ]);
  });
});

describe('descriptions', () => {
  const kernels = kernelsFor('float64', 'typescript');
  const types = (layers: readonly LayerDescription[]): string[] => layers.map(({ type }) => type);

  test.each([
    ['keys', { numericEmbedding: 'pbld', inputDropout: 0.1, inputScale: true, residual: true }, false, ['embedding', 'dropout', 'scale', 'linear', 'relu', 'residual', 'linear']],
    ['categories', { embeddingSize: 3 }, true, ['embedding', 'linear', 'relu', 'linear', 'relu', 'linear']],
    ['neither', {}, false, ['linear', 'relu', 'linear', 'relu', 'linear']],
  ] as const)('by %s', (_, options, hasCategories, right) => {
    expect(types(mlpLayers([5, 5, 5, 3], options, hasCategories))).toEqual(right);
    expect(mlpLayers([5, 5, 3], options, hasCategories)[0]).toEqual(hasCategories ? { type: 'embedding', numeric: 'none', categorySize: 3 } : expect.anything());
  });

  test.each([
    ['categories without an embedding', () => modelOf(kernels, [{ type: 'linear' }]), 'ERR_CONFIG', 'a first layer that embeds categories (or no oneHot, which leaves 2 of them'],
    ['a layout of another size', () => makeLayers([embedding], 4, 3, kernels, new RandomState(0), layout), 'ERR_SHAPE', 'a layout of 4 inputs'],
    ['a layout without categories', () => makeLayers([embedding], 4, 3, kernels, new RandomState(0), { numbers: 4, passed: 0 } as InputLayout), 'ERR_CONFIG', 'inputLayout'],
    ['one output', () => modelOf(kernels, [{ ...embedding, size: 1 }]), 'ERR_CONFIG', 'an integer of at least 2'],
    ['another embedding', () => modelOf(kernels, [{ ...embedding, numeric: 'ple' as 'pbld' }]), 'ERR_CONFIG', 'one of none, pbld'],
  ])('refuses %s', (_, build, code, message) => {
    let error: unknown;
    try { build(); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});
