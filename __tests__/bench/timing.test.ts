import { LoadWatch, steadinessOf } from '../../lib/bench/machine';
import { measure, noiseOf, summarise } from '../../lib/bench/timing';
import type { Contender } from '../../lib/bench/timing';
import { nativeStatus } from '../../lib/kernels';

/** Takes `seconds` for each piece of work, by its own account, and remembers what it was asked. */
function clockwork(name: string, seconds: number, asked: string[]): Contender {
  return {
    name,
    run(count) {
      asked.push(`${name} ${String(count)}`);
      return count * seconds;
    },
  };
}

test('times are of one piece of work, whatever fits into a sample', async () => {
  const asked: string[] = [];
  const [fast, slow] = await measure([clockwork('fast', 1e-6, asked), clockwork('slow', 2e-3, asked)], { rounds: 4, sampleSeconds: 1e-3 });
  expect(fast).toMatchObject({ samples: 4 });
  expect(fast!.median).toBeCloseTo(1e-6, 12);
  expect(slow!.median).toBeCloseTo(2e-3, 12);
  expect(asked).toContain('fast 1000');
});

test('samples are taken in turn, each behind some work of the same kind', async () => {
  const asked: string[] = [];
  await measure([clockwork('a', 1, asked), clockwork('b', 1, asked)], { rounds: 2, sampleSeconds: 1 });
  expect(asked.slice(-8)).toEqual(['a 1', 'a 1', 'b 1', 'b 1', 'a 1', 'a 1', 'b 1', 'b 1']);
});

test('what takes many samples\' time is called once every third round', async () => {
  const asked: string[] = [];
  const [time] = await measure([clockwork('slow', 10, asked)], { rounds: 7, sampleSeconds: 1 });
  expect(asked).toHaveLength(1 + 3);
  expect(time!.samples).toBe(3);
});

test('each round is announced', async () => {
  const onRound = jest.fn();
  await measure([clockwork('a', 1, []), clockwork('b', 1, [])], { rounds: 3, sampleSeconds: 1, onRound });
  expect(onRound).toHaveBeenCalledTimes(3);
});

test.each([
  [[3], { median: 3, low: 3, high: 3, best: 3, samples: 1 }],
  [[4, 1, 3, 2, 5], { median: 3, low: 2, high: 4, best: 1, samples: 5 }],
  [[1, 2], { median: 1.5, low: 1.25, high: 1.75, best: 1, samples: 2 }],
])('%j: median and quartiles', (samples, timing) => {
  expect(summarise(samples)).toEqual(timing);
});

test('noise is half of the distance of the quartiles, relatively', () => {
  expect(noiseOf(summarise([8, 9, 10, 11, 12]))).toBeCloseTo(0.1);
});

test.each([
  [[], undefined],
  [[2, 2, 2, 2], 1],
  [[1, 1, 1, 2, 1, 1, 1, 1], 1],
  [[1, 2, 1, 2, 2], 0.5],
])('%j: the steadiness of a machine', (seconds, share) => {
  expect(steadinessOf(seconds)).toBe(share);
});

test('a machine whose rate was sampled says how steady it was', () => {
  const watch = new LoadWatch();
  expect(watch.end()).not.toHaveProperty('steadiness');
  for (let i = 0; i < 4; i++) watch.sample();
  const { steadiness } = watch.end();
  if (nativeStatus().loaded) {
    expect(steadiness).toBeGreaterThan(0);
    expect(steadiness).toBeLessThanOrEqual(1);
  } else expect(steadiness).toBeUndefined();
});

test('own work is not that of others, and whatever cannot be accounted for is', () => {
  const watch = new LoadWatch();
  const begun = performance.now();
  while (performance.now() - begun < 100);
  const { others } = watch.end();
  const load = watch.end(1000);
  expect(others).toBeGreaterThanOrEqual(0);
  expect(load).toMatchObject({ others: 0, quiet: true });
});
