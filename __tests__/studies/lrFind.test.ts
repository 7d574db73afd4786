import { findLearningRate } from '../../lib/studies/findLearningRate';
import { sweepLearningRates } from '../../lib/studies/lrFind';
import { parseSpec } from '../../lib/spec/spec';
import { lrFindSvg } from '../../lib/report/lrFind';
import { backends } from '../support/backends';
import { tinyData, tinySpec } from '../support/data/tinyData';

const data = tinyData();
const spec = (changes: object = {}): ReturnType<typeof parseSpec> => parseSpec({ ...tinySpec, threads: 1, ...changes });

describe.each(backends)('on %s', (backend) => {
  test.each([
    ['sgd', {}],
    ['adam', { optimizer: 'adam', momentum: 0 }],
  ])('the sweep of %s rises from rate to rate and suggests one that trains', (_, changes) => {
    const { points, suggestion, steepest, divergence, reason } = sweepLearningRates(spec({ backend, ...changes }), data, { to: 1e4 });
    const ratios = points.slice(1).map(({ learningRate }, i) => learningRate / points[i]!.learningRate);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(1e10 ** (1 / 199), 9);
    expect(points[0]!.learningRate).toBe(1e-6);
    expect(divergence).toBeGreaterThan(points.at(-2)!.learningRate);
    expect(suggestion).toBe(divergence! / 10);
    expect(reason).toContain('blew up');
    expect(steepest).toBeLessThan(divergence!);
    const at = points.find(({ learningRate }) => learningRate >= suggestion!)!;
    expect(at.smoothed).toBeLessThan(0.8 * points[0]!.smoothed);
  });
});

test('the smoothed loss is a centred mean over rows', () => {
  const { points } = sweepLearningRates(spec({ learningRate: 1 }), data, { from: 1e-12, to: 1e-11, steps: 40 });
  const rowsOf = (step: number): number => (step % 5 === 4 ? 10 : 20); // ninety in batches of twenty
  points.forEach(({ smoothed }, i) => {
    const side = Math.min(2, i, 39 - i);
    const window = Array.from({ length: 2 * side + 1 }, (_, j) => i - side + j);
    const sum = window.reduce((all, j) => all + rowsOf(j) * points[j]!.loss, 0);
    expect(smoothed).toBeCloseTo(sum / window.reduce((all, j) => all + rowsOf(j), 0), 12);
  });
});

test.each([
  ['one row that is left for the last batch', { batchSize: 89 }], ['batches of one row', { batchSize: 1 }],
  ['batches of one row, accumulated', { batchSize: 1, accumulate: 20 }], ['rows that weigh nothing', { batchSize: 1, classWeights: [0, 1, 1] }],
])('%s is not taken for a loss that blows up', (_, changes) => {
  // Rows of the wrong label, whose loss alone is many times the mean.
  const labels = data.train.labels.map((label, i) => (i % 10 === 0 ? (label + 1) % 3 : label));
  const report = sweepLearningRates(
    spec({ momentum: 0, l2: 0, ...changes }), { ...data, train: { ...data.train, labels } }, { from: 0.02, to: 0.2, steps: 400 },
  );
  expect(report.divergence).toBeNull();
  expect(report.points.every(({ loss, smoothed }) => Number.isFinite(loss) && Number.isFinite(smoothed))).toBe(true);
});

test.each([
  ['rates that are too low', { from: 1e-12, to: 1e-11 }, null, 'try higher ones'],
  ['rates that never blow up', { from: 1e-4, to: 0.05 }, expect.any(Number), 'none of these rates'],
])('says so for %s', (_, options, suggestion, words) => {
  const report = sweepLearningRates(spec(), data, options);
  expect(report).toMatchObject({ suggestion, divergence: null, reason: expect.stringContaining(words) as string });
  expect(report.suggestion).toBe(report.steepest);
});

test('says so where the loss blows up at once', () => {
  const report = sweepLearningRates(spec({ momentum: 0 }), data, { from: 1e20, to: 1e21 });
  expect(report).toMatchObject({ suggestion: null, steepest: null, divergence: expect.any(Number) as number, reason: expect.stringContaining('lower') as string });
});

test('repeats itself', () => {
  expect(sweepLearningRates(spec(), data)).toEqual(sweepLearningRates(spec(), data));
});

test.each([
  ['from', { from: 0 }], ['from', { from: NaN }], ['to', { to: 1e-7 }], ['to', { to: Infinity }], ['steps', { steps: 19 }], ['steps', { steps: 20.5 }],
])('refuses %s in %j', (path, options) => {
  expect(() => sweepLearningRates(spec(), data, options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path } }));
});

test('the picture names the suggestion', () => {
  const report = sweepLearningRates(spec(), data, { to: 1e4 });
  const svg = lrFindSvg(report, 'tiny');
  expect(svg).toContain('Learning-rate range test of tiny');
  expect(svg).toContain(`suggested ${report.suggestion!.toPrecision(2)}`);
  expect(lrFindSvg({ ...report, suggestion: null }, 'tiny')).toContain('no suggestion');
});

test('findLearningRate sweeps in a thread, with the same bits', async () => {
  let isBlocked = true;
  setImmediate(() => { isBlocked = false; });
  const report = await findLearningRate({ ...tinySpec, threads: 1 }, { data, steps: 40 });
  expect(isBlocked).toBe(false);
  expect(report).toEqual(sweepLearningRates(spec(), data, { steps: 40 }));
  await expect(findLearningRate(spec(), { data: { ...data, validation: data.test } })).rejects.toMatchObject({ code: 'ERR_DATA' });
  await expect(findLearningRate(spec({ layers: [5, 3] }), { data })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
});
