import { draw, gridValues, parseDomain } from '../../lib/search/domain';
import { makeSampler } from '../../lib/search/samplers';
import { parseSearch } from '../../lib/search/searchSpec';
import { drawAssignment, parseSpace, specOf } from '../../lib/search/space';
import { presets } from '../../lib/spec/presets';
import { parseSpec } from '../../lib/spec/spec';
import { RandomState } from '../../lib/random';
import type { Assignment } from '../../lib/search/types';

const rate = { type: 'log-uniform', low: 1e-4, high: 0.3 };
const base = 'two-layer-default';

describe('a range of two billion integers is read without counting through it', () => {
  const batchSize = { type: 'integer', low: 1, high: 2e9 };
  test.each(['grid', 'random', 'tpe'] as const)('by %s', (sampler) => {
    const { space, seed } = parseSearch({ base, space: { batchSize, warmupSteps: { type: 'log-integer', low: 1, high: 2 ** 31, when: { batchSize: [7] } } }, sampler });
    const made = makeSampler({ sampler, space, seed });
    expect(made.propose(0, [])).toMatchObject({ batchSize: expect.any(Number) as number });
  });

  test('a grid that is too large is refused before it is made', () => {
    const fine = { type: 'uniform', low: 0, high: 0.9, points: 1000 };
    const { space } = parseSearch({ base, space: { batchSize: { ...batchSize, points: 100 }, momentum: fine, dropout: fine, inputDropout: fine } });
    expect(() => makeSampler({ sampler: 'grid', space, seed: 0 })).toThrow(expect.objectContaining({
      code: 'ERR_CONFIG', message: expect.stringContaining('received 100000000') as string, details: { path: 'space.dropout.points' },
    }));
  });
});

test('a preset for tables needs one, and has the keys of the loss that is set', () => {
  const learningRate = { type: 'log-uniform', low: 1e-4, high: 0.3 };
  expect(() => parseSpace('table', {}, { learningRate })).toThrow('Expected the path of a table, which the preset table is for, for dataFile but received null');
  expect(parseSpace('table', { dataFile: 'x.csv', loss: 'mse' }, { learningRate }).base).toMatchObject({ loss: 'mse', targetScaling: 'standardize', labelSmoothing: 0 });
});

