import type { Dataset } from '../../lib/data/dataset';
import { makeSynthetic, syntheticClasses } from '../../lib/data/synthetic';

const small = makeSynthetic({ train: 300, validation: 40, test: 60 });
/** The bytes of the rows from `from` on; compared as one, because jest looks at each element of a typed array by itself. */
const pixels = ({ features, size }: Dataset, from = 0, to = size): Buffer =>
  Buffer.from(features.subarray(from * 3072, to * 3072) as Uint8Array);

test('the bytes are the same on every platform and in every version: spec files refer to them', () => {
  expect(small.origin.digest).toBe('820f6afd65c4ddc2da1083356596e0f8f38382c955ea3186be1a73166d3e0d1d');
});

test('has the default sizes and ten classes in nearly equal shares', () => {
  const { train, validation, test: testRows } = makeSynthetic();
  expect([train.size, validation.size, testRows.size]).toEqual([10_000, 1_000, 1_000]);
  expect(train.classNames).toEqual(syntheticClasses);
  const counts = new Array<number>(10).fill(0);
  for (const label of train.labels) counts[label]!++;
  // Binomial: 1,000 ± 30; five standard deviations.
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

test('a picture depends on the seed and its place in its source, not on the sizes', () => {
  const other = makeSynthetic({ train: 320, validation: 20, test: 10 });
  expect(pixels(other.train, 0, 300).equals(pixels(small.train))).toBe(true);
  expect(pixels(other.train, 300, 320).equals(pixels(small.validation, 0, 20))).toBe(true);
  expect(other.validation.labels).toEqual(small.validation.labels.subarray(20));
  expect(pixels(other.test).equals(pixels(small.test, 0, 10))).toBe(true);
});

test('no picture comes twice, within a set or under another seed', () => {
  const others = [0, 1, 2, 2 ** 32 - 1].map((seed) => makeSynthetic({ train: 100, validation: 0, test: 100 }, seed));
  const pictures = others.flatMap(({ train, test: testRows }) =>
    [train, testRows].flatMap((rows) => Array.from({ length: 100 }, (_, row) => pixels(rows, row, row + 1).toString('latin1'))),
  );
  expect(new Set(pictures).size).toBe(800);
});

test('all three planes vary, within the range of bytes', () => {
  const sums = [0, 1, 2].map((channel) => {
    const plane = small.train.features.subarray(channel * 1024, (channel + 1) * 1024);
    return new Set(plane).size;
  });
  for (const shades of sums) expect(shades).toBeGreaterThan(30);
});

test.each([-1, 1.5, 2 ** 32, NaN])('refuses the seed %p', (seed) => {
  expect(() => makeSynthetic({}, seed)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'seed' } }));
});

test.each([{ train: 0 }, { validation: -1 }, { test: 1e6 + 1 }, { train: 0.5 }])('refuses the sizes %p', (sizes) => {
  expect(() => makeSynthetic(sizes)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});
