import { Model } from '../../lib/inference/model';
import type { TrainingData } from '../../lib/build/buildTraining';
import type { Dataset } from '../../lib/data/dataset';
import { RandomState } from '../../lib/random';
import { runTraining } from '../../lib/run/run';
import { parseSpec } from '../../lib/spec/spec';
import { drive } from '../support/run';

const size = 120;
/** Rows of two features; targets of `make`, and weights that leave out the rows whose targets are spoilt. */
function rowsOf(split: 'train' | 'validation', seed: number, make: (a: number, b: number, noise: number) => number[]): Dataset {
  const random = new RandomState(seed);
  const features = Float32Array.from({ length: 2 * size }, () => random.gaussian());
  const all = Array.from({ length: size }, (_, i) => make(features[2 * i]!, features[2 * i + 1]!, random.gaussian()));
  return { name: 'made', split, features, targets: Float64Array.from(all.flat()), targetNames: all[0]!.map((_, j) => `t${String(j)}`), labels: new Int32Array(size), size, featureSize: 2, classNames: [] };
}
const dataOf = (make: (a: number, b: number, noise: number) => number[]): TrainingData =>
  ({ train: rowsOf('train', 1, make), validation: rowsOf('validation', 2, make), origin: { name: 'made', description: 'made', digest: 'd'.repeat(64) } });
const base = { hidden: [8], optimizer: 'adam', learningRate: 0.02, batchSize: 20, steps: 150, evaluateEvery: 50, threads: 1, health: false };
const far = dataOf((a, b, noise) => [1000 + 100 * a + 10 * noise, b]);

test('no event of a regression has an accuracy, and its errors are in the units of the data', () => {
  const { events, result, checkpoint } = drive(runTraining(parseSpec({ ...base, loss: 'huber', targetScaling: 'standardize' }), far, 'run'));
  expect(JSON.stringify(events)).not.toMatch(/ccuracy|null/);
  expect(result.valRmse).toBeGreaterThan(1);
  expect(result.valRmse).toBeLessThan(60);
  expect(result.monitored).toMatchObject({ metric: 'loss', better: 'lower' });
  expect(Model.load(checkpoint, { name: 'm' }).outputNames).toEqual(['t0', 't1']);
});

test('labels: probabilities, the names of those that apply, and their scores', () => {
  const data = dataOf((a, b) => [a > 0 ? 1 : 0, b > 0 ? 1 : 0, a + b > 1 ? 1 : 0]);
  const { events, result, checkpoint } = drive(runTraining(parseSpec({ ...base, loss: 'bce', monitor: 'f1', restoreBest: true }), data, 'run'));
  const model = Model.load(checkpoint, { name: 'm' });
  expect(result.valAccuracy).toBeGreaterThan(0.7);
  expect(result.monitored).toMatchObject({ metric: 'f1', better: 'higher' });
  const values = events.flatMap((event) => (event.type === 'evaluation' ? [event.monitored!.value] : []));
  expect(result.monitored!.best).toBe(Math.max(...values));
  expect(model.predict([2, 2, -2, -2]).map(({ labels }) => labels)).toEqual([['t0', 't1', 't2'], []]);
  expect(model.evaluateRegression(data.validation).scores).toMatchObject({ f1: result.monitored!.value });
  expect(model.predict([1, 1])[0]!.probabilities).toEqual(Array.from(model.outputs([1, 1])));
  expect(() => model.classify([1, 1])).toThrow('Expected a model of classes for classify but received \'a regression\'');
  const odd = { ...data, train: { ...data.train, targets: Float64Array.from(data.train.targets!).fill(2, 4, 5) } } as TrainingData;
  expect(() => drive(runTraining(parseSpec({ ...base, loss: 'bce' }), odd, 'run'))).toThrow('Expected 0 or 1, as loss bce has it, for made, train row 1, target t1, but received 2');
});

test('quantiles are in the units of the data, each with its name', () => {
  const { checkpoint } = drive(runTraining(parseSpec({ ...base, steps: 400, loss: 'quantile', quantiles: [0.1, 0.9], targetScaling: 'standardize', monitor: 'pinball' }), far, 'run'));
  const model = Model.load(checkpoint, { name: 'm' });
  expect(model.outputNames).toEqual(['t0 q0.1', 't0 q0.9', 't1 q0.1', 't1 q0.9']);
  const [low, high] = model.outputs([0, 0]);
  expect([low! > 900, low! < high!, high! < 1100]).toEqual([true, true, true]);
});

test('rates of counts', () => {
  const data = dataOf((a) => [Math.round(Math.exp(1 + a))]);
  const { checkpoint, result } = drive(runTraining(parseSpec({ ...base, loss: 'poisson', monitor: 'poissonDeviance' }), data, 'run'));
  expect(Model.load(checkpoint, { name: 'm' }).outputs([0, 0])[0]).toBeCloseTo(Math.E, -0.5);
  expect(result.valRmse).toBeLessThan(10);
});

test('rows of weight 0 change neither a training nor its scores, whatever their targets', () => {
  const spoil = (rows: Dataset, by: number): Dataset => {
    const targets = Float64Array.from(rows.targets!);
    const weights = new Float64Array(size).fill(1);
    for (let i = 0; i < size; i += 3) [targets[2 * i], weights[i]] = [targets[2 * i]! + by, 0];
    return { ...rows, targets, weights };
  };
  const run = (by: number): object => {
    const data = { ...far, train: spoil(far.train as Dataset, by), validation: spoil(far.validation as Dataset, by) };
    const { result: { parametersDigest, valRmse, valLoss } } = drive(runTraining(parseSpec({ ...base, loss: 'mse', steps: 20, learningRate: 0.001 }), data, 'run'));
    return { parametersDigest, valRmse, valLoss };
  };
  expect(run(1)).toEqual(run(1e6));
});

test.each<[Record<string, unknown>, string]>([
  [{ loss: 'poisson', targetScaling: 'standardize' }, 'targetScaling'], [{ loss: 'mse', monitor: 'accuracy' }, 'monitor'], [{ monitor: 'r2' }, 'monitor'],
  [{ minDelta: 0.1 }, 'minDelta'], [{ loss: 'mse', quantiles: [0.5] }, 'quantiles'], [{ loss: 'mae', huberDelta: 2 }, 'huberDelta'], [{ monitor: 'no' }, 'monitor'],
])('%j is refused', (keys, path) => {
  expect(() => parseSpec({ steps: 1, ...keys })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: expect.objectContaining({ path }) as object }));
});
