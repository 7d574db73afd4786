import { kernelsFor } from '../../lib/kernels';
import type { FloatArray } from '../../lib/kernels/contract';
import { allocate } from '../../lib/kernels/contract';
import { initialize } from '../../lib/model/init';
import type { Layer } from '../../lib/model/layer';
import { ActivationLayer } from '../../lib/model/layers/activations';
import { Linear } from '../../lib/model/layers/linear';
import { mlp, Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';

const cases = (['native', 'typescript'] as const).flatMap((backend) =>
  (['float32', 'float64'] as const).map((dtype) => ({ backend, dtype })),
);

describe.each(cases)('Sequential on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);

  /** A 2-2-2 network with weights that a reader can follow: z2 = [x0 − x1 + 1, 2·x1], z3 = [3·a0 + a1, −a0 + 0.5]. */
  function small(maxBatch = 2): Sequential {
    const model = mlp([2, 2, 2], kernels, maxBatch);
    model.arena.find('W1')!.value.set([1, -1, 0, 2]);
    model.arena.find('b1')!.value.set([1, 0]);
    model.arena.find('W2')!.value.set([3, 1, -1, 0]);
    model.arena.find('b2')!.value.set([0, 0.5]);
    return model;
  }

  function array(values: readonly number[]): FloatArray {
    const result = allocate(dtype, values.length);
    result.set(values);
    return result;
  }

  test('forward and backward follow the derivation', () => {
    const model = small();
    // Rows: z2 = [0 − 3 → off, 4] and [3, −2 → off].
    const x = array([-2, 2, 1, -1]);
    model.forward(2, x, 'train');
    expect(Array.from(model.output)).toEqual([4, 0.5, 9, -2.5]);
    expect(Array.from(model.linearRegions(2))).toEqual([0, 1, 1, 0]);

    model.arena.gradients.fill(NaN);
    model.outputGradient.set([1, 10, 100, 1000]);
    model.backward(2, x);
    const gradient = (name: string): number[] => Array.from(model.arena.find(name)!.gradient);
    expect(gradient('W2')).toEqual([300, 4, 3000, 40]);
    expect(gradient('b2')).toEqual([101, 1010]);
    // dz2 = [off, 1] and [300 − 1000, off].
    expect(gradient('b1')).toEqual([-700, 1]);
    expect(gradient('W1')).toEqual([-700, 700, -2, 2]);
  });

  test('a batch may be smaller than maxBatch, and rows do not depend on one another', () => {
    const model = mlp([5, 7, 3], kernels, 4);
    const random = new RandomState(0);
    initialize(model, 'he', 0, random);
    const x = array(Array.from(random.randn(4 * 5)));
    model.forward(4, x, 'train');
    const all = Array.from(model.output);
    model.output.fill(NaN);
    model.forward(2, x, 'train');
    const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -53;
    for (let i = 0; i < 2 * 3; i++) expect(Math.abs(model.output[i]! - all[i]!)).toBeLessThanOrEqual(32 * unit * 10);
    // The rest of the buffer is not touched.
    expect(Array.from(model.output.subarray(2 * 3)).every(Number.isNaN)).toBe(true);
  });

  test('a step uses the arrays of the constructor, whatever the batch', () => {
    const seen = new Set<FloatArray>();
    const spy = (layer: Layer): Layer => ({
      kind: layer.kind,
      inputShape: layer.inputShape,
      outputShape: layer.outputShape,
      parameterSpecs: layer.parameterSpecs,
      bufferSpecs: layer.bufferSpecs,
      inPlace: layer.inPlace,
      reads: layer.reads,
      attach(parameters, buffers) { layer.attach(parameters, buffers); },
      forward(m, input, output, mode) {
        seen.add(input).add(output);
        layer.forward(m, input, output, mode);
      },
      backward(m, input, output, dy, dx) {
        seen.add(input).add(output).add(dy);
        if (dx !== undefined) seen.add(dx);
        layer.backward(m, input, output, dy, dx);
      },
    });
    const layers = [new Linear(kernels, [2], [3], 1), new ActivationLayer(kernels, [3], 'relu'), new Linear(kernels, [3], [2], 2)];
    const model = new Sequential(kernels, layers.map(spy), 2);
    const x = array([1, 2, 3, 4]);
    for (const m of [2, 1, 2, 1]) {
      model.forward(m, x, 'train');
      model.backward(m, x);
    }
    // x, the activations of hidden and output layer, and their gradients: ReLU works in place, and no view is made anew.
    expect(seen.size).toBe(5);
    expect(seen).toContain(model.output);
    expect(seen).toContain(model.outputGradient);
  });

  test('the input is never written to, even by a first layer that works in place', () => {
    const x = array([-1, 2, -3, 4]);
    const model = new Sequential(kernels, [new ActivationLayer(kernels, [2], 'relu'), new Linear(kernels, [2], [1], 1)], 2);
    model.arena.find('W1')!.value.set([1, 1]);
    model.forward(2, x, 'train');
    expect(Array.from(model.output)).toEqual([2, 4]);
    model.backward(2, x);
    expect(Array.from(x)).toEqual([-1, 2, -3, 4]);
  });

  test.each([
    ['no layer', () => new Sequential(kernels, [], 1), 'at least one layer'],
    ['a batch of zero', () => mlp([2, 2], kernels, 0), 'maxBatch'],
    ['a fractional batch', () => mlp([2, 2], kernels, 1.5), 'maxBatch'],
    ['layers that do not fit', () => new Sequential(kernels, [new Linear(kernels, [2], [3], 1), new ActivationLayer(kernels, [4], 'relu')], 1), 'input size 3'],
    ['one size', () => mlp([3], kernels, 1), 'two or more positive layer sizes'],
    ['a size of zero', () => mlp([3, 0, 2], kernels, 1), 'two or more positive layer sizes'],
    ['too many rows', () => { small().forward(3, array([1, 2, 3, 4, 5, 6]), 'train'); }, 'at most 2 rows'],
  ])('refuses %s', (_, build, message) => {
    let error: unknown;
    try { build(); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code: 'ERR_SHAPE', message: expect.stringContaining(message) });
  });

  test('refuses a batch with too few numbers', () => {
    let error: unknown;
    try { small().forward(2, array([1, 2, 3]), 'train'); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code: 'ERR_KERNEL_ARG' });
  });
});

describe('initialize', () => {
  const kernels = kernelsFor('float64', 'typescript');

  test('draws weights layer by layer, row by row, and leaves biases at zero', () => {
    const model = mlp([3, 4, 2], kernels, 1);
    model.arena.values.fill(9);
    initialize(model, 'normal', 0.01, new RandomState(7));
    const draws = new RandomState(7).randn(12 + 8).map((draw) => 0.01 * draw);
    expect(Array.from(model.arena.find('W1')!.value)).toEqual(Array.from(draws.subarray(0, 12)));
    expect(Array.from(model.arena.find('W2')!.value)).toEqual(Array.from(draws.subarray(12)));
    expect(model.arena.unregularised.values.every((value) => value === 0)).toBe(true);
  });

  test('he scales by √(2 / fan-in)', () => {
    const model = mlp([8, 3], kernels, 1);
    initialize(model, 'he', NaN, new RandomState(7));
    expect(Array.from(model.arena.find('W1')!.value)).toEqual(Array.from(new RandomState(7).randn(24), (draw) => Math.sqrt(2 / 8) * draw));
  });
});
