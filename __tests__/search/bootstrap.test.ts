import { normalDistribution } from '../../lib/kernels/normal';
import { RandomState } from '../../lib/random';
import { pairedBootstrap } from '../../lib/search/analysis/bootstrap';

/** Two models on so many rows: how many only the first has right, and how many only the second. */
function models(rows: number, onlyFirst: number, onlySecond: number): [Uint8Array, Uint8Array] {
  const [first, second] = [new Uint8Array(rows).fill(1), new Uint8Array(rows).fill(1)];
  second.fill(0, 0, onlyFirst);
  first.fill(0, onlyFirst, onlyFirst + onlySecond);
  return [first, second];
}

test.each([[1000, 150, 120], [1000, 200, 120], [500, 40, 40], [2000, 30, 60]])(
  'of %p rows, %p right by the first alone and %p by the second, agrees with the normal approximation',
  (rows, onlyFirst, onlySecond) => {
    const { difference, interval, pValue, ...rest } = pairedBootstrap(...models(rows, onlyFirst, onlySecond), { seed: 1 });
    expect(rest).toEqual({ method: 'paired bootstrap', rows, resamples: 10_000 });
    const d = (onlyFirst - onlySecond) / rows;
    expect(difference).toBeCloseTo(d, 12);
    // The variance of a row's difference, which is −1, 0 or 1; as McNemar's test has it.
    const error = Math.sqrt(((onlyFirst + onlySecond) / rows - d * d) / rows);
    // A percentile of 10,000 draws is known to some 3 % of the standard error, and steps are 1/rows wide.
    expect(Math.abs(interval[0] - (d - 1.96 * error))).toBeLessThan(0.15 * error + 1 / rows);
    expect(Math.abs(interval[1] - (d + 1.96 * error))).toBeLessThan(0.15 * error + 1 / rows);
    // The values are multiples of 1/rows: half a step for continuity.
    const expectedP = d === 0 ? 1 : 2 * normalDistribution(-(Math.abs(d) - 0.5 / rows) / error);
    expect(Math.abs(pValue - expectedP)).toBeLessThan(5 * Math.sqrt(expectedP * (1 - expectedP) / 10_000) + 0.003);
  },
);

test('covers the truth as often as it says', () => {
  const random = new RandomState(2);
  const tries = 300;
  let covered = 0;
  for (let i = 0; i < tries; i++) {
    // The first model is right on 60 % of all rows there are, the second on 55 %, independently.
    const first = Uint8Array.from({ length: 200 }, () => (random.random() < 0.6 ? 1 : 0));
    const second = Uint8Array.from({ length: 200 }, () => (random.random() < 0.55 ? 1 : 0));
    const { interval: [low, high] } = pairedBootstrap(first, second, { seed: i, resamples: 400 });
    if (low <= 0.05 && 0.05 <= high) covered++;
  }
  // Binomial with p = 0.95: 285 ± 3.8.
  expect(covered).toBeGreaterThan(285 - 5 * 3.8);
  expect(covered).toBeLessThan(tries);
});

test('pairs: what both have right or wrong alike makes nothing less sure', () => {
  const [first, second] = models(1000, 30, 10);
  const { pValue } = pairedBootstrap(first, second);
  // Unpaired, accuracies of 99 % and 97 % would be told apart with more certainty than 49 % and 47 %.
  first.fill(0, 100, 600);
  second.fill(0, 100, 600);
  expect(pairedBootstrap(first, second).pValue).toBe(pValue);
  expect(pValue).toBeLessThan(0.01);
});

test('takes means over seeds, whose rows stay together', () => {
  const [first, second] = models(400, 40, 20);
  const doubled = pairedBootstrap(first, second, { seed: 3 });
  const halved = pairedBootstrap(Float64Array.from(first, (right) => right / 2), Float64Array.from(second, (right) => right / 2), { seed: 3 });
  expect(halved.difference).toBeCloseTo(doubled.difference / 2, 12);
  expect(halved.pValue).toBe(doubled.pValue);
});

test('equal models differ by nothing, surely', () => {
  const [same] = models(50, 5, 5);
  expect(pairedBootstrap(same, same, { resamples: 99 })).toMatchObject({ difference: 0, interval: [0, 0], pValue: 1 });
});

test('follows from the seed', () => {
  const [first, second] = models(100, 20, 10);
  const at = (seed: number): unknown => pairedBootstrap(first, second, { seed, resamples: 500 });
  expect(at(4)).toEqual(at(4));
  expect(at(4)).not.toEqual(at(5));
});

test.each([[[], []], [[1], [1, 0]]])('refuses %p and %p', (first, second) => {
  expect(() => pairedBootstrap(first, second)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
});
