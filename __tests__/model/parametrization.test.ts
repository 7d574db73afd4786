import { kernelsFor } from '../../lib/kernels';
import { initialize } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import type { Sequential } from '../../lib/model/sequential';
import { makeOptimizer } from '../../lib/optim/optimizers';
import { RandomState } from '../../lib/random';
import { parseSpec } from '../../lib/spec/spec';
import { Objective } from '../../lib/train/objective';
import { backends } from '../support/backends';

const [rows, sizes] = [6, [9, 4, 3]];
const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);

/** x·Wᵀ with each W of `model` a V of `parameters` over √inputs. */
function scaleInto(model: Sequential, from: Sequential): void {
  model.arena.parameters.forEach(({ value, product, shape }, i) => {
    const scale = product === undefined ? 1 : Math.sqrt(shape[1]!);
    value.set(from.arena.parameters[i]!.value.map((v) => v / scale));
  });
}

describe.each(backends)('on %s', (backend) => {
  const kernels = kernelsFor('float64', backend);
  const x = new RandomState(3).randn(rows * sizes[0]!);

  // ε is added to sizes of gradients, which differ between V and W.
  test.each([
    { optimizer: 'sgd', momentum: 0.9, l2: 0 }, { optimizer: 'adamw', weightDecay: 0.1, epsilon: 1e-30 },
    { optimizer: 'rmsprop', epsilon: 1e-30 }, { optimizer: 'lion', weightDecay: 0.1 },
  ])('ntk trains V in x·Vᵀ/√inputs: $optimizer', (rule) => {
    const ntk = mlp(sizes, kernels, rows, { parametrization: 'ntk', activation: 'tanh' });
    // The values of `trained` are V; `plain` computes with V/√inputs.
    const [plain, trained] = [mlp(sizes, kernels, rows, { activation: 'tanh' }), mlp(sizes, kernels, rows)];
    initialize(trained, 'normal', 1, new RandomState(1));
    scaleInto(ntk, trained);
    const spec = parseSpec({ steps: 1, ...rule });
    const [own, reference] = [ntk, trained].map(({ arena }) => makeOptimizer(spec.optimizer, kernels, arena, spec));
    for (let step = 0; step < 5; step++) {
      new Objective(ntk, 0).lossAndGradient(rows, x, labels);
      own!.step(0.05);
      scaleInto(plain, trained);
      new Objective(plain, 0).lossAndGradient(rows, x, labels);
      trained.arena.parameters.forEach(({ gradient, product, shape }, i) => {
        const scale = product === undefined ? 1 : Math.sqrt(shape[1]!);
        gradient.set(plain.arena.parameters[i]!.gradient.map((g) => g / scale));
      });
      reference!.step(0.05);
    }
    const before = Array.from(plain.arena.values);
    scaleInto(plain, trained);
    ntk.arena.values.forEach((value, i) => { expect(Math.abs(value - plain.arena.values[i]!)).toBeLessThan(1e-12); });
    expect(Array.from(plain.arena.values)).not.toEqual(before);
  });
});

test('the key reaches every linear layer, within blocks too, and nothing else', () => {
  const rates = (options: object): (number | undefined)[] =>
    mlp([16, 4, 4, 2], kernelsFor('float64', 'typescript'), 1, options).arena.parameters.map(({ rate }) => rate);
  expect(rates({ parametrization: 'ntk', residual: true, norm: 'layer' })).toEqual(
    [1 / 4, undefined, undefined, undefined, 1 / 2, undefined, undefined, undefined, 1 / 2, undefined]);
  expect(rates({ residual: true }).every((rate) => rate === undefined)).toBe(true);
  expect(parseSpec({ steps: 1, parametrization: 'ntk', init: 'lecun' }).parametrization).toBe('ntk');
  for (const other of [{ members: 4, hidden: [3] }, { model: [{ type: 'linear' }] }]) {
    expect(() => parseSpec({ steps: 1, parametrization: 'ntk', ...other })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'parametrization' } }));
  }
});
