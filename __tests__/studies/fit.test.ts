import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../lib/data/dataset';
import type { LossName } from '../../lib/model/loss';
import { losses } from '../../lib/model/losses';
import { RandomState } from '../../lib/random';
import { presetFor } from '../../lib/spec/presets';
import { linearSpec, score, scoreConstant } from '../../lib/studies/fit/baselines';
import type { Scores } from '../../lib/studies/fit/baselines';
import { planFit } from '../../lib/studies/fit/planFit';
import { scorers } from '../../lib/train/scoring';
import { bootstrapped, meanWithError } from '../../lib/train/standardErrors';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

function table(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const rows = (count: number, of: (i: number) => readonly unknown[]): string[] => Array.from({ length: count }, (_, i) => of(i).join(','));

describe('what is predicted', () => {
  test.each([
    ['texts', (i: number) => ['x', 'y'][i % 2]!, 'cross-entropy', []],
    ['few whole numbers', (i: number) => i % 3, 'cross-entropy', ['the target has 3 different whole numbers, which are taken for classes: loss=mse predicts them as numbers']],
    ['few numbers that are not whole', (i: number) => 0.5 * (i % 3), 'mse', ['the target has numbers that are not whole, so they are predicted as numbers: loss=cross-entropy takes them for classes']],
    ['many whole numbers', (i: number) => i, 'mse', ['the target has many different numbers, so they are predicted as numbers: loss=cross-entropy takes them for classes']],
  ])('follows from the target: %s', (name, target, loss, said) => {
    const file = table(`${name}.csv`, ['a,t', ...rows(40, (i) => [i, target(i)])]);
    const { spec, assumed, data } = planFit({ preset: 'table', keys: { dataFile: file } });
    expect(spec).toMatchObject({ data: 'csv', loss, stratify: loss !== 'mse', targetScaling: loss === 'mse' ? 'standardize' : 'none', batchSize: 16 });
    expect(assumed.slice(3)).toEqual(said);
    expect(data.train.targets === undefined).toBe(loss !== 'mse');
  });

  test.each<[string, readonly string[], string, object, object, readonly string[]]>([
    ['several columns of 0 and 1', ['a,s,t', ...rows(40, (i) => [i, i % 2, Number(i % 3 === 0)])], 's,t', {}, { loss: 'bce', stratify: false, targetScaling: 'none', calibration: 'none' },
      ['the targets are 0 or 1 in every row, so each is taken for a label of its own: loss=mse predicts them as numbers']],
    ['several columns of yes and no', ['a,s,t', ...rows(40, (i) => [i, i % 2 ? 'yes' : 'no', i % 3 ? 'yes' : 'no'])], 's,t', {}, { loss: 'bce' }, ['the targets say yes or no, so each is taken for a label of its own']],
    ['several columns of numbers', ['a,s,t', ...rows(40, (i) => [i, i % 2, i / 3])], 's,t', {}, { loss: 'mse' }, ['there are several targets, so they are predicted as numbers']],
    ['a key that only numbers have', ['a,t', ...rows(40, (i) => [i, i % 2])], 't', { targetScaling: 'log' }, { loss: 'mse', targetScaling: 'log' }, []],
    ['a key that only classes have', ['a,t', ...rows(40, (i) => [i, i])], 't', { classWeights: 'balanced' }, { loss: 'cross-entropy', classWeights: 'balanced' }, []],
    ['a metric that only numbers have', ['a,t', ...rows(40, (i) => [i, i % 2])], 't', { monitor: 'rmse' }, { loss: 'mse' }, []],
  ])('follows from %s', (name, lines, target, keys, expectedSpec, said) => {
    const { spec, assumed, data } = planFit({ preset: 'table', keys: { dataFile: table(`${name}.csv`, lines), target, ...keys } });
    expect(spec).toMatchObject(expectedSpec);
    expect(assumed.filter((phrase) => /predict|class|label/.test(phrase))).toEqual(said);
    expect(data.train.targets === undefined).toBe(spec.loss === 'cross-entropy');
  });

  test('is refused where keys go with no loss that follows, and where several columns are neither', () => {
    const file = table('quantiles.csv', ['a,s,t', ...rows(40, (i) => [i, i % 2 ? 'yes' : 'maybe', i])]);
    expect(() => planFit({ preset: 'table', keys: { dataFile: file, quantiles: [0.5] } })).toThrow('Expected loss quantile for quantiles but received \'cross-entropy\'');
    expect(() => planFit({ preset: 'table', keys: { dataFile: file, target: 's,t' } })).toThrow(/^Expected one column of classes/);
  });

  test('is what the keys say', () => {
    const file = table('numbers.csv', ['a,t', ...rows(40, (i) => [i, i % 3])]);
    expect(planFit({ preset: 'table', keys: { dataFile: file, loss: 'mse', epochs: 3, stratify: false } }).spec).toMatchObject({ loss: 'mse', epochs: 3, steps: null });
    expect(planFit({ preset: 'table', keys: { dataFile: file, timeColumn: 'a' } }).spec).toMatchObject({ loss: 'cross-entropy', stratify: false, timeColumn: 'a' });
  });

  test('is numbers where one cell of many is none, which is refused with its place', () => {
    const file = table('odd.csv', ['a,t', ...rows(60, (i) => [i, i === 50 ? 'none given' : i / 7])]);
    expect(() => planFit({ preset: 'table', keys: { dataFile: file } })).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: expect.stringMatching(/odd\.csv, line 52, column 2 \(t\) but received 'none given'/) as string,
    }));
  });
});

