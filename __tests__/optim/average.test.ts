import { kernelsFor } from '../../lib/kernels';
import type { Layer } from '../../lib/model/layer';
import { Linear } from '../../lib/model/layers/linear';
import { Sequential } from '../../lib/model/sequential';
import { WeightAverage } from '../../lib/optim/average';
import { variants } from '../support/backends';

describe.each(variants)('WeightAverage on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);

  /** A linear layer that claims a buffer. */
  function model(): Sequential {
    const linear: Layer = new Linear(kernels, [1], [1], 1);
    Object.defineProperty(linear, 'bufferSpecs', { value: [{ name: 'statistic', length: 1, initial: 8 }] });
    return new Sequential(kernels, [linear], 1);
  }

  // Powers of two: exact.
  test('begins with the first update and follows the parameters and buffers', () => {
    const net = model();
    const average = new WeightAverage(net, 0.75);
    const averages = (): number[][] => average.state.map((array) => Array.from(array));
    net.arena.values.set([4, -8]);
    net.buffers[0]!.value.set([16]);
    average.update(1);
    expect(averages()).toEqual([[4, -8], [16]]);
    net.arena.values.set([8, -8]);
    net.buffers[0]!.value.set([0]);
    average.update(2);
    expect(averages()).toEqual([[5, -8], [12]]);
    expect(Array.from(net.arena.values)).toEqual([8, -8]);
  });

  test('changes places with the model, and back', () => {
    const net = model();
    const average = new WeightAverage(net, 0.5);
    net.arena.values.set([1, 2]);
    average.update(1);
    net.arena.values.set([3, 4]);
    average.exchange();
    expect([...net.arena.values, ...average.state[0]!]).toEqual([1, 2, 3, 4]);
    average.exchange();
    expect([...net.arena.values, ...average.state[0]!]).toEqual([3, 4, 1, 2]);
  });
});
