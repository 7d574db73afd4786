import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { allocate, unitRoundoff } from '../../lib/kernels/contract';
import type { Dtype, Kernels } from '../../lib/kernels/contract';
import { makeOptimizer } from '../../lib/optim/optimizers';
import { parseSpec } from '../../lib/spec/spec';
import { Arena } from '../../lib/model/arena';
import type { ParameterSpec } from '../../lib/model/arena';
import { clipNorm } from '../../lib/optim/clip';
import { cosine, exponentialDecay, oneCycle, ReduceOnPlateau, stepDecay, warmUp } from '../../lib/optim/schedules';
import type { Schedule } from '../../lib/optim/schedules';
import { variants } from '../support/backends';

// PyTorch's own trajectories, made by ../golden/optimizers.py.

interface Case {
  optimizer: string;
  options: Record<string, unknown>;
  float32: number[][];
  float64: number[][];
}

interface Golden {
  rate: number;
  steps: number;
  recorded: number[];
  weights: number;
  start: number[];
  slope: number[][];
  offset: number[][];
  cases: Case[];
  /** Parameters of several kinds, and cases of them. */
  parameters: ParameterSpec[];
  grouped: Case[];
  schedules: Record<'cosine' | 'multiStep' | 'stepLR' | 'warmUp' | 'warmUpCosine', number[]> & {
    oneCycle: number[][];
    plateau: { losses: number[]; rates: number[] };
  };
}
const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'optimizers.json'), 'utf8')) as Golden;

const size = golden.start.length;
const weightsAndBiases: readonly ParameterSpec[] = [
  { name: 'W1', shape: [golden.weights], regularised: true },
  { name: 'b1', shape: [size - golden.weights], regularised: false },
];

/** Parameters after the recorded steps. */
function trajectory(kernels: Kernels, parameters: readonly ParameterSpec[], { optimizer: name, options }: Case): number[][] {
  const { dtype } = kernels;
  const arena = new Arena(kernelsFor(dtype, 'typescript'), parameters);
  arena.values.set(golden.start);
  const spec = parseSpec({ steps: golden.steps, optimizer: name, ...options });
  const optimizer = makeOptimizer(spec.optimizer, kernels, arena, spec);
  const rounded = (values: readonly number[]) => allocate(dtype, size).map((_, i) => values[i]!);
  const product = allocate(dtype, size);
  const recorded: number[][] = [];
  for (let t = 0; t < golden.steps; t++) {
    const [slope, offset] = [rounded(golden.slope[t]!), rounded(golden.offset[t]!)];
    // Both operations round, as they do in PyTorch.
    for (let i = 0; i < size; i++) product[i] = slope[i]! * arena.values[i]!;
    for (let i = 0; i < size; i++) arena.gradients[i] = product[i]! + offset[i]!;
    if (spec.clipNorm !== null) clipNorm(kernels, arena.gradients, spec.clipNorm);
    optimizer.step(golden.rate * 0.9 ** t);
    if (golden.recorded.includes(t + 1)) recorded.push(Array.from(arena.values));
  }
  expect(optimizer.steps).toBe(golden.steps);
  return recorded;
}

/**
 * A step has about ten roundings, of numbers no greater than 4 (a velocity, a gradient); PyTorch saves some by fused
 * multiply-add. Its error moves the next gradients by a factor of at most 1 + rate·slope, 2.5 over all steps; the errors of
 * t steps add up.
 */
const toleranceAfter = (step: number, dtype: Dtype): number => 2.5 * step * 10 * 4 * unitRoundoff(dtype);

describe.each(variants)('on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const followsPyTorch = (parameters: readonly ParameterSpec[]) => (right: Case): void => {
    const found = trajectory(kernels, parameters, right);
    golden.recorded.forEach((step, r) => {
      const worst = Math.max(...found[r]!.map((value, i) => Math.abs(value - right[dtype][r]![i]!)));
      expect(worst).toBeLessThanOrEqual(toleranceAfter(step, dtype));
    });
  };
  test.each(golden.cases)('$optimizer $options follows PyTorch', followsPyTorch(weightsAndBiases));
  test.each(golden.grouped)('$optimizer $options of several kinds of parameters follows PyTorch', followsPyTorch(golden.parameters));
});

test('the tolerance would not pass another option', () => {
  const kernels = kernelsFor('float32', 'typescript');
  const plain = golden.grouped.map(({ options, ...rest }): Case => (
    { ...rest, options: Object.fromEntries(Object.entries(options).filter(([key]) => !['learningRates', 'weightDecays'].includes(key))) }));
  const lastOf = (parameters: readonly ParameterSpec[], cases: readonly Case[]) => cases.map((one) => trajectory(kernels, parameters, one).at(-1)!);
  const last = [...lastOf(weightsAndBiases, golden.cases), ...lastOf(golden.parameters, [...golden.grouped, ...plain])];
  for (const [a, one] of last.entries()) {
    for (const other of last.slice(0, a)) {
      const distance = Math.max(...one.map((value, i) => Math.abs(value - other[i]!)));
      expect(distance).toBeGreaterThan(10 * toleranceAfter(golden.steps, 'float32'));
    }
  }
});

describe('schedules follow PyTorch', () => {
  const { schedules } = golden;
  const rows: [string, Schedule, number[]][] = [
    ...schedules.oneCycle.map((rates): [string, Schedule, number[]] => [`one cycle of ${rates.length}`, oneCycle(0.1, rates.length), rates]),
    ['cosine', cosine(0.1, 0.001, 0, 50), schedules.cosine],
    ['milestones', stepDecay(0.1, 0.3, [3, 10, 11]), schedules.multiStep],
    ['exponential steps', exponentialDecay(0.1, 0.7, 4), schedules.stepLR],
    ['warm-up', warmUp(() => 0.1, 8), schedules.warmUp],
    ['warm-up, then cosine', warmUp(cosine(0.1, 0, 8, 50), 8), schedules.warmUpCosine],
  ];
  // PyTorch multiplies its way from one rate to the next: some roundings for each step.
  test.each(rows)('%s', (_, schedule, rates) => {
    rates.forEach((rate, step) => {
      expect(Math.abs(schedule(step) - rate)).toBeLessThanOrEqual(0.1 * (step + 1) * 2 ** -50);
    });
  });

  test('plateau', () => {
    const plateau = new ReduceOnPlateau(0.1, 0.3, 2, 0.005);
    const rates = schedules.plateau.losses.map((loss, step) => {
      const rate = plateau.schedule(step);
      plateau.observe(loss);
      return rate;
    });
    rates.forEach((rate, step) => { expect(rate).toBeCloseTo(schedules.plateau.rates[step]!, 15); });
  });

  test('a plateau goes on from its state', () => {
    const { losses } = schedules.plateau;
    const [whole, first, second] = [0, 1, 2].map(() => new ReduceOnPlateau(0.1, 0.3, 2, 0.005)) as [ReduceOnPlateau, ReduceOnPlateau, ReduceOnPlateau];
    for (const loss of losses) whole.observe(loss);
    for (const loss of losses.slice(0, 8)) first.observe(loss);
    second.setState(JSON.parse(JSON.stringify(first.getState())));
    for (const loss of losses.slice(8)) second.observe(loss);
    expect(second.getState()).toEqual(whole.getState());
    expect(second.schedule(0)).toBeLessThan(0.1);
  });
});
