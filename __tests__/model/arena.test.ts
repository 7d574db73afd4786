import { kernelsFor } from '../../lib/kernels';
import { Arena } from '../../lib/model/arena';

const specs = [
  { name: 'W1', shape: [2, 3], regularised: true },
  { name: 'b1', shape: [2], regularised: false },
  { name: 'W2', shape: [4, 2], regularised: true },
  { name: 'b2', shape: [4], regularised: false },
];

describe.each(['float32', 'float64'] as const)('Arena of %s', (dtype) => {
  const bytes = dtype === 'float32' ? 4 : 8;

  test('keeps the order of the specs and lays regularised parameters out first', () => {
    const arena = new Arena(kernelsFor(dtype, 'typescript'), specs);
    expect(arena.parameters.map(({ name }) => name)).toEqual(['W1', 'b1', 'W2', 'b2']);
    expect(arena.parameters.map(({ value }) => value.byteOffset / bytes)).toEqual([0, 14, 6, 16]);
    expect(arena.values).toHaveLength(20);
    expect(arena.regularised.values).toHaveLength(14);
    expect(arena.unregularised.values).toHaveLength(6);
  });

  test('parameters and blocks are views on the two flat arrays', () => {
    const arena = new Arena(kernelsFor(dtype, 'typescript'), specs);
    for (const { value, gradient, shape } of arena.parameters) {
      expect(value.BYTES_PER_ELEMENT).toBe(bytes);
      expect(value).toHaveLength(shape.reduce((a, b) => a * b));
      expect(value.buffer).toBe(arena.values.buffer);
      expect(gradient.buffer).toBe(arena.gradients.buffer);
      expect(gradient.byteOffset).toBe(value.byteOffset);
    }
    arena.find('b1')!.value[1] = 7;
    expect(arena.unregularised.values[1]).toBe(7);
    arena.find('W2')!.gradient[0] = 5;
    expect(arena.regularised.gradients[6]).toBe(5);
    expect(arena.values.buffer).not.toBe(arena.gradients.buffer);
  });

  test('starts at zero, finds by name, and may be empty', () => {
    const arena = new Arena(kernelsFor(dtype, 'typescript'), specs);
    expect(arena.values.every((value) => value === 0)).toBe(true);
    expect(arena.find('b2')?.shape).toEqual([4]);
    expect(arena.find('W3')).toBeUndefined();
    expect(new Arena(kernelsFor(dtype, 'typescript'), []).values).toHaveLength(0);
  });
});
