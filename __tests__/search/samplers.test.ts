import { makeSampler } from '../../lib/search/samplers';
import { GridSampler } from '../../lib/search/samplers/grid';
import { RandomSampler } from '../../lib/search/samplers/random';
import { parseSearch } from '../../lib/search/searchSpec';
import { parseSpace } from '../../lib/search/space';

const space = parseSpace({ layers: [12, 3], steps: 10 }, undefined, {
  learningRate: { type: 'log-uniform', low: 0.01, high: 1, points: 3 },
  optimizer: { type: 'choice', values: ['sgd', 'adam'] },
  momentum: { type: 'uniform', low: 0, high: 0.9, points: 2, when: { optimizer: ['sgd'] } },
});

describe('the grid', () => {
  const grid = new GridSampler(space, 5);
  const all = Array.from({ length: grid.size }, (_, trial) => grid.propose(trial));

  test('has every combination once, without what no condition asks for', () => {
    const wanted = [0.01, 0.1, 1].flatMap((learningRate) => [
      { learningRate, optimizer: 'sgd', momentum: 0 }, { learningRate, optimizer: 'sgd', momentum: 0.9 }, { learningRate, optimizer: 'adam' },
    ]);
    expect(grid.size).toBe(9);
    expect(all).toHaveLength(9);
    expect(all).toEqual(expect.arrayContaining(wanted));
  });

  test('has an order of its seed', () => {
    const again = new GridSampler(space, 5);
    expect(all.map((_, trial) => again.propose(trial))).toEqual(all);
    const other = new GridSampler(space, 6);
    expect(all.map((_, trial) => other.propose(trial))).not.toEqual(all);
  });

  test('ends', () => {
    expect(() => grid.propose(9)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  test('is refused where it is too large', () => {
    const range = { type: 'uniform', low: 0.1, high: 0.5, points: 1000 };
    const large = parseSpace({ layers: [12, 3], steps: 10 }, undefined, { learningRate: range, l2: range });
    expect(() => new GridSampler(large, 0)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'space.l2.points' } }));
  });
});

describe('random trials', () => {
  test('depend on seed and number alone', () => {
    const [a, b] = [new RandomSampler(space, 3), new RandomSampler(space, 3)];
    const numbers = [0, 1, 2, 3, 4, 5];
    const forwards = numbers.map((trial) => a.propose(trial));
    expect([...numbers].reverse().map((trial) => b.propose(trial)).reverse()).toEqual(forwards);
    expect(new Set(forwards.map((assignment) => assignment['learningRate'])).size).toBe(6);
  });

  test('of other seeds are others', () => {
    const rates = [0, 1, 2 ** 32 - 1].flatMap((seed) => [0, 1, 2].map((trial) => new RandomSampler(space, seed).propose(trial)['learningRate']));
    expect(new Set(rates).size).toBe(9);
  });
});

test.each([['grid', 2], ['random', Infinity], ['tpe', Infinity]])('%s is made by its name', (name, size) => {
  const sampler = makeSampler(parseSearch({ base: { layers: [12, 3], steps: 10 }, space: { flip: { type: 'choice', values: [true, false] } }, sampler: name }));
  expect([sampler.name, sampler.size]).toEqual([name, size]);
});
