import { RandomState } from '../../lib/random';
import { growTree } from '../../lib/search/analysis/forest';
import type { Column } from '../../lib/search/analysis/forest';
import { parameterImportances } from '../../lib/search/analysis/importance';
import type { Importances } from '../../lib/search/analysis/importance';
import { drawAssignment, parseSpace } from '../../lib/search/space';
import type { Assignment, Space } from '../../lib/search/types';

const spec = { layers: [12, 8, 3], steps: 10 };
const unit = { type: 'uniform', low: 0.001, high: 0.999 };

function trialsOf(space: Space, trials: number, score: (assignment: Assignment) => number): { assignment: Assignment; score: number }[] {
  const random = new RandomState(5);
  return Array.from({ length: trials }, () => {
    const assignment = drawAssignment(space, random);
    return { assignment, score: score(assignment) };
  });
}

const byName = (importances: Importances): Record<string, number> =>
  Object.fromEntries(importances.parameters.map(({ name, importance }) => [name, importance]));

describe('of an additive function of numbers', () => {
  const space = parseSpace(spec, {}, { learningRate: unit, l2: unit, dropout: unit, inputDropout: unit });
  const trials = trialsOf(space, 300, ({ learningRate, l2, dropout }) => 3 * (learningRate as number) + 2 * (l2 as number) - (dropout as number));
  const importances = parameterImportances(space, trials)!;

  test('they are as the variances of its parts: 9, 4, 1 and 0 of 14', () => {
    expect(importances.parameters.map(({ name }) => name)).toEqual(['learningRate', 'l2', 'dropout', 'inputDropout']);
    const shares = byName(importances);
    expect(shares['learningRate']).toBeCloseTo(9 / 14, 1);
    expect(shares['l2']).toBeCloseTo(4 / 14, 1);
    expect(shares['dropout']).toBeCloseTo(1 / 14, 1);
    expect(shares['inputDropout']).toBeLessThan(0.01);
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  test('and the forest says how far to trust them', () => {
    expect(importances).toMatchObject({ method: 'permutation importance in a random forest', trees: 200, trials: 300 });
    expect(importances.r2).toBeGreaterThan(0.85);
    const random = new RandomState(1);
    const noise = parameterImportances(space, trials.map(({ assignment }) => ({ assignment, score: random.random() })))!;
    expect(noise.r2).toBeLessThan(0.1);
  });
});

test('of logarithms and unordered choices are found alike', () => {
  const space = parseSpace(spec, {}, {
    batchSize: { type: 'log-integer', low: 8, high: 2048 },
    optimizer: { type: 'choice', values: ['adam', 'rmsprop', 'sgd', 'lion'] },
    flip: { type: 'choice', values: [true, false] },
  });
  // Both parts have variance 1: of a uniform number and of a choice between two pairs that are not neighbours.
  const importances = parameterImportances(space, trialsOf(space, 400, ({ batchSize, optimizer }) =>
    Math.sqrt(12) * Math.log((batchSize as number) / 8) / Math.log(256) + (['adam', 'sgd'].includes(optimizer as string) ? 1 : -1)))!;
  const shares = byName(importances);
  expect(shares['batchSize']).toBeCloseTo(0.5, 1);
  expect(shares['optimizer']).toBeCloseTo(0.5, 1);
  expect(shares['flip']).toBeLessThan(0.01);
});

test('of a conditional parameter count where it is there', () => {
  const space = parseSpace(spec, {}, {
    optimizer: { type: 'choice', values: ['sgd', 'adam'] },
    momentum: { ...unit, when: { optimizer: ['sgd'] } },
    dropout: unit,
  });
  const sharesFor = (without: number): Record<string, number> => byName(parameterImportances(space, trialsOf(space, 300, ({ momentum }) =>
    (momentum === undefined ? without : (momentum as number))))!);
  const alike = sharesFor(0.5);
  expect(alike['momentum']).toBeGreaterThan(0.9);
  expect(alike['dropout']).toBeLessThan(0.02);
  // Half of the trials at 2 and half at 0.5 on average: now the choice between them matters more than momentum does.
  const apart = sharesFor(2);
  expect(apart['optimizer']).toBeGreaterThan(0.8);
  expect(apart['momentum']).toBeGreaterThan(0.02);
  expect(apart['dropout']).toBeLessThan(0.02);
});

test('follow from the seed', () => {
  const space = parseSpace(spec, {}, { learningRate: unit, l2: unit });
  const trials = trialsOf(space, 30, ({ learningRate, l2 }) => (learningRate as number) * (l2 as number));
  const at = (seed: number): unknown => parameterImportances(space, trials, { seed, trees: 20 });
  expect(at(1)).toEqual(at(1));
  expect(at(1)).not.toEqual(at(2));
});

test('are not known of a few trials, or of trials that are all as good', () => {
  const space = parseSpace(spec, {}, { learningRate: unit });
  expect(parameterImportances(space, [])).toBeUndefined();
  expect(parameterImportances(space, trialsOf(space, 9, ({ learningRate }) => learningRate as number))).toBeUndefined();
  expect(parameterImportances(space, trialsOf(space, 30, () => 0.5))).toBeUndefined();
});

test('a tree splits numbers between them and categories by their means', () => {
  const values = Float64Array.from({ length: 24 }, (_, i) => i % 6);
  const targets = values.map((value) => ([1, 4].includes(value) ? 1 : 0));
  const rows = Int32Array.from(values.keys());
  const grow = (isCategory: boolean): number[] => {
    const column: Column = { values, isCategory };
    const tree = growTree([column], targets, rows, new RandomState(0));
    return [0, 1, 2, 3, 4, 5].map((value) => tree(() => value));
  };
  expect(grow(true)).toEqual([0, 1, 0, 0, 1, 0]);
  expect(grow(false)).toEqual([0, 1, 0, 0, 1, 0]);
});