test('facts about columns count training rows alone', () => {
  const file = table('facts.csv', ['n,c,d,b,part,t', ...rows(10, (i) => [i === 3 ? '' : i, 'pqr'[i % 3], `2024-01-0${String(1 + (i % 5))}`, i % 2 ? 'yes' : 'no', i < 8 ? 'train' : 'test', i % 2])]);
  const { columns, target, spec, assumed } = planFit({ preset: 'table', keys: { dataFile: file, splitColumn: 'part' } });
  expect(columns).toEqual([
    { name: 'n', kind: 'number', missing: 1 / 8, min: 0, max: 7, mean: 25 / 7 },
    { name: 'c', kind: 'category', missing: 0, categories: [{ name: 'p', share: 3 / 8 }, { name: 'q', share: 3 / 8 }, { name: 'r', share: 2 / 8 }] },
    { name: 'd', kind: 'date', missing: 0, min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2024, 0, 5) / 1000, mean: expect.any(Number) as number },
    { name: 'b', kind: 'boolean', missing: 0, categories: [{ name: 'no', share: 0.5 }, { name: 'yes', share: 0.5 }] },
  ]);
  expect(target).toEqual([{ name: 't', kind: 'classes', missing: 0, categories: [{ name: '0', share: 0.5 }, { name: '1', share: 0.5 }] }]);
  expect(spec).toMatchObject({ restoreBest: false, batchSize: 8 });
  expect(assumed).toContain('there are no validation rows to choose the best epoch by');
});

test('a preset drops the options that a loss has not', () => {
  expect(presetFor('two-layer-wide', 'mse')).not.toHaveProperty('labelSmoothing');
  expect(presetFor('two-layer-wide', 'cross-entropy')).toMatchObject({ labelSmoothing: 0.1, loss: 'cross-entropy' });
});

test('the linear model has the data, the loss and the split of the model that it is held against', () => {
  const file = table('linear.csv', ['a,t', ...rows(40, (i) => [i, i % 2])]);
  const { spec } = planFit({ preset: 'table', keys: { dataFile: file, splitSeed: 5, classWeights: 'balanced', seed: 3 } });
  expect(linearSpec(spec, 32, 2)).toMatchObject({ dataFile: file, splitSeed: 5, stratify: true, classWeights: 'balanced', seed: 3, hidden: [], maxSeconds: 2, epochs: 100, restoreBest: true });
  expect(linearSpec(spec, 1e6, null)).toMatchObject({ epochs: 3, batchSize: 256, maxSeconds: null });
});

