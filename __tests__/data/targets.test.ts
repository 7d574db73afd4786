import type { Dataset } from '../../lib/data/dataset';
import { refuseLostTargets } from '../../lib/data/targets';

const rows = (...targets: number[]): Dataset => ({
  name: 'houses', split: 'train', features: new Float64Array(targets.length), labels: new Int32Array(targets.length),
  targets: Float64Array.from(targets), size: targets.length, featureSize: 1, classNames: [],
});

test.each<[string, Dataset]>([
  ['too large', rows(1, 1e300, 2)],
  ['too small', rows(1e-50, 2e-50)],
  ['too close to each other for their size', rows(1.7e9, 1.7e9 + 1, 1.7e9 + 40)],
])('targets that are %s for float32 are refused, with the row', (_, data) => {
  expect(() => { refuseLostTargets(data, 'float32'); }).toThrow(expect.objectContaining({
    code: 'ERR_DATA', message: expect.stringMatching(/float32.* for houses, train row \d, target 0, but received/) as string,
  }));
  expect(() => { refuseLostTargets(data, 'float64'); }).not.toThrow();
});

test.each([[rows(0.1, 0.2, 1e6)], [rows(0.1, 0.1)], [rows()], [{ ...rows(1.7e9, 1, 1.7e9, 2), size: 2 }]])('others pass (case %#)', (data) => {
  expect(() => { refuseLostTargets(data, 'float32'); }).not.toThrow();
});

test('targets that are not finite are refused in either format', () => {
  for (const dtype of ['float32', 'float64'] as const) expect(() => { refuseLostTargets(rows(1, NaN), dtype); }).toThrow(/row 1.*NaN/);
});
