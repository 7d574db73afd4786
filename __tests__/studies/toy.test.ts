import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToy, toyProblem, toyTargets, toyVerdict } from '../../lib/studies/toy';
import { Objective } from '../../lib/train/objective';

interface Golden {
  x: number[];
  parameters: Record<string, number[]>;
  scores: number[][];
  loss: number;
  gradients: Record<string, number[]>;
  lossHistory: number[];
  finalLoss: number;
}
const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'toy.json'), 'utf8')) as Golden;

/**
 * Rounding, u = 2⁻⁵³: the longest sum has 10 + 2 terms, of size at most 23 (an input), hence ≤ 12·u·12·23 < 4e-13 in the worst
 * case; typical are 1e-15. One update moves a parameter by 0.1 of that, and 100 updates do not amplify it: in NumPy, changing
 * every weight and input by one part in 1e10 changes no loss by more than 0.31 of that.
 */
const TOLERANCE = 4e-13;

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);
}

describe.each(['native', 'typescript'] as const)('toy problem on %s', (backend) => {
  const report = runToy({ backend });

  test('starts from the numbers that NumPy draws, weights transposed', () => {
    const { x, model, labels } = toyProblem(backend);
    expect(distance(x, golden.x)).toBeLessThan(1e-14);
    for (const { name, value } of model.arena.parameters) expect(distance(value, golden.parameters[name]!)).toBeLessThan(1e-16);
    expect(Array.from(labels)).toEqual([0, 1, 2, 2, 1]);
  });

  test("meets the course's numbers", () => {
    expect(toyVerdict(report)).toEqual({ scores: true, loss: true, gradients: true, training: true });
    // As the verdict is no more than comparisons, the comparisons once more.
    expect(distance(report.scores.flat(), toyTargets.scores.flat())).toBe(report.scoresError);
    expect(report.scoresError).toBeLessThan(1e-7);
    expect(Math.abs(report.loss - 1.30378789133)).toBe(report.lossError);
    expect(report.lossError).toBeLessThan(1e-11);
    expect(Object.keys(report.gradientErrors)).toEqual(['W1', 'b1', 'W2', 'b2']);
    for (const error of Object.values(report.gradientErrors)) expect(error).toBeLessThan(1e-8);
    expect(report.finalLoss).toBeLessThanOrEqual(0.02);
  });

  test('agrees with NumPy: scores, loss and gradients', () => {
    expect(distance(report.scores.flat(), golden.scores.flat())).toBeLessThan(TOLERANCE);
    expect(Math.abs(report.loss - golden.loss)).toBeLessThan(TOLERANCE);
    const { x, labels, model } = toyProblem(backend);
    const objective = new Objective(model, 0.05);
    objective.lossAndGradient(5, x, labels);
    objective.addPenaltyGradient();
    for (const { name, gradient } of model.arena.parameters) expect(distance(gradient, golden.gradients[name]!)).toBeLessThan(TOLERANCE);
  });

  test('agrees with NumPy: the whole course of training', () => {
    expect(report.lossHistory).toHaveLength(100);
    expect(distance(report.lossHistory, golden.lossHistory)).toBeLessThan(TOLERANCE);
    expect(Math.abs(report.finalLoss - golden.finalLoss)).toBeLessThan(TOLERANCE);
    expect(report.finalLoss).toBeLessThan(report.lossHistory[99]!);
  });

  test('is the same every time, and is plain data', () => {
    expect(runToy({ backend })).toEqual(report);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(Object.keys(report).sort()).toEqual(
      ['backend', 'dtype', 'finalLoss', 'gradientErrors', 'loss', 'lossError', 'lossHistory', 'scores', 'scoresError'],
    );
    expect(report).toMatchObject({ backend, dtype: 'float64' });
  });
});

test.each([
  ['scores', { scoresError: 1e-7 }],
  ['loss', { lossError: 1e-11 }],
  ['gradients', { gradientErrors: { W1: 0, b1: 1e-8, W2: 0, b2: 0 } }],
  ['training', { finalLoss: 0.0201 }],
  ['training', { finalLoss: NaN }],
])('a miss is a miss: %s %j', (check, change) => {
  const met = toyVerdict(runToy({ backend: 'typescript' }));
  expect(toyVerdict({ ...runToy({ backend: 'typescript' }), ...change })).toEqual({ ...met, [check]: false });
});