describe('scores', () => {
  const spec = (loss: LossName): { loss: LossName; quantiles: number[] } => ({ loss, quantiles: [0.1, 0.5, 0.9] });
  const facts = { name: 'rows', split: 'validation', features: new Float64Array(0), featureSize: 1 } as const;
  const classes: Dataset = { ...facts, size: 4, labels: Int32Array.of(0, 0, 1, 1), classNames: ['a', 'b'] };
  const numbers: Dataset = { ...facts, size: 3, labels: new Int32Array(3), classNames: [], targets: Float64Array.of(1, 2, 6) };

  test('of classes have the errors of a binomial, of the rows and of a bootstrap', () => {
    const { accuracy, logLoss, rocAuc } = score([0.9, 0.1, 0.6, 0.4, 0.7, 0.3, 0.2, 0.8], classes, spec('cross-entropy'));
    expect(accuracy).toEqual({ value: 0.75, error: Math.sqrt((0.75 * 0.25) / 4) });
    const losses = [0.9, 0.6, 0.3, 0.8].map((p) => -Math.log(p));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / 4;
    expect(logLoss!.value).toBeCloseTo(mean, 12);
    expect(logLoss!.error).toBeCloseTo(Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 3 / 4), 12);
    expect(rocAuc!.value).toBe(0.75);
    expect(rocAuc!.error).toBeGreaterThan(0);
  });

  test('of numbers: the mean alone has an R² of 0', () => {
    const { r2, rmse, mae } = scoreConstant(numbers, numbers, spec('mse'));
    expect([r2!.value, rmse!.value, mae!.value]).toEqual([expect.closeTo(0, 12), expect.closeTo(Math.sqrt(14 / 3), 12), 2].map((value) => value as unknown));
    expect(mae!.error).toBeCloseTo(Math.sqrt(1 / 3), 12);
  });

  test('of the shares of classes are the entropy', () => {
    expect(scoreConstant(classes, classes, spec('cross-entropy'))['logLoss']).toEqual({ value: expect.closeTo(Math.log(2), 12) as number, error: 0 });
  });

  test('a bootstrap of a mean has its standard error, and the same at every call', () => {
    const random = new RandomState(1);
    const values = Float64Array.from({ length: 400 }, () => random.gaussian());
    const mean = (weights: ArrayLike<number>): number => values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / values.reduce((sum, _, i) => sum + weights[i]!, 0);
    const first = bootstrapped(400, undefined, mean);
    expect(first).toEqual(bootstrapped(400, undefined, mean));
    expect(first.error / meanWithError(400, undefined, (row) => values[row]!).error).toBeCloseTo(1, 0);
  });

  const random = new RandomState(3);
  const count = 40;
  const draw = (width: number, of: (row: number) => number): Float64Array => Float64Array.from({ length: count * width }, (_, at) => of(Math.floor(at / width)));
  /** Of 40 rows: what they are held against, and predictions. */
  const cases: readonly [LossName, Partial<Dataset>, Float64Array, readonly string[]][] = [
    ['cross-entropy', { labels: Int32Array.from({ length: count }, (_, i) => i % 2), classNames: ['a', 'b'] }, Float64Array.from({ length: 2 * count }, (_, at) => [0.3, 0.7][(at + Number(at % 6 < 2)) % 2]!), ['accuracy', 'logLoss', 'rocAuc']],
    ['bce', { targets: draw(2, (i) => i % 2) }, draw(2, (i) => (i % 3) / 2), ['accuracy', 'logLoss', 'rocAuc']],
    ['quantile', { targets: draw(1, () => random.gaussian()) }, Float64Array.from({ length: 2 * count }, (_, at) => [-1, 1][at % 2]!), ['pinball', 'miscoverage']],
    ['poisson', { targets: draw(1, (i) => i % 4) }, draw(1, (i) => 1 + (i % 3)), ['poissonDeviance', 'rmse', 'mae']],
    ['mae', { targets: draw(2, () => random.gaussian()) }, draw(2, () => random.gaussian()), ['r2', 'rmse', 'mae']],
  ];
  describe.each(cases)('of loss %s', (loss, held, predictions, names) => {
    const told = { loss, quantiles: [0.1, 0.9] };
    const all: Dataset = { ...facts, size: count, labels: new Int32Array(count), classNames: [], ...held };
    const { predicts } = losses[loss];

    test('have errors, and the values that evaluations have', () => {
      const scores = score(predictions, all, told);
      expect(Object.keys(scores)).toEqual(names);
      const known = scorers[predicts].all({ predictions, outputs: predictions.length / count, labels: all.labels, targets: all.targets, levels: told.quantiles });
      for (const [name, { value, error }] of Object.entries(scores)) {
        if (Object.hasOwn(known, name)) expect(value).toBeCloseTo(known[name]!, 12);
        expect(error).toBeGreaterThan(0);
      }
    });

    test('count a row of weight 2 as two, also in what needs no features', () => {
      const weights = Float64Array.from({ length: count }, (_, i) => i % 3);
      const rowsOf = Array.from(weights.keys()).flatMap((i) => Array.from({ length: weights[i]! }, () => i));
      const repeat = (numbers: ArrayLike<number>): Float64Array => Float64Array.from(rowsOf.flatMap((i) => Array.from({ length: numbers.length / count }, (_, j) => numbers[(i * numbers.length) / count + j]!)));
      const twice: Dataset = { ...all, size: rowsOf.length, labels: Int32Array.from(repeat(all.labels)), ...(all.targets && { targets: repeat(all.targets) }) };
      const values = (scores: Scores): number[] => Object.values(scores).map(({ value }) => value);
      expect(values(score(predictions, { ...all, weights }, told))).toEqual(values(score(repeat(predictions), twice, told)).map((value) => expect.closeTo(value, 12) as number));
      expect(values(scoreConstant({ ...all, weights }, all, told))).toEqual(values(scoreConstant(twice, all, told)).map((value) => expect.closeTo(value, 12) as number));
    });
  });

  test('of a mean over rows have the deviation of the rows over the root of their number', () => {
    const targets = Float64Array.of(1, 2, 6);
    const { pinball } = score([0, 4, 0, 4, 0, 4], { ...numbers, targets }, { loss: 'quantile', quantiles: [0.25, 0.75] });
    const own = [1, 2, 6].map((t) => (0.25 * t + (t >= 4 ? 0.75 * (t - 4) : 0.25 * (4 - t))) / 2);
    const mean = own.reduce((sum, one) => sum + one) / 3;
    expect(pinball).toEqual({ value: expect.closeTo(mean, 12) as number, error: expect.closeTo(Math.sqrt(own.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 2 / 3), 12) as number });
  });

  test('rows of weight 2 count as two', () => {
    expect(meanWithError(2, [2, 1], (row) => row).value).toBeCloseTo(1 / 3, 12);
  });
});
