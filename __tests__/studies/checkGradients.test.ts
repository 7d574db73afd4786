import { initialize } from '../../lib/model/init';
import { kernelsFor } from '../../lib/kernels';
import { mlp } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { checkGradients } from '../../lib/studies/checkGradients';
import type { NamedArrays } from '../../lib/train/functionCheck';
import { Objective } from '../../lib/train/objective';
import { smallestFailing } from '../../lib/train/smallestFailing';
import { tinyData, tinySpec } from '../support/data/tinyData';

const x = (): { a: Float64Array; b: Float64Array } => ({ a: Float64Array.of(0.3, -1.2, 2), b: Float64Array.of(0.7) });

/** Σ sin(aᵢ)·b, with an error in the gradient by a[1], or a rotation that is the gradient of no function. */
const sines = ({ error = 0, curl = 0 } = {}) => ({ a, b }: NamedArrays) => ({
  loss: a!.reduce((sum, one) => sum + Math.sin(one) * b![0]!, 0),
  gradients: {
    a: a!.map((one, i) => Math.cos(one) * b![0]! + (i === 1 ? error : 0) + (i === 0 ? curl * a![1]! : 0)),
    b: Float64Array.of(a!.reduce((sum, one) => sum + Math.sin(one), 0)),
  },
});

test.each([{}, { directions: 3 }, { secondOrder: true }, { directions: 1, secondOrder: true }])('a right gradient passes with %j', (options) => {
  const given = x();
  expect(checkGradients(sines(), given, options)).toMatchObject({ passed: true, deterministic: true });
  expect(given).toEqual(x());
});

test('a wrong one is found element by element, and by every direction', () => {
  const { passed, parameters } = checkGradients(sines({ error: 1e-4 }), x(), { elements: true });
  expect(passed).toBe(false);
  expect(parameters).toMatchObject([{ name: 'a', checked: 3, failed: 1, worst: { index: [1] }, elements: [{ index: [0] }, { index: [1] }, { index: [2] }] }, { name: 'b', passed: true }]);
  expect(parameters[0]!.elements!.map(({ ofLimit }) => ofLimit > 1)).toEqual([false, true, false]);
  const { parameters: directions } = checkGradients(sines({ error: 1e-4 }), x(), { directions: 4 });
  expect(directions.map(({ name, passed: one }) => [name, one])).toEqual([1, 2, 3, 4].map((i) => [`direction ${String(i)}`, false]));
});

test('second derivatives that are not symmetric are found', () => {
  const { parameters } = checkGradients(sines({ curl: 0.01 }), x(), { secondOrder: true });
  expect(parameters[2]).toMatchObject({ name: 'second order', passed: false });
});

test('a function that is not deterministic does not pass', () => {
  let calls = 0;
  const f = sines();
  const shaky = (given: NamedArrays) => ({ ...f(given), loss: f(given).loss + 1e-15 * (calls++ % 3) });
  expect(checkGradients(shaky, x(), { tolerance: 1 })).toMatchObject({ passed: false, deterministic: false });
});

test('one direction checks a whole net of an objective, also one with an error in one weight', () => {
  const m = 6;
  const model = mlp([20, 30, 30, 5], kernelsFor('float64', 'typescript'), m, { activation: 'gelu', norm: 'batch' });
  const random = new RandomState(2);
  initialize(model, 'he', 0, random);
  const [rows, labels] = [random.randn(m * 20), random.randint(0, 5, m)];
  const objective = new Objective(model, 0.01);
  expect(checkGradients(objective, m, rows, labels, { directions: 2, secondOrder: true }).passed).toBe(true);
  const wrong = Object.create(objective, { addPenaltyGradient: { value: () => {
    objective.addPenaltyGradient();
    model.arena.find('W2')!.gradient[77]! += 1e-3;
  } } }) as Objective;
  expect(checkGradients(wrong, m, rows, labels, { directions: 1 }).passed).toBe(false);
});

test('the model of a spec is checked in a thread, on rows that are given', async () => {
  const { validation: { split: _, ...rest }, ...data } = tinyData();
  const report = await checkGradients({ ...tinySpec, activation: 'tanh' }, { data: { ...data, validation: { ...rest, split: 'validation' } }, samples: 5, batch: 7 });
  expect(report).toMatchObject({ passed: true, parameters: [{ name: 'W1', checked: 5 }, { name: 'b1' }, { name: 'W2' }, { name: 'b2' }] });
  await expect(checkGradients({ ...tinySpec, activation: 'no' as 'relu' }, { data: tinyData() })).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});

test.each<[() => unknown, string]>([
  [() => checkGradients(sines(), {}), 'Expected at least one array for x'],
  [() => checkGradients(sines(), { a: new Float32Array(2) as unknown as Float64Array }), 'Expected a Float64Array with numbers for x.a'],
  [() => checkGradients(() => 3 as never, x()), 'Expected a function that gives loss and gradients for the function but received 3'],
  [() => checkGradients(() => ({ loss: 1, gradients: {} }), x()), 'Expected a Float64Array with numbers for the gradient by a but received undefined'],
  [() => checkGradients(sines(), x(), { directions: 0 }), 'Expected a positive number for directions but received 0'],
  [() => checkGradients(sines(), x(), { directions: 1.5 }), 'Expected an integer for directions but received 1.5'],
])('refuses %s', (call, message) => {
  expect(call).toThrow(message);
});

test('smallestFailing shrinks sizes to those that still fail', () => {
  expect(smallestFailing([100, 64, 7], ([a, b]) => a! >= 13 && b! % 2 === 0)).toEqual([13, 2, 1]);
  expect(smallestFailing([5], ([a]) => { if (a! < 3) throw new Error('too small'); return true; })).toEqual([3]);
});
