import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { allocate } from '../../lib/kernels/contract';
import type { FloatArray } from '../../lib/kernels/contract';
import { makeLayers } from '../../lib/model/description';
import type { LayerDescription } from '../../lib/model/layers';
import { inputsIn, numbersAlone } from '../../lib/model/layers/define';
import type { InputLayout } from '../../lib/model/layers/define';
import { initialize } from '../../lib/model/init';
import { mlp, Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { Xoshiro128 } from '../../lib/random/xoshiro128';
import type { Xoshiro128State } from '../../lib/random/xoshiro128';
import { variants } from '../support/backends';

// PyTorch's numbers; golden/layers.py made them.

interface Batch {
  readonly x: number[]; readonly dy: number[]; readonly y: number[]; readonly dx: number[];
  readonly gradients: number[][]; readonly buffers: number[][];
}
interface Golden {
  readonly layers: { layer: LayerDescription; layout?: InputLayout; parameters: number[][]; batches: Batch[]; evaluated: number[] }[];
  readonly orthogonal: { rows: number; columns: number; seed: number; weights: number[] }[];
  readonly xoshiro: { state: Xoshiro128State; draws: number[]; after: number[] }[];
}
const golden = JSON.parse(readFileSync(join(__dirname, '../golden/layers.json'), 'utf8')) as Golden;

const rows = 7;

describe.each(variants)('as PyTorch on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const tolerance = dtype === 'float32' ? 2e-6 : 1e-14;
  const arrayOf = (values: readonly number[]): FloatArray => {
    const array = allocate(dtype, values.length);
    array.set(values);
    return array;
  };
  const expectWithin = (tolerance: number, actual: ArrayLike<number>, right: readonly number[]): void => {
    expect(actual).toHaveLength(right.length);
    // Numbers here are of order 1; those near 0 come out of sums of such.
    right.forEach((value, i) => { expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))); });
  };

  test.each(golden.layers.map((each) => [JSON.stringify(each.layer), each] as const))('%s', (_, each) => {
    const { layer, layout = numbersAlone(5), parameters, batches, evaluated } = each;
    const size = inputsIn(layout);
    const expectNear = (actual: ArrayLike<number>, right: readonly number[]): void => {
      // An embedding adds cosines of up to 60 radians, off by as many roundings as that; its gradients are 4π times as large.
      expectWithin(layer.type === 'embedding' ? 64 * tolerance : tolerance, actual, right);
    };
    const model = new Sequential(kernels, makeLayers([layer], size, size, kernels, new RandomState(0), layout), rows);
    initialize(model, 'zeros', 0, new RandomState(0));
    parameters.forEach((values, i) => { model.arena.parameters[i]!.value.set(values); });
    for (const { x, dy, y, dx, gradients, buffers } of batches) {
      const input = arrayOf(x);
      model.forward(rows, input, 'train');
      expectNear(model.output, y);
      const inputGradient = allocate(dtype, rows * size);
      model.chain.backward(rows, input, arrayOf(dy), inputGradient);
      expectNear(inputGradient, dx);
      gradients.forEach((values, i) => { expectNear(model.arena.parameters[i]!.gradient, values); });
      buffers.forEach((values, i) => { expectNear(model.buffers[i]!.value, values); });
    }
    model.forward(rows, arrayOf(batches[batches.length - 1]!.x), 'evaluate');
    expectNear(model.output, evaluated);
  });
});

test.each(golden.orthogonal)('orthogonal initialisation [$rows, $columns] is PyTorch\'s', ({ rows: fanOut, columns: fanIn, seed, weights }) => {
  const model = mlp([fanIn, fanOut], kernelsFor('float64', 'typescript'), 1);
  initialize(model, 'orthogonal', 0, new RandomState(seed));
  model.arena.find('W1')!.value.forEach((value, i) => { expect(Math.abs(value - weights[i]!)).toBeLessThan(1e-14); });
});

describe('xoshiro128**', () => {
  test.each(golden.xoshiro)('from $state', ({ state, draws, after }) => {
    const halves = draws.flatMap((draw) => [draw & 0xffff, draw >>> 16]);
    for (const zeros of [0, 1, 20000, 0x8000, 0xffff, 0x10000]) {
      const random = new Xoshiro128(state);
      const mask = new Uint8Array(halves.length + 3).fill(7);
      random.fillMask(halves.length, zeros, mask);
      expect(Array.from(mask)).toEqual([...halves.map((half) => (half >= zeros ? 1 : 0)), 7, 7, 7]);
      expect(random.getState()).toEqual(after);
    }
  });

  test('an odd length drops half a draw', () => {
    const [a, b] = [new Xoshiro128([1, 2, 3, 4]), new Xoshiro128([1, 2, 3, 4])];
    const [odd, even] = [new Uint8Array(6).fill(7), new Uint8Array(6)];
    a.fillMask(5, 30000, odd);
    b.fillMask(6, 30000, even);
    expect(Array.from(odd)).toEqual([...even.subarray(0, 5), 7]);
    expect(a.getState()).toEqual(b.getState());
  });

  test.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, -2, 3, 4]], [[1, 2, 3, 0.5]], [null], [{}]])('refuses %j', (state) => {
    let error: unknown;
    try { new Xoshiro128(state as unknown as Xoshiro128State); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code: 'ERR_CHECKPOINT' });
  });
});
