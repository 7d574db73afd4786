import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalDensityTimes, normalDistribution } from '../../lib/kernels/normal';

/** x, Φ(x), x·φ(x); made by golden/normal.py. */
const golden = JSON.parse(readFileSync(join(__dirname, '../golden/normal.json'), 'utf8')) as [number, number, number][];
const u = 2 ** -53;

test.each(golden)('Φ(x) and x·φ(x) at %d', (x, distribution, density) => {
  const units = (value: number, right: number): number => (value === right ? 0 : Math.abs(value - right) / (u * Math.abs(right)));
  expect(units(normalDistribution(x), distribution)).toBeLessThanOrEqual(x < 0 ? (x * x) / 2 + 8 : 2);
  expect(units(normalDensityTimes(x), density)).toBeLessThanOrEqual((x * x) / 2 + 4);
});

test.each([
  [0, 0.5, 0], [Infinity, 1, 0], [-Infinity, 0, 0], [1e300, 1, 0], [-1e300, 0, 0], [NaN, NaN, NaN],
])('Φ(%d) = %d', (x, distribution, density) => {
  expect(normalDistribution(x)).toBe(distribution);
  expect(normalDensityTimes(x)).toBe(density);
});