describe('what is refused', () => {
  const conditional = (when: unknown): object => ({ optimizer: { type: 'choice', values: ['sgd', 'adam'] }, momentum: { type: 'uniform', low: 0, high: 0.9, when } });
  test.each([
    ['no space', undefined, 'space', /one or more parameters/],
    ['an empty space', {}, 'space', /one or more parameters/],
    ['a list', [], 'space', /one or more parameters/],
    ['an unknown parameter', { learningrate: rate }, 'space.learningrate', /did you mean learningRate\?/],
    ['a width of no layer', { width0: { type: 'integer', low: 1, high: 3 } }, 'space.width0', /did you mean width1\?/],
    ['a key of all trials', { steps: { type: 'integer', low: 100, high: 200 } }, 'space.steps', /may differ between trials/],
    ['no object', { learningRate: 0.1 }, 'space.learningRate', /an object with a type/],
    ['an unknown type', { learningRate: { type: 'normal' } }, 'space.learningRate.type', /one of uniform, log-uniform/],
    ['an unknown key', { learningRate: { ...rate, hihg: 1 } }, 'space.learningRate.hihg', /did you mean high\?/],
    ['a step on real numbers', { learningRate: { ...rate, step: 1 } }, 'space.learningRate.step', /keys of space.learningRate/],
    ['inverted bounds', { learningRate: { ...rate, low: 1, high: 0.1 } }, 'space.learningRate', /low < high .* but received '1 and 0.1'/],
    ['equal bounds', { learningRate: { ...rate, low: 1, high: 1 } }, 'space.learningRate', /low < high/],
    ['a logarithm of zero', { learningRate: { ...rate, low: 0 } }, 'space.learningRate.low', /a number > 0, as a logarithm is taken/],
    ['a missing bound', { learningRate: { type: 'uniform', low: 0 } }, 'space.learningRate.high', /a number .* but received undefined/],
    ['half an integer', { batchSize: { type: 'integer', low: 1.5, high: 3 } }, 'space.batchSize.low', /an integer/],
    ['a step past the end', { batchSize: { type: 'integer', low: 10, high: 25, step: 10 } }, 'space.batchSize.step', /leads from 10 to 25/],
    ['a choice of nothing', { batchSize: { type: 'choice', values: [] } }, 'space.batchSize.values', /one or more values/],
    ['a choice of objects', { batchSize: { type: 'choice', values: [{}] } }, 'space.batchSize.values', /texts, numbers/],
    ['a value twice', { layers: { type: 'choice', values: [[12, 3], [12, 3]] } }, 'space.layers.values', /each value once/],
    ['a choice that the spec refuses', { optimizer: { type: 'choice', values: ['sgd', 'adamax'] } }, 'space.optimizer', /one of sgd, adam/],
    ['a bound that the spec refuses', { momentum: { type: 'uniform', low: 0, high: 1 } }, 'space.momentum', /a number in \[0, 1\)/],
    ['real numbers for an integer', { batchSize: { type: 'uniform', low: 100, high: 200 } }, 'space.batchSize', /an integer of at least 1/],
    ['two billion layers', { depth: { type: 'integer', low: 2, high: 2e9 } }, 'space.depth', /an integer in \[1, 1000\] .* but received 2000000000/],
    ['two billion layers, beside widths', { depth: { type: 'integer', low: 2, high: 2e9 }, width1: { type: 'integer', low: 2, high: 8 } }, 'space.depth', /an integer in/],
    ['two billion units', { width1: { type: 'integer', low: 1, high: 2e9 } }, 'space.layers', /at most 2147483647 parameters/],
    ['a list that holds itself', { layers: { type: 'choice', values: (() => { const own: unknown[] = []; own.push(own); return own; })() } }, 'space.layers.values', /texts, numbers/],
    ['a bigint', { batchSize: { type: 'choice', values: [10n] } }, 'space.batchSize.values', /texts, numbers/],
    ['a grid of one point', { learningRate: { ...rate, points: 1 } }, 'space.learningRate.points', /an integer in \[2, 1000\]/],
    ['a condition that is none', conditional(['sgd']), 'space.momentum.when', /values of earlier parameters/],
    ['a condition on nothing known', conditional({ optimiser: ['sgd'] }), 'space.momentum.when.optimiser', /a parameter before it \(optimizer\)/],
    ['a condition on a later parameter', { momentum: { type: 'uniform', low: 0, high: 0.9, when: { optimizer: ['sgd'] } }, optimizer: { type: 'choice', values: ['sgd', 'adam'] } },
      'space.momentum.when.optimizer', /no condition on the first parameter/],
    ['a condition on a value that is not drawn', conditional({ optimizer: ['lion'] }), 'space.momentum.when.optimizer', /values that optimizer can have/],
    ['a condition without values', conditional({ optimizer: [] }), 'space.momentum.when.optimizer', /one or more values/],
    ['a condition on real numbers', { learningRate: rate, momentum: { type: 'uniform', low: 0, high: 0.9, when: { learningRate: [0.1] } } },
      'space.momentum.when.learningRate', /a choice or an integer/],
    ['trials that contradict themselves', conditional(undefined), 'space.momentum', /every trial of the space but received .*"adam".*optimizer sgd for momentum/],
    ['a layer without a width', { depth: { type: 'integer', low: 2, high: 4 }, width1: { type: 'integer', low: 4, high: 8 } }, 'space.width2', /a width2 for depth 3/],
    ['a width that no depth has', { depth: { type: 'integer', low: 2, high: 3 }, width3: { type: 'integer', low: 4, high: 8 } }, 'space.width3', /a depth above 3/],
    ['layers made twice', { layers: { type: 'choice', values: [[3072, 10]] }, depth: { type: 'integer', low: 2, high: 3 } }, 'space.depth', /layers too/],
    ['layers made twice, the other way round', { depth: { type: 'choice', values: [1, 2] }, layers: { type: 'choice', values: [[3072, 10]] } }, 'space.layers', /layers too/],
  ])('%s', (_, space, path, message) => {
    const wrong = (): unknown => parseSpace(base, {}, space);
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message), details: expect.objectContaining({ path }) }));
  });

  test.each([
    ['no base', undefined, {}, 'base', /the name of a preset or a spec/],
    ['an unknown preset', 'two-layer', {}, 'two-layer', /two-layer-default/],
    ['an unknown key of the spec', base, { lr: 1 }, 'lr', /did you mean learningRate\?/],
    ['a set that is none', base, ['learningRate=1'], 'set', /keys of the spec/],
    ['seeds in the base', base, { seeds: 3 }, 'base.seeds', /seeds of the search/],
  ])('%s', (_, of, set, path, message) => {
    expect(() => parseSpace(of, set, { learningRate: rate }))
      .toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message), details: expect.objectContaining({ path }) }));
  });

  test.each([
    [{ sampler: 'tpa' }, 'sampler'], [{ seed: -1 }, 'seed'], [{ trials: 0 }, 'trials'], [{ pruner: 'median' }, 'pruner'], [{ eta: 1 }, 'eta'],
    [{ minShare: 0 }, 'minShare'], [{ minShare: 1.5 }, 'minShare'], [{ folds: 0 }, 'folds'], [{ seeds: 1.5 }, 'seeds'], [{ trails: 3 }, 'trails'],
  ])('a search with %p', (wrong, path) => {
    expect(() => parseSearch({ base, space: { learningRate: rate }, ...wrong }))
      .toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: expect.objectContaining({ path }) }));
  });

  test.each([[null], ['mlp'], [[]]])('%p as a search', (input) => {
    expect(() => parseSearch(input)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});

test('a search has defaults', () => {
  const { space, ...rest } = parseSearch({ base, set: { epochs: 2 }, space: { learningRate: rate } });
  expect(rest).toEqual({ sampler: 'tpe', seed: 0, trials: null, pruner: 'asha', eta: 3, minShare: 1 / 9, folds: 1, seeds: 1 });
  expect(space.base).toEqual(parseSpec({ ...presets['two-layer-default']!.spec, steps: null, epochs: 2 }));
  expect(space.parameters).toEqual([{ name: 'learningRate', domain: rate, points: 3, when: {} }]);
});

describe('the layers of a trial', () => {
  const sizes = { depth: { type: 'integer', low: 1, high: 3 }, width1: { type: 'log-integer', low: 8, high: 32 }, width2: { type: 'integer', low: 4, high: 6 } };
  const layers = (space: object, assignment: Assignment): unknown => specOf(parseSpace({ layers: [12, 20, 3], steps: 10 }, undefined, space), assignment).layers;

  test('are as many as the depth says, as wide as the widths say', () => {
    expect(layers(sizes, { depth: 1 })).toEqual([12, 3]);
    expect(layers(sizes, { depth: 2, width1: 9 })).toEqual([12, 9, 3]);
    expect(layers(sizes, { depth: 3, width1: 9, width2: 5 })).toEqual([12, 9, 5, 3]);
  });

  test('are the base\'s where no parameter says', () => {
    expect(layers({ learningRate: rate }, { learningRate: 0.1 })).toEqual([12, 20, 3]);
    expect(layers({ width1: sizes.width1 }, { width1: 8 })).toEqual([12, 8, 3]);
    expect(layers({ depth: { type: 'choice', values: [1, 2] } }, { depth: 2 })).toEqual([12, 20, 3]);
  });

  test('draw widths only for layers that are there', () => {
    const space = parseSpace({ layers: [12, 20, 3], steps: 10 }, undefined, sizes);
    const random = new RandomState(1);
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) seen.add(Object.keys(drawAssignment(space, random)).join());
    expect([...seen].sort()).toEqual(['depth', 'depth,width1', 'depth,width1,width2']);
  });
});

