import { kernelsFor } from '../../lib/kernels';
import { Arena } from '../../lib/model/arena';
import { exponentialDecay } from '../../lib/optim/schedules';
import { Sgd } from '../../lib/optim/sgd';

const specs = [
  { name: 'W1', shape: [1, 2], regularised: true },
  { name: 'b1', shape: [1], regularised: false },
];

const cases = (['native', 'typescript'] as const).flatMap((backend) =>
  (['float32', 'float64'] as const).map((dtype) => ({ backend, dtype })),
);

// Every number below is a sum of few powers of two: exact in float32, hence equal and not merely close.
describe.each(cases)('Sgd on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);

  function start(): Arena {
    const arena = new Arena(kernelsFor(dtype, 'typescript'), specs);
    arena.values.set([1, -2, 4]);
    arena.gradients.set([0.5, 1, -1]);
    return arena;
  }

  test('plain: w −= lr·(dw + 2λw) on weights, no penalty on biases', () => {
    const arena = start();
    const sgd = new Sgd(kernels, arena, { momentum: 0, nesterov: false, l2: 0.25 });
    sgd.step(0.5);
    // Weights: 0.5 + 0.5·1 = 1 and 1 + 0.5·(−2) = 0.
    expect(Array.from(arena.values)).toEqual([0.5, -2, 4.5]);
    expect(Array.from(arena.gradients)).toEqual([0.5, 1, -1]);
    expect(sgd.state).toEqual({});
  });

  test('momentum: the velocity remembers, in plain sight', () => {
    const arena = start();
    const sgd = new Sgd(kernels, arena, { momentum: 0.5, nesterov: false, l2: 0 });
    sgd.step(1);
    expect(Array.from(arena.values)).toEqual([0.5, -3, 5]);
    expect(Array.from(sgd.state['velocity']!)).toEqual([0.5, 1, -1]);
    arena.gradients.fill(0);
    sgd.step(1);
    expect(Array.from(arena.values)).toEqual([0.25, -3.5, 5.5]);
    expect(Array.from(sgd.state['velocity']!)).toEqual([0.25, 0.5, -0.5]);
  });

  test('nesterov: looks ahead by μv', () => {
    const arena = start();
    const sgd = new Sgd(kernels, arena, { momentum: 0.5, nesterov: true, l2: 0 });
    sgd.step(1);
    expect(Array.from(arena.values)).toEqual([1 - 0.75, -2 - 1.5, 4 + 1.5]);
    sgd.step(1);
    // v = 0.5·[0.5, 1, −1] + [0.5, 1, −1]; step g + 0.5·v.
    expect(Array.from(arena.values)).toEqual([0.25 - 0.875, -3.5 - 1.75, 5.5 + 1.75]);
  });

  test('momentum with penalty: 2λw enters the velocity of the weights only', () => {
    const arena = start();
    const sgd = new Sgd(kernels, arena, { momentum: 0.5, nesterov: false, l2: 0.5 });
    sgd.step(0.25);
    expect(Array.from(sgd.state['velocity']!)).toEqual([1.5, -1, -1]);
    expect(Array.from(arena.values)).toEqual([0.625, -1.75, 4.25]);
  });

  test('kinds of parameters with rates and decays of their own, and a parametrisation', () => {
    const arena = new Arena(kernelsFor(dtype, 'typescript'), [{ ...specs[0]!, rate: 0.5 }, specs[1]!]);
    arena.values.set([1, -2, 4]);
    arena.gradients.set([0.5, 1, -1]);
    const sgd = new Sgd(kernels, arena, { momentum: 0, nesterov: false, l2: 0.25, learningRates: { bias: 2 }, weightDecays: { bias: 0.5 } });
    sgd.step(0.5);
    // Weights: as above times 0.5². Bias: −1 + 0.25·4 = 0.
    expect(Array.from(arena.values)).toEqual([0.875, -2, 4]);
  });

  test.each([{ learningRates: { weights: 1 } }, { learningRates: { bias: 0 } }, { weightDecays: [] }])('refuses %j', (odd) => {
    expect(() => new Sgd(kernels, start(), { momentum: 0, nesterov: false, l2: 0, ...odd } as never)).toThrow(expect.objectContaining({
      code: 'ERR_CONFIG', details: { path: Object.keys(odd)[0] },
    }));
  });

  test('a state that is put back continues as if nothing had happened', () => {
    const options = { momentum: 0.5, nesterov: false, l2: 0 };
    const [a, b] = [start(), start()];
    const [first, second] = [new Sgd(kernels, a, options), new Sgd(kernels, b, options)];
    first.step(1);
    b.values.set(a.values);
    second.state['velocity']!.set(first.state['velocity']!);
    first.step(1);
    second.step(1);
    expect(Array.from(b.values)).toEqual(Array.from(a.values));
  });
});

describe('exponentialDecay', () => {
  test('drops by the factor after every period, not before', () => {
    const rate = exponentialDecay(8, 0.5, 3);
    expect([0, 1, 2, 3, 5, 6, 9].map(rate)).toEqual([8, 8, 8, 4, 4, 2, 1]);
  });

  test('decay 1 is a constant', () => {
    const rate = exponentialDecay(0.1, 1, 1);
    expect([0, 10, 1000].map(rate)).toEqual([0.1, 0.1, 0.1]);
  });
});
