import { RandomState } from '../../lib/random';
import { ParzenEstimator } from '../../lib/search/samplers/parzen';
import { RandomSampler } from '../../lib/search/samplers/random';
import { TpeSampler } from '../../lib/search/samplers/tpe';
import { parseSpace } from '../../lib/search/space';
import type { Assignment, Observation, Sampler, Space } from '../../lib/search/types';

const spec = { layers: [12, 8, 3], steps: 10 };
const decades = (value: unknown, centre: number): number => Math.log10((value as number) / centre);

/** Functions with a maximum of 1, on spaces of every kind. */
const functions: readonly [string, Space, (assignment: Assignment) => number][] = [
  [
    'a bowl over logarithms',
    parseSpace(spec, { optimizer: 'sgd' }, {
      learningRate: { type: 'log-uniform', low: 1e-5, high: 1 },
      l2: { type: 'log-uniform', low: 1e-6, high: 1 },
      momentum: { type: 'uniform', low: 0, high: 0.99 },
    }),
    ({ learningRate, l2, momentum }) => Math.exp(-(decades(learningRate, 0.03) ** 2) - 0.2 * decades(l2, 1e-3) ** 2 - 2 * ((momentum as number) - 0.7) ** 2),
  ],
  [
    'a ridge on which two parameters make up for each other',
    parseSpace(spec, { optimizer: 'sgd' }, {
      learningRate: { type: 'log-uniform', low: 1e-5, high: 1 },
      batchSize: { type: 'log-integer', low: 1, high: 1024 },
    }),
    ({ learningRate, batchSize }) => Math.exp(-4 * (decades(learningRate, 0.01) - decades(batchSize, 100)) ** 2 - 0.3 * decades(batchSize, 100) ** 2),
  ],
  [
    'a tree: each optimiser has parameters of its own',
    parseSpace(spec, {}, {
      optimizer: { type: 'choice', values: ['sgd', 'adam', 'rmsprop', 'lion'] },
      learningRate: { type: 'log-uniform', low: 1e-5, high: 1 },
      momentum: { type: 'uniform', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
      rho: { type: 'uniform', low: 0, high: 0.999, when: { optimizer: ['rmsprop'] } },
      width1: { type: 'integer', low: 10, high: 100, step: 10 },
    }),
    ({ optimizer, learningRate, momentum, width1 }) => {
      const best = { sgd: 0.1, adam: 1e-3, rmsprop: 1e-3, lion: 1e-4 }[optimizer as string]!;
      const height = { sgd: 1, adam: 0.8, rmsprop: 0.7, lion: 0.75 }[optimizer as string]!;
      const own = momentum === undefined ? 1 : 1 - ((momentum as number) - 0.8) ** 2;
      return height * own * Math.exp(-(decades(learningRate, best) ** 2) - (((width1 as number) - 70) / 60) ** 2);
    },
  ],
];

function search(sampler: Sampler, trials: number, score: (assignment: Assignment) => number): Observation[] {
  const observations: Observation[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const assignment = sampler.propose(trial, observations);
    observations.push({ assignment, score: score(assignment), budget: 1 });
  }
  return observations;
}

const bestOf = (observations: readonly Observation[]): number => Math.max(...observations.map(({ score }) => score));

test.each(functions)('finds more than random search on %s', (_, space, score) => {
  const seeds = Array.from({ length: 60 }, (__, seed) => seed);
  const differences = seeds.map((seed) =>
    bestOf(search(new TpeSampler(space, seed), 40, score)) - bestOf(search(new RandomSampler(space, seed), 40, score)));
  const mean = differences.reduce((sum, d) => sum + d, 0) / seeds.length;
  const deviation = Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (seeds.length - 1));
  // Student's t with 59 degrees of freedom: p < 0.0005.
  expect(mean / (deviation / Math.sqrt(seeds.length))).toBeGreaterThan(3.46);
});

const [, tree, treeScore] = functions[2]!;

test('begins as random search does, and then follows from seed, number and observations', () => {
  const observations = search(new TpeSampler(tree, 4), 30, treeScore);
  const random = new RandomSampler(tree, 4);
  expect(observations.slice(0, 10).map(({ assignment }) => assignment)).toEqual(Array.from({ length: 10 }, (_, trial) => random.propose(trial)));
  expect(search(new TpeSampler(tree, 4), 30, treeScore)).toEqual(observations);
  const next = new TpeSampler(tree, 4).propose(30, observations);
  expect(next).not.toEqual(new TpeSampler(tree, 4).propose(31, observations));
  expect(next).not.toEqual(random.propose(30));
});