test('conditions on conditional parameters hold in chains', () => {
  const space = parseSpace({ layers: [12, 3], steps: 10 }, undefined, {
    optimizer: { type: 'choice', values: ['sgd', 'adam'] },
    momentum: { type: 'choice', values: [0, 0.9], when: { optimizer: ['sgd'] } },
    nesterov: { type: 'choice', values: [true, false], when: { momentum: [0.9] } },
  });
  const random = new RandomState(2);
  const seen = new Set(Array.from({ length: 200 }, () => JSON.stringify(Object.values(drawAssignment(space, random)))));
  expect([...seen].sort()).toEqual(['["adam"]', '["sgd",0]', '["sgd",0.9,false]', '["sgd",0.9,true]'].sort());
});

describe('a drawn number keeps the digits that tell it from others', () => {
  test.each([
    ['a narrow range far from 0', { type: 'uniform', low: 1_000_000, high: 1_000_001 }],
    ['a narrow range below 0', { type: 'uniform', low: -100.001, high: -100 }],
    ['a narrow logarithmic range', { type: 'log-uniform', low: 0.01, high: 0.010001 }],
    ['the narrowest', { type: 'uniform', low: 0.5, high: 0.5 + 2 ** -30 }],
    ['a wide one', { type: 'uniform', low: 0, high: 1 }],
  ])('%s', (_, entry) => {
    const domain = parseDomain(entry, 'space.x');
    const random = new RandomState(1);
    const drawn = Array.from({ length: 300 }, () => draw(domain, random) as number);
    expect(new Set(drawn).size).toBeGreaterThan(290);
    expect(drawn.every((value) => value >= entry.low && value <= entry.high)).toBe(true);
    expect(new Set(gridValues(domain, 100)).size).toBe(100);
  });

  test.each([
    [{ type: 'uniform', low: 0.1, high: 0.9 }], [{ type: 'log-uniform', low: 1e-5, high: 0.1 }], [{ type: 'uniform', low: 0, high: 1e-3 }],
  ])('six where these are enough: %j', (entry) => {
    const random = new RandomState(2);
    for (let i = 0; i < 50; i++) {
      const value = draw(parseDomain(entry, 'space.x'), random) as number;
      expect(value).toBe(Number(value.toPrecision(6)));
    }
  });
});

