import { Model } from '../../lib/inference/model';
import type { TrainingData } from '../../lib/build/buildTraining';
import type { Dataset } from '../../lib/data/dataset';
import { fitTargetScale, scaleTarget, unscale } from '../../lib/data/targetScale';
import { RandomState } from '../../lib/random';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { parseSpec } from '../../lib/spec/spec';
import { backends } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { drive, resume, withoutTimes } from '../support/run';

const runs = temporaryFolder();
let count = 0;

/** Two numbers to predict, in units of a hundred thousand and of a thousandth. */
function prices(split: 'train' | 'validation', seed: number): Dataset {
  const random = new RandomState(seed);
  const size = 200;
  const features = Float32Array.from({ length: 3 * size }, () => random.gaussian());
  const targets = new Float64Array(2 * size);
  for (let i = 0; i < size; i++) {
    const [a, b, c] = features.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    targets[2 * i] = 3e5 + 1e5 * (a - 0.5 * b);
    targets[2 * i + 1] = 1e-3 * (c + 2);
  }
  return { name: 'prices', split, features, targets, labels: new Int32Array(size), size, featureSize: 3, classNames: [] };
}
const data: TrainingData = { train: prices('train', 1), validation: prices('validation', 2), origin: { name: 'prices', description: 'prices', digest: 'd'.repeat(64) } };
const spec = { layers: [3, 16, 2], loss: 'mse', targetScaling: 'standardize', optimizer: 'adam', learningRate: 0.02, batchSize: 20, steps: 300, evaluateEvery: 50, threads: 1 };

test('the scale is mean and standard deviation of the training rows, and its inverse', () => {
  const targets = Float64Array.of(1, 5, 3, 5, 5, 5);
  const scale = fitTargetScale({ ...data.train, targets, size: 3 }, 'standardize');
  expect(scale.mean).toEqual([3, 5]);
  expect(scale.std[0]).toBeCloseTo(Math.sqrt(8 / 3), 14);
  expect(scale.std[1]).toBe(1); // constant: in its own unit
  const outputs = Float64Array.of(-1, 0, 0, 0, 1, 2);
  unscale(outputs, scale);
  [3 - Math.sqrt(8 / 3), 5, 3, 5, 3 + Math.sqrt(8 / 3), 7].forEach((wanted, at) => { expect(outputs[at]).toBeCloseTo(wanted, 12); });
  expect(() => fitTargetScale({ ...data.train, split: 'validation' }, 'standardize')).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
});

test.each(['standardize', 'log'] as const)('%s takes a row of weight 2 for two', (kind) => {
  const targets = Float64Array.from({ length: 2 * 1500 }, (_, at) => 1 + ((at * at) % 23));
  const weights = Float64Array.from({ length: 1500 }, (_, i) => i % 3);
  const repeated = Float64Array.from(Array.from(weights.keys()).flatMap((i) => Array.from({ length: weights[i]! }, () => [targets[2 * i]!, targets[2 * i + 1]!]).flat()));
  const scale = fitTargetScale({ ...data.train, targets, weights, size: 1500 }, kind);
  const direct = fitTargetScale({ ...data.train, targets: repeated, size: repeated.length / 2 }, kind);
  for (const part of ['mean', 'std'] as const) scale[part].forEach((value, j) => { expect(value).toBeCloseTo(direct[part][j]!, 12); });
  expect(scale.mean[0]).not.toBeCloseTo(fitTargetScale({ ...data.train, targets, size: 1500 }, kind).mean[0]!, 4);
});

describe.each(backends)('a regression on scaled targets, on %s kernels', (backend) => {
  const parsed = parseSpec({ ...spec, backend });

  test('learns numbers of any size; its predictions and errors are in the units of the data', () => {
    const { checkpoint, result } = drive(runTraining(parsed, data, 'run'));
    const model = Model.load(checkpoint, { name: 'model' });
    const { features, targets } = data.validation as Dataset;
    const predictions = model.outputs(features);
    for (const j of [0, 1]) {
      const column = (numbers: ArrayLike<number>): number[] => Array.from({ length: numbers.length / 2 }, (_, i) => numbers[2 * i + j]!);
      const [truth, said] = [column(targets!), column(predictions)];
      const mean = truth.reduce((sum, t) => sum + t, 0) / truth.length;
      const errors = truth.reduce((sum, t, i) => sum + (t - said[i]!) ** 2, 0);
      expect(1 - errors / truth.reduce((sum, t) => sum + (t - mean) ** 2, 0)).toBeGreaterThan(0.97);
    }
    const squares = Array.from(predictions).reduce((sum, p, at) => sum + (p - targets![at]!) ** 2, 0);
    const { rmse } = model.evaluate(data.validation);
    expect(rmse! / Math.sqrt(squares / predictions.length)).toBeCloseTo(1, 4);
    expect(result.valRmse! / rmse!).toBeCloseTo(1, 5);
  });

  test('goes on to the bit', () => {
    const place = (name: string): RunFolder => RunFolder.create({ runs, name: `${name}${String(++count)}` });
    const [whole, killed] = [place('whole'), place('killed')];
    const wanted = drive(runTraining(parsed, data, 'run', whole));
    whole.close();
    const training = runTraining(parsed, data, 'run', killed);
    for (let i = 0; i < 120; i++) training.next();
    killed.close();
    expect(withoutTimes([resume(killed.path, {}, { data }).result])).toEqual(withoutTimes([wanted.result]));
  });
});