test('proposes parameters whose conditions hold, and only those', () => {
  const seen = new Set<string>();
  for (const { assignment } of search(new TpeSampler(tree, 1), 120, treeScore)) {
    const { optimizer, learningRate, momentum, rho, width1 } = assignment;
    expect([momentum !== undefined, rho !== undefined]).toEqual([optimizer === 'sgd', optimizer === 'rmsprop']);
    expect(learningRate).toBeGreaterThanOrEqual(1e-5);
    expect(learningRate).toBeLessThanOrEqual(1);
    expect([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).toContain(width1);
    seen.add(optimizer as string);
  }
  expect(seen.size).toBe(4);
});

describe('what counts as good', () => {
  const space = parseSpace(spec, {}, { learningRate: { type: 'uniform', low: 0.001, high: 1 } });
  const at = (learningRate: number, score: number, budget = 1): Observation => ({ assignment: { learningRate }, score, budget });
  const low = Array.from({ length: 20 }, (_, i) => i);
  /** Where 40 proposals lie on average. */
  const centre = (observations: readonly Observation[]): number =>
    low.concat(low).reduce((sum, _, i) => sum + (new TpeSampler(space, i).propose(99, observations)['learningRate'] as number), 0) / 40;

  test('is a high score', () => {
    expect(centre(low.map((i) => at(i / 20 + 0.01, i < 3 ? 0.9 : 0.5)))).toBeLessThan(0.3);
    expect(centre(low.map((i) => at(i / 20 + 0.01, i > 16 ? 0.9 : 0.5)))).toBeGreaterThan(0.7);
  });

  test('is a larger budget before a higher score, as promotion has chosen among those', () => {
    expect(centre(low.map((i) => at(i / 20 + 0.01, i < 3 ? 0.4 : 0.5, i < 3 ? 9 : 1)))).toBeLessThan(0.3);
  });

  test('is no failure, whatever its budget', () => {
    expect(centre(low.map((i) => at(i / 20 + 0.01, i < 15 ? 0 : 0.1, i < 15 ? 9 : 1)))).toBeGreaterThan(0.6);
  });

  test('is kept away from by those that are still running', () => {
    const observations = low.map((i) => at(i / 20 + 0.01, i === 8 || i === 9 ? 0.9 : 0.5));
    const lies = Array.from({ length: 10 }, () => at(0.43, 0, 0));
    const near = (given: readonly Observation[]): number => Array.from({ length: 60 }, (_, seed) =>
      new TpeSampler(space, seed).propose(99, given)['learningRate'] as number).filter((rate) => Math.abs(rate - 0.43) < 0.05).length;
    expect(near(observations)).toBeGreaterThan(30);
    expect(near([...observations, ...lies])).toBeLessThan(15);
  });
});

test('does not repeat a trial while there are others', () => {
  const space = parseSpace(spec, {}, { width1: { type: 'integer', low: 1, high: 6 }, flip: { type: 'choice', values: [true, false] } });
  const observations = search(new TpeSampler(space, 0), 12, ({ width1 }) => 1 / (width1 as number));
  expect(new Set(observations.slice(10).map(({ assignment }) => JSON.stringify(assignment))).size).toBe(2);
  const all = [1, 2, 3, 4, 5, 6].flatMap((width1) => [true, false].map((flip) => ({ assignment: { width1, flip }, score: 0.5, budget: 1 })));
  const [missing] = all.splice(7, 1);
  expect(new TpeSampler(space, 0).propose(20, all)).toEqual(missing!.assignment);
});

describe('a Parzen estimator', () => {
  const space = parseSpace(spec, {}, {
    optimizer: { type: 'choice', values: ['sgd', 'adam'] },
    width1: { type: 'log-integer', low: 1, high: 6 },
    momentum: { type: 'choice', values: [0.5, 0.8, 0.9], when: { optimizer: ['sgd'] } },
  });
  const all: Assignment[] = ['sgd', 'adam'].flatMap((optimizer) => [1, 2, 3, 4, 5, 6].flatMap((width1) =>
    optimizer === 'adam' ? [{ optimizer, width1 }] : [0.5, 0.8, 0.9].map((momentum) => ({ optimizer, width1, momentum }))));
  const given: Assignment[] = [{ optimizer: 'sgd', width1: 2, momentum: 0.9 }, { optimizer: 'adam', width1: 6 }, { optimizer: 'sgd', width1: 1, momentum: 0.9 }];

  test.each([[0], [1], [3]])('of %p assignments has the probabilities that it draws with', (n) => {
    const estimator = new ParzenEstimator(space.parameters, given.slice(0, n));
    const shares = all.map((assignment) => Math.exp(estimator.logDensity(assignment)));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    const random = new RandomState(8);
    const draws = 6000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const key = JSON.stringify(estimator.draw(random));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    all.forEach((assignment, i) => {
      const share = shares[i]!;
      expect(Math.abs((counts.get(JSON.stringify(assignment)) ?? 0) - share * draws)).toBeLessThan(5 * Math.sqrt(draws * share));
    });
  });

  test.each([['uniform', 2, 5], ['log-uniform', 0.01, 1]])('has a density over %s numbers that integrates to 1', (type, least, most) => {
    const { parameters } = parseSpace(spec, {}, { learningRate: { type, low: least, high: most } });
    const estimator = new ParzenEstimator(parameters, [{ learningRate: least }, { learningRate: (least + most) / 2 }]);
    const [from, to] = type === 'uniform' ? [least, most] : [Math.log(least), Math.log(most)];
    const cells = 2000;
    let sum = 0;
    for (let i = 0; i < cells; i++) {
      const place = from + ((i + 0.5) / cells) * (to - from);
      sum += Math.exp(estimator.logDensity({ learningRate: type === 'uniform' ? place : Math.exp(place) }));
    }
    expect((sum * (to - from)) / cells).toBeCloseTo(1, 5);
  });
});

test('what is under way is not proposed again before all has been proposed', () => {
  const space = parseSpace(spec, {}, { optimizer: { type: 'choice', values: ['sgd', 'adam', 'lion'] }, batchSize: { type: 'choice', values: [5, 10, 15, 20, 25, 30, 35] } });
  const proposed = search(new TpeSampler(space, 0), 22, () => 0).map(({ assignment }) => JSON.stringify(assignment));
  expect(new Set(proposed).size).toBe(21);
});