describe('values are spread evenly', () => {
  const draws = 6000;
  const drawn = (entry: Record<string, unknown>): number[] => {
    const domain = parseDomain(entry, 'x');
    const random = new RandomState(3);
    return Array.from({ length: draws }, () => draw(domain, random) as number);
  };
  /** Binomial counts lie within five standard deviations. */
  const expectShares = (values: readonly number[], shares: readonly (readonly [number, number])[]): void => {
    for (const [value, share] of shares) {
      const count = values.filter((other) => other === value).length;
      expect(Math.abs(count - share * draws)).toBeLessThan(5 * Math.sqrt(draws * share * (1 - share)));
    }
  };

  test('integers, the bounds too', () => {
    const values = drawn({ type: 'integer', low: 10, high: 40, step: 10 });
    expect(new Set(values).size).toBe(4);
    expectShares(values, [10, 20, 30, 40].map((value) => [value, 1 / 4]));
  });

  test('logarithmic integers, each by the length of its cell', () => {
    const values = drawn({ type: 'log-integer', low: 1, high: 4 });
    expect(new Set(values).size).toBe(4);
    expectShares(values, [1, 2, 3, 4].map((value) => [value, Math.log((value + 0.5) / (value - 0.5)) / Math.log(9)]));
  });

  test.each([['uniform', 2, 6, 4], ['log-uniform', 0.01, 1, 0.1]])('%s numbers around their middle', (type, low, high, middle) => {
    const values = drawn({ type, low, high });
    for (const value of values) expect(value >= low && value <= high).toBe(true);
    const below = values.filter((value) => value < middle).length;
    expect(Math.abs(below - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
    expect(Math.min(...values) / low).toBeLessThan(1.01);
    expect(Math.max(...values) / high).toBeGreaterThan(0.99);
  });
});

test.each([
  [{ type: 'uniform', low: 0, high: 1 }, 3, [0, 0.5, 1]],
  [{ type: 'log-uniform', low: 1e-4, high: 1 }, 5, [1e-4, 1e-3, 0.01, 0.1, 1]],
  [{ type: 'integer', low: 1, high: 3 }, 5, [1, 2, 3]],
  [{ type: 'integer', low: 0, high: 10, step: 5 }, 2, [0, 10]],
  [{ type: 'log-integer', low: 1, high: 4 }, 4, [1, 2, 3, 4]],
  [{ type: 'log-integer', low: 64, high: 1024 }, 3, [64, 256, 1024]],
  [{ type: 'log-integer', low: 1, high: 8 }, 6, [1, 2, 3, 5, 8]],
  [{ type: 'choice', values: ['a', null, [1, 2]] }, 2, ['a', null, [1, 2]]],
])('a grid on %p with %p points', (entry, points, values) => {
  expect(gridValues(parseDomain(entry, 'x'), points)).toEqual(values);
});
