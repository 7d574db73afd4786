import { Batches } from '../../lib/data/batches';
import type { Sampling } from '../../lib/data/batches';
import { RandomState } from '../../lib/random';

const make = (size: number, batchSize: number, sampling: Sampling, seed = 3): Batches =>
  new Batches({ size }, batchSize, new RandomState(seed), sampling);
const draw = (batches: Batches, count: number): number[][] => Array.from({ length: count }, () => [...batches.next()]);

describe('shuffle', () => {
  test.each([[10, 3], [12, 4], [7, 7], [5, 1]])('%i rows in batches of %i: each row once per epoch', (size, batchSize) => {
    const batches = make(size, batchSize, 'shuffle');
    const perEpoch = Math.ceil(size / batchSize);
    expect(batches.batchesPerEpoch).toBe(perEpoch);
    for (let epoch = 0; epoch < 3; epoch++) {
      const drawn = draw(batches, perEpoch);
      expect(batches.epoch).toBe(epoch);
      expect(batches.position).toBe(size);
      expect(drawn.slice(0, -1).every(({ length }) => length === batchSize)).toBe(true);
      expect(drawn.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
    }
  });

  test("walks NumPy's permutations, one after the other", () => {
    const batches = make(100, 40, 'shuffle');
    const random = new RandomState(3);
    for (let epoch = 0; epoch < 2; epoch++) expect(draw(batches, 3).flat()).toEqual([...random.permutation(100)]);
  });
});

describe('replacement', () => {
  test("draws as the course's np.random.choice(rows, batch) does, in full batches", () => {
    const batches = make(10, 4, 'replacement');
    const random = new RandomState(3);
    for (let i = 0; i < 7; i++) expect([...batches.next()]).toEqual([...random.choice(10, 4)]);
  });

  test('an epoch is as many batches as hold all rows', () => {
    const batches = make(10, 4, 'replacement');
    expect(batches.batchesPerEpoch).toBe(3);
    draw(batches, 3);
    expect(batches.epoch).toBe(0);
    batches.next();
    expect(batches.epoch).toBe(1);
  });
});

test('a step allocates nothing: the same two arrays come again and again', () => {
  const batches = make(10, 4, 'shuffle');
  const seen = new Set(Array.from({ length: 30 }, () => batches.next()));
  expect(seen.size).toBe(2);
});

describe.each<Sampling>(['shuffle', 'replacement'])('the state, with %s', (sampling) => {
  test.each([0, 1, 2, 3, 4, 11])('after %i batches continues to the same batches, through JSON', (drawn) => {
    const original = make(11, 4, sampling);
    draw(original, drawn);
    const copy = make(11, 4, sampling, 99);
    draw(copy, 5);
    copy.setState(JSON.parse(JSON.stringify(original.getState())) as ReturnType<Batches['getState']>);
    expect([copy.epoch, copy.position]).toEqual([original.epoch, original.position]);
    expect(draw(copy, 9)).toEqual(draw(original, 9));
  });

  test.each<[string, (state: ReturnType<Batches['getState']>) => unknown]>([
    ['a place within a batch', (state) => ({ ...state, position: 3 })],
    ['a place beyond the rows', (state) => ({ ...state, position: 400 })],
    ['a negative epoch', (state) => ({ ...state, epoch: -1 })],
    ['a torn generator', (state) => ({ ...state, random: { ...state.random, key: [1] } })],
    ['a torn start of the epoch', (state) => ({ ...state, epochStart: { ...state.epochStart, position: -1 } })],
  ])('refuses %s and changes nothing', (_, damage) => {
    const batches = make(11, 4, sampling);
    const twin = make(11, 4, sampling);
    draw(batches, 2);
    draw(twin, 2);
    const bad = damage(batches.getState()) as ReturnType<Batches['getState']>;
    expect(() => {
      batches.setState(bad);
    }).toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
    expect(draw(batches, 5)).toEqual(draw(twin, 5));
  });
});

test.each([[10, 0], [10, 11], [10, 2.5], [0, 1], [10, NaN]])('refuses %d rows in batches of %d', (size, batchSize) => {
  expect(() => make(size, batchSize, 'shuffle')).toThrow(
    expect.objectContaining({ code: 'ERR_SHAPE', details: { path: 'batchSize' } }),
  );
});
