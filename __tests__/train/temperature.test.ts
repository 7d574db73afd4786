import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { RunFolder, modelFile } from '../../lib/runFolder/runFolder';
import { renderScores } from '../../lib/cli/scores';
import { loadData } from '../../lib/data/sources';
import { evaluateRun, readEvaluations } from '../../lib/inference/evaluateRun';
import { runTraining } from '../../lib/run/run';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { applyTemperature, fitTemperature, logLossAt } from '../../lib/train/temperature';
import { writeFlowers } from '../support/data/flowers';
import { tinyData, tinySpec } from '../support/data/tinyData';
import { temporaryFolder } from '../support/folder';
import { drive, resume, run, withoutTimes } from '../support/run';

/** Made by golden/temperature.py with SciPy. */
const { cases } = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'temperature.json'), 'utf8')) as {
  cases: { classes: number; probabilities: number[]; labels: number[]; temperature: number; loss: number; calibrated: number[] }[];
};

test.each(cases)('the temperature of $classes classes is the minimiser that SciPy finds', ({ classes, probabilities, labels, temperature, loss, calibrated }) => {
  const fitted = fitTemperature(Float64Array.from(probabilities), labels, classes);
  expect(fitted).toEqual({ temperature: expect.closeTo(temperature, 5) as number });
  expect(logLossAt(fitted.temperature, labels.length, Float64Array.from(probabilities), labels, classes) / labels.length).toBeCloseTo(loss, 12);
  const own = Float64Array.from(probabilities);
  applyTemperature(own, classes, temperature);
  own.forEach((p, i) => { expect(p).toBeCloseTo(calibrated[i]!, 12); });
  // In float32 to its rounding.
  expect(fitTemperature(Float32Array.from(probabilities), labels, classes).temperature / temperature).toBeCloseTo(1, 5);
});

const rows = (n: number, row: (i: number) => readonly number[]): Float64Array => Float64Array.from(Array.from({ length: n }, (_, i) => row(i)).flat());
const alternating = (n: number): number[] => Array.from({ length: n }, (_, i) => i % 2);

test.each<[string, RegExp, Float64Array, number[]]>([
  ['fewer than 20 rows', /^there are 19 validation rows/, rows(19, () => [0.7, 0.3]), alternating(19)],
  ['rows of one class', /one class/, rows(30, () => [0.7, 0.3]), alternating(30).fill(1)],
  ['equal probabilities', /chance/, rows(30, () => [0.5, 0.5]), alternating(30)],
  ['predictions that are worse than these', /chance/, rows(30, (i) => (i % 2 === 0 ? [0.2, 0.8] : [0.9, 0.1])), alternating(30)],
])('the temperature of %s is 1, and the reason is given', (_, reason, probabilities, labels) => {
  expect(fitTemperature(probabilities, labels, 2)).toEqual({ temperature: 1, reason: expect.stringMatching(reason) as string });
});

test('where all rows are right labels count for a little less than 1', () => {
  // Of two classes with the same certainty everywhere the best probability of the label is the share it counts for: 1 − ε/2.
  const n = 39;
  const { temperature } = fitTemperature(rows(n, (i) => (i % 2 === 0 ? [0.9, 0.1] : [0.1, 0.9])), alternating(n), 2);
  const best = 1 - 1 / (n + 1) / 2;
  expect(temperature).toBeCloseTo(Math.log(9) / Math.log(best / (1 - best)), 10);
});

test('probabilities of 0 stay in order and give finite losses', () => {
  for (const type of [Float32Array, Float64Array]) {
    const p = type.from([1, 0, 0, 0.4, 0.6, 0]);
    applyTemperature(p, 3, 2);
    expect(p.every(Number.isFinite)).toBe(true);
    expect(p[0]! + p[1]! + p[2]!).toBeCloseTo(1, 6);
    expect(Number.isFinite(logLossAt(2, 1, type.from([1, 0, 0]), [1], 3))).toBe(true);
  }
});

const folder = temporaryFolder();
/** Smoothed labels leave a net less sure than it is right, which a temperature below 1 mends. */
const spec = { calibration: 'temperature', labelSmoothing: 0.3, loss: 'cross-entropy' } as const;