test('without it such targets are not learned', () => {
  const { result } = drive(runTraining(parseSpec({ ...spec, targetScaling: 'none' }), data, 'run'));
  expect(result.valRmse!).toBeGreaterThan(1e5);
});

test('classes have nothing to scale', () => {
  expect(() => parseSpec({ steps: 1, targetScaling: 'standardize' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'targetScaling' } }));
});

test('a target that overflows once scaled is refused by row', () => {
  const validation = { ...data.validation, targets: Float64Array.from((data.validation as Dataset).targets!).fill(1e300, 6, 7) } as Dataset;
  expect(() => drive(runTraining(parseSpec(spec), { ...data, validation }, 'run'))).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ row: 3 }) as object }));
});

describe('targetScaling=log', () => {
  const skewed = (rows: Dataset, zero: boolean): Dataset => {
    const targets = Float64Array.from({ length: rows.size }, (_, i) => Math.exp(6 + 2 * (rows.features[3 * i]! - 0.5 * rows.features[3 * i + 1]!)));
    if (zero) targets[1] = 0;
    return { ...rows, targets };
  };
  const of = (zero: boolean): TrainingData => ({ ...data, train: skewed(data.train as Dataset, zero), validation: skewed(data.validation as Dataset, false) });
  const logSpec = parseSpec({ ...spec, layers: [3, 16, 1], targetScaling: 'log' });

  test.each([['log t where all are positive', false], ['log(1 + t) where some are 0', true]])('trains on %s, and predicts in the units of the data', (_, zero) => {
    const rows = of(zero);
    const { targets } = rows.train as { targets: Float64Array };
    const log = zero ? Math.log1p : Math.log;
    const scale = fitTargetScale(rows.train, 'log');
    expect(scale.logs).toEqual([zero ? 'log1p' : 'log']);
    const logs = Array.from(targets, log);
    expect(scale.mean[0]).toBeCloseTo(logs.reduce((sum, t) => sum + t, 0) / logs.length, 12);
    const back = Float64Array.from(targets, (target) => scaleTarget(target, 0, scale));
    unscale(back, scale);
    back.forEach((value, i) => { expect(value).toBeCloseTo(targets[i]!, 6); });

    const { checkpoint, result } = drive(runTraining(logSpec, rows, 'run'));
    const model = Model.load(checkpoint, { name: 'model' });
    const { features, targets: truth } = rows.validation as Dataset;
    const predictions = model.outputs(features);
    const errors = Array.from(truth!, (target, i) => Math.abs(log(predictions[i]!) - log(target)));
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.2);
    const rmse = Math.sqrt(Array.from(truth!).reduce((sum, target, i) => sum + (target - predictions[i]!) ** 2, 0) / truth!.length);
    expect(model.evaluate(rows.validation).rmse! / rmse).toBeCloseTo(1, 3);
    expect(result.valRmse! / rmse).toBeCloseTo(1, 3);
  });

  test.each<[string, 'train' | 'validation', number, RegExp]>([
    ['a negative training row', 'train', -2, /^Expected a target of 0 or more, as targetScaling=log takes its logarithm \(standardize takes any\), for prices, train row 5, target 0, but received '?-2/],
    ['a negative validation row', 'validation', -2, /validation row 5, target 0/],
    ['a validation row of 0 where no training row has one', 'validation', 0, /^Expected a target above 0, as all of the training rows, for prices, validation row 5/],
    ['a target that is none', 'train', NaN, /^Expected a finite target for prices, train row 5/],
  ])('refuses %s', (_, split, target, message) => {
    const rows = of(false);
    const odd = { ...rows, [split]: { ...rows[split], targets: Float64Array.from(rows[split].targets!).fill(target, 5, 6) } };
    expect(() => drive(runTraining(logSpec, odd, 'run'))).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string, details: expect.objectContaining({ row: 5 }) as object }));
  });
});
