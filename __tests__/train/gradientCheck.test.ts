import { kernelsFor } from '../../lib/kernels';
import type { FloatArray, Kernels } from '../../lib/kernels/contract';
import { initialize } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { checkGradients, failureText } from '../../lib/train/gradientCheck';
import { Objective } from '../../lib/train/objective';

const backends = ['native', 'typescript'] as const;

interface Case {
  readonly objective: Objective;
  readonly x: Float64Array;
  readonly labels: Int32Array;
  readonly m: number;
}

function build(kernels: Kernels, layers: readonly number[], { m = 5, l2 = 0.05, seed = 0, scale = 1 } = {}): Case {
  const model = mlp(layers, kernels, m);
  const random = new RandomState(seed);
  initialize(model, 'he', 0, random);
  const biases = model.arena.unregularised.values;
  biases.set(random.randn(biases.length).map((draw) => 0.1 * draw));
  const x = random.randn(m * model.inputSize).map((draw) => scale * draw);
  return { objective: new Objective(model, l2), x, labels: random.randint(0, model.outputSize, m), m };
}

/** Kernels with some of them replaced. */
function sabotaged(kernels: Kernels, faults: Partial<Kernels>): Kernels {
  return new Proxy(kernels, {
    get: (target, key) => {
      const value: unknown = Reflect.get(faults, key) ?? Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe.each(backends)('checkGradients on %s', (backend) => {
  const kernels = kernelsFor('float64', backend);

  test.each([
    ['linear classifier', [6, 3], {}],
    ['two layers', [4, 10, 3], {}],
    ['one example, no penalty', [4, 10, 3], { m: 1, l2: 0 }],
    ['four layers', [5, 8, 7, 6, 4], {}],
    ['two classes', [3, 5, 2], { m: 17 }],
    ['large inputs, like pixels', [40, 12, 10], { scale: 60 }],
    ['large penalty', [30, 20, 5], { l2: 10 }],
  ])('passes every element: %s', (_, layers, settings) => {
    for (const seed of [1, 2, 3]) {
      const { objective, x, labels, m } = build(kernels, layers, { ...settings, seed });
      const report = checkGradients(objective, m, x, labels);
      expect(report.parameters.filter(({ passed }) => !passed).map(failureText)).toEqual([]);
      expect(report.passed).toBe(true);
      for (const { shape, checked, kinks } of report.parameters) {
        expect(checked + kinks).toBe(shape.reduce((a, b) => a * b));
      }
    }
  });

  test('leaves parameters bit for bit as they were, and the gradient of J̃ in the arena', () => {
    const { objective, x, labels, m } = build(kernels, [4, 6, 3]);
    const { arena } = objective.model;
    const before = Array.from(arena.values);
    checkGradients(objective, m, x, labels);
    expect(Array.from(arena.values)).toEqual(before);
    const gradients = Array.from(arena.gradients);
    objective.lossAndGradient(m, x, labels);
    objective.addPenaltyGradient();
    expect(Array.from(arena.gradients)).toEqual(gradients);
  });

  test('restores the parameters when a kernel throws half-way', () => {
    let calls = 0;
    const failing = sabotaged(kernels, {
      softmaxCrossEntropyForward: (...args) => {
        if (++calls === 25) throw new Error('half-way');
        return kernels.softmaxCrossEntropyForward(...args);
      },
    });
    const { objective, x, labels, m } = build(failing, [4, 6, 3]);
    const before = Array.from(objective.model.arena.values);
    expect(() => checkGradients(objective, m, x, labels)).toThrow('half-way');
    expect(calls).toBe(25);
    expect(Array.from(objective.model.arena.values)).toEqual(before);
  });

  test('samples the asked number of elements, the same for the same seed', () => {
    const { objective, x, labels, m } = build(kernels, [4, 6, 3]);
    const report = checkGradients(objective, m, x, labels, { samples: 5, seed: 3 });
    expect(report.parameters.map(({ checked, kinks }) => checked + kinks)).toEqual([5, 5, 5, 3]);
    expect(checkGradients(objective, m, x, labels, { samples: 5, seed: 3 })).toEqual(report);
    expect(checkGradients(objective, m, x, labels, { samples: 5, seed: 4 })).not.toEqual(report);
  });

  // Each fault is a plausible mistake in one kernel, and betrays itself in the parameters named.
  const faults: [string, Partial<Kernels>, string[]][] = [
    ['a ReLU that passes every gradient', { reluBackward: (n, _y, dy, dx) => { dx.set(dy.subarray(0, n)); } }, ['W1', 'b1']],
    ['a bias gradient without its last row', { biasBackward: (m, n, dy, beta, db) => { kernels.biasBackward(m - 1, n, dy, beta, db); } }, ['b1', 'b2']],
    ['a penalty gradient λW instead of 2λW', { axpy: (n, alpha, x, y) => { kernels.axpy(n, alpha / 2, x, y); } }, ['W1', 'W2']],
    ['a loss gradient that is off by one part in a million', {
      softmaxCrossEntropyBackward: (m, n, scale, probs, labels, dx) => {
        kernels.softmaxCrossEntropyBackward(m, n, scale * (1 + 1e-6), probs, labels, dx);
      },
    }, ['W1', 'b1', 'W2', 'b2']],
  ];
  test.each(faults)('catches %s', (_, fault, wrong) => {
    const { objective, x, labels, m } = build(sabotaged(kernels, fault), [4, 10, 3]);
    const report = checkGradients(objective, m, x, labels);
    expect(report.passed).toBe(false);
    expect(report.parameters.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(wrong);
  });

  test.each([['W1', [7, 2]], ['b1', [4]], ['W2', [1, 8]], ['b2', [2]]])('points at the one wrong element: %s %j', (name, index) => {
    const { objective, x, labels, m } = build(kernels, [4, 10, 3]);
    const { gradient, shape } = objective.model.arena.find(name)!;
    const at = index.reduce((offset, i, axis) => offset * shape[axis]! + i, 0);
    const addPenaltyGradient = objective.addPenaltyGradient.bind(objective);
    objective.addPenaltyGradient = () => {
      addPenaltyGradient();
      gradient[at]! += 1e-6;
    };
    const wrong = checkGradients(objective, m, x, labels).parameters.filter(({ passed }) => !passed);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatchObject({ name, failed: 1, worst: { index } });
    const { analytic, numeric } = wrong[0]!.worst!;
    expect(analytic - numeric).toBeCloseTo(1e-6, 9);
    expect(failureText(wrong[0]!)).toContain(`${name}[${index.join(', ')}]: analytic ${String(analytic)}, numeric ${String(numeric)}`);
  });

  test('a NaN gradient fails', () => {
    const fault = (m: number, n: number, _dy: FloatArray, _beta: number, dbias: FloatArray): void => { dbias.fill(m > 0 ? NaN : 0, 0, n); };
    const { objective, x, labels, m } = build(sabotaged(kernels, { biasBackward: fault }), [4, 3]);
    const [weights, bias] = checkGradients(objective, m, x, labels).parameters;
    expect(weights!.passed).toBe(true);
    expect(bias).toMatchObject({ passed: false, failed: 3, worst: { error: Infinity } });
  });

  /** One hidden unit that lies `z` above its kink, on the input 1. */
  function nearKink(z: number): Case {
    const { objective } = build(kernels, [1, 1, 2], { m: 1, l2: 0 });
    const { arena } = objective.model;
    arena.find('W1')!.value.set([0.5]);
    arena.find('b1')!.value.set([z - 0.5]);
    return { objective, x: Float64Array.of(1), labels: Int32Array.of(0), m: 1 };
  }

  test.each([
    ['exactly at it', 0, 1],
    ['too near for any step', 5e-8, 1],
    ['near: a smaller step does', 5e-6, 0],
    ['on the dead side', -5e-6, 0],
    ['far away', 1e-3, 0],
  ])('a ReLU kink is recognised: %s', (_, z, kinks) => {
    const { objective, x, labels, m } = nearKink(z);
    const report = checkGradients(objective, m, x, labels);
    const [w1, b1, w2, b2] = report.parameters;
    expect([w1!.kinks, b1!.kinks, w2!.kinks, b2!.kinks]).toEqual([kinks, kinks, 0, 0]);
    expect(report.parameters.map(({ failed }) => failed)).toEqual([0, 0, 0, 0]);
    // What could not be checked is not called right.
    expect(report.passed).toBe(kinks === 0);
    if (kinks > 0) expect(failureText(w1!)).toBe('W1 [1, 1]: nothing could be checked, all 1 elements lie at a kink');
  });

  test.each([
    ['a step of zero', { step: 0 }, 'ERR_CONFIG', 'step'],
    ['a NaN tolerance', { tolerance: NaN }, 'ERR_CONFIG', 'tolerance'],
    ['no samples', { samples: 0 }, 'ERR_CONFIG', 'samples'],
    ['half a sample', { samples: 0.5 }, 'ERR_CONFIG', 'samples'],
    ['a negative seed', { seed: -1 }, 'ERR_CONFIG', 'seed'],
  ])('refuses %s', (_, options, code, path) => {
    const { objective, x, labels, m } = build(kernels, [4, 3]);
    let error: unknown;
    try { checkGradients(objective, m, x, labels, options); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code, details: { path } });
  });

  test.each([
    ['a float32 model', () => { const c = build(kernelsFor('float32', backend), [4, 3]); return checkGradients(c.objective, c.m, c.x, c.labels); }, 'ERR_CONFIG'],
    ['no rows', () => { const c = build(kernels, [4, 3]); return checkGradients(c.objective, 0, c.x, c.labels); }, 'ERR_SHAPE'],
    ['more rows than the model holds', () => { const c = build(kernels, [4, 3]); return checkGradients(c.objective, 6, new Float64Array(24), new Int32Array(6)); }, 'ERR_SHAPE'],
    ['too few inputs', () => { const c = build(kernels, [4, 3]); return checkGradients(c.objective, c.m, c.x.subarray(1), c.labels); }, 'ERR_SHAPE'],
    ['too few labels', () => { const c = build(kernels, [4, 3]); return checkGradients(c.objective, c.m, c.x, c.labels.subarray(1)); }, 'ERR_SHAPE'],
    ['a label out of range', () => { const c = build(kernels, [4, 3]); return checkGradients(c.objective, c.m, c.x, c.labels.fill(3)); }, 'ERR_KERNEL_INDEX'],
  ])('refuses %s', (_, check, code) => {
    let error: unknown;
    try { check(); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code });
  });
});