describe.each([['the last', {}], ['the best', { restoreBest: true }], ['an averaged', { emaDecay: 0.9 }]])('a run with a temperature for %s model', (name, changes) => {
  const place = RunFolder.create({ runs: folder, name: name.replace(' ', '-') });
  const whole = run({ ...spec, ...changes }, { place });
  place.close();
  const { result } = whole;
  const plain = run({ ...spec, ...changes, calibration: 'none' });
  const model = Model.load(modelFile(place.path));
  const { validation } = tinyData();

  test('has the parameters and evaluations of one without', () => {
    expect(result.parametersDigest).toBe(plain.result.parametersDigest);
    const evaluations = ({ events }: typeof whole): unknown[] => withoutTimes(events.filter(({ type }) => type === 'evaluation'));
    expect(evaluations(whole)).toEqual(evaluations(plain));
    expect(result.uncalibratedValLoss).toBe(plain.result.valLoss);
    expect(result.valAccuracy).toBe(plain.result.valAccuracy);
    expect(result.temperature).toBeLessThan(1);
    expect(result.valLoss).toBeLessThan(result.uncalibratedValLoss!);
  });

  test('keeps it in the file of the model, which applies it', () => {
    expect(model.temperature).toBe(result.temperature);
    expect(Model.load(whole.checkpoint, { name: 'bytes' }).temperature).toBe(result.temperature);
    expect(model.evaluate(validation).loss).toBeCloseTo(result.valLoss, 6);
    const wanted = Model.load(plain.checkpoint, { name: 'plain' }).outputs(validation).slice();
    applyTemperature(wanted, 3, result.temperature!);
    expect(Array.from(model.outputs(validation))).toEqual(Array.from(wanted));
    const rowsOf = model.predict(validation.features);
    rowsOf.forEach(({ probabilities }, i) => { expect(probabilities).toEqual(Array.from(wanted.subarray(3 * i, 3 * i + 3))); });
    const { temperature, uncalibrated, scores, loss } = model.evaluateInDetail(validation);
    expect(temperature).toBe(result.temperature);
    expect(uncalibrated!.logLoss).toBeGreaterThan(scores.logLoss);
    expect(uncalibrated!.loss).toBeCloseTo(result.uncalibratedValLoss!, 6);
    expect(loss).toBeCloseTo(result.valLoss, 6);
  });

  if (name === 'an averaged') return;
  test('goes on to the bit, from its end and from before it', () => {
    const longer = RunFolder.create({ runs: folder, name: `${place.name}-longer` });
    const wanted = run({ ...spec, ...changes, steps: 60 }, { place: longer });
    longer.close();
    const again = resume(place.path, { steps: 60 });
    expect(withoutTimes([again.result])).toEqual(withoutTimes([{ ...wanted.result, run: again.result.run }]));
    const same = resume(longer.path);
    expect(withoutTimes([same.result])).toEqual(withoutTimes([{ ...wanted.result, run: same.result.run }]));
    expect(Model.load(modelFile(longer.path)).temperature).toBe(wanted.result.temperature);
  });
});

test('too few validation rows are said, and leave probabilities as they are', () => {
  const { events, result, checkpoint } = run(spec, { data: tinyData(90, 15) });
  expect(events.find(({ type }) => type === 'warning')).toMatchObject({ code: 'NO_CALIBRATION', message: expect.stringMatching(/there are 15 validation rows/) as string });
  expect(result.temperature).toBeUndefined();
  expect(Model.load(checkpoint, { name: 'model' }).temperature).toBe(1);
});

test.each([['mse', { loss: 'mse' }], ['no validation rows', {}]])('a temperature with %s is refused', (name, changes) => {
  const refused = (): unknown => (name === 'mse' ? parseSpec({ ...tinySpec, ...spec, labelSmoothing: 0, ...changes }) : run(spec, { data: tinyData(90, 0) }));
  expect(refused).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'calibration' } }));
});

test('the evaluation of a run holds, and says, what the probabilities score with it and without', () => {
  const flowers = parseSpec({
    data: 'csv', dataFile: writeFlowers(folder), hidden: [8], batchSize: 20, steps: 60, evaluateEvery: 60, validationRows: 45, learningRate: 0.1, labelSmoothing: 0.3,
    calibration: 'temperature', threads: 1,
  });
  const place = RunFolder.create({ runs: folder, name: 'flowers' });
  drive(runTraining(flowers, loadData(dataRequest(flowers)), undefined, place));
  place.close();
  const evaluation = evaluateRun(place.path, 'flowers', 'validation');
  expect(readEvaluations(place.path).validation).toEqual(JSON.parse(JSON.stringify(evaluation)));
  expect(evaluation.uncalibrated!.logLoss).toBeGreaterThan(evaluation.scores!['logLoss']!);
  expect(renderScores(evaluation, 'validation rows', { isTTY: false, columns: 80, colour: false, unicode: true })).toMatch(/calibrated by the temperature 0\.\d+; without it log\s+loss/);
});

test('a row of weight 2 counts as two, one of weight 0 not at all', () => {
  const labels = Int32Array.from({ length: 90 }, (_, i) => (i * 7) % 3);
  const probabilities = Float64Array.from({ length: 270 }, (_, at) => [0.6, 0.3, 0.1][(at + (Math.floor(at / 3) % 4)) % 3]!);
  const weights = Float64Array.from({ length: 90 }, (_, i) => i % 3);
  const repeated = Array.from(weights.keys()).flatMap((i) => Array.from({ length: weights[i]! }, () => i));
  const direct = fitTemperature(Float64Array.from(repeated.flatMap((i) => Array.from(probabilities.subarray(3 * i, 3 * i + 3)))), repeated.map((i) => labels[i]!), 3);
  const { temperature } = fitTemperature(probabilities, labels, 3, weights);
  expect(temperature / direct.temperature).toBeCloseTo(1, 12);
  expect(temperature / fitTemperature(probabilities, labels, 3).temperature).not.toBeCloseTo(1, 3);
  expect(fitTemperature(probabilities, labels, 3, weights.map((weight) => weight / 1000)).temperature / temperature).toBeCloseTo(1, 12);
  expect(fitTemperature(probabilities, labels, 3, weights.map((_, i) => Number(i < 19)))).toEqual({ temperature: 1, reason: 'there are 19 validation rows, and a temperature takes 20' });
});
