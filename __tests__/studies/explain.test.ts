import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../lib/data/sources';
import type { Dataset } from '../../lib/data/dataset';
import { Model } from '../../lib/inference/model';
import { RandomState } from '../../lib/random';
import { dependenceSvg } from '../../lib/report/dependence';
import { importanceSvg } from '../../lib/report/importance';
import { learningCurveSvg } from '../../lib/report/learningCurve';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { partialDependence } from '../../lib/studies/explain/dependence';
import { permutationImportance } from '../../lib/studies/explain/importance';
import { learningCurveRuns, summariseLearningCurve } from '../../lib/studies/explain/learningCurve';
import { blastrain, jsonLines } from '../support/cli';
import { tinyData, tinySpec } from '../support/data/tinyData';
import { temporaryFolder } from '../support/folder';
import { drive, run } from '../support/run';

const folder = temporaryFolder();
const random = new RandomState(4);
/** `sign` says the class, `noise` and `town` nothing, and `since` is a date with a cell missing here and there. */
const rows = Array.from({ length: 300 }, (_, i) => ({
  noise: (((i * 37) % 300) / 300).toFixed(4), sign: ['a', 'b', 'c'][i % 3]!, town: ['Bern', 'Zug'][Math.floor(2 * random.random())]!,
  since: i % 10 === 0 ? '' : `20${String(10 + Math.floor(9 * random.random()))}-05-01`, class: ['first', 'second', 'third'][i % 3]!,
}));
const file = join(folder, 'signs.csv');
writeFileSync(file, `${Object.keys(rows[0]!).join(',')}\n${rows.map((row) => Object.values(row).join(',')).join('\n')}\n`);
const spec = parseSpec({ data: 'csv', dataFile: file, hidden: [8], batchSize: 20, optimizer: 'adam', learningRate: 0.05, steps: 300, evaluateEvery: 300, validationRows: 90, threads: 1 });
const data = loadData(dataRequest(spec));
const place = RunFolder.create({ runs: folder, name: 'signs' });
drive(runTraining(spec, data, undefined, place));
place.close();
const model = Model.load(place.path);
const validation = data.validation as Dataset;

test('a column that is the label is worth what shuffling it loses, and columns that say nothing are worth nothing', () => {
  const before = Array.from(validation.features);
  const { columns, ...report } = permutationImportance(model, validation, { repeats: 5, seed: 7 });
  expect(report).toEqual({ score: 'accuracy', better: 'higher', baseline: 1, rows: 90, repeats: 5, seed: 7 });
  // The model goes by the sign alone: a row is wrong where its sign comes from a row of another class.
  const draws = new RandomState(7);
  const wrong = Array.from({ length: 5 }, () => {
    const order = draws.permutation(90);
    return Array.from(order).filter((from, to) => validation.labels[from] !== validation.labels[to]).length / 90;
  });
  const mean = wrong.reduce((sum, one) => sum + one, 0) / 5;
  const std = Math.sqrt(wrong.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 4);
  expect(columns[0]).toEqual({ column: 'sign', mean: expect.closeTo(mean, 12) as number, std: expect.closeTo(std, 12) as number });
  expect(columns.slice(1).map(({ column }) => column).sort()).toEqual(['noise', 'since', 'town']);
  for (const one of columns.slice(1)) expect(one).toMatchObject({ mean: 0, std: 0 });
  expect(Array.from(validation.features)).toEqual(before);
});

test('fewer columns have the same importances, and scores that are better when lower rise', () => {
  const all = permutationImportance(model, validation, { score: 'logLoss', repeats: 3 });
  expect(all).toMatchObject({ score: 'logLoss', better: 'lower' });
  expect(all.columns[0]!.mean).toBeGreaterThan(1);
  const some = permutationImportance(model, validation, { score: 'logLoss', repeats: 3, columns: ['town', 'sign'] });
  expect(some.columns).toEqual(all.columns.filter(({ column }) => column === 'town' || column === 'sign'));
  expect(permutationImportance(model, validation, { repeats: 1, columns: ['town'] }).columns[0]).toEqual({ column: 'town', mean: 0, std: NaN });
});

test.each(['sign', 'noise', 'since', 'town'])('the partial dependence of %s is the mean of predictions in which it is replaced', (column) => {
  const { points, outputs, rows: averaged, kind } = partialDependence(model, validation, column, { points: 5 });
  expect({ outputs, averaged, kind }).toEqual({ outputs: ['first', 'second', 'third'], averaged: 90, kind: { sign: 'category', noise: 'number', since: 'date', town: 'category' }[column] });
  expect(points).toHaveLength({ sign: 3, noise: 5, since: 6, town: 2 }[column]!);
  if (column === 'since') expect(points.at(-1)!.value).toBeNull();
  // Rows of the file are in order within a split, and there is one for each of the validation rows.
  const noises = Array.from({ length: 90 }, (_, i) => validation.features[i * 4]!);
  const records = noises.map((noise) => rows.find((row) => Number(row.noise) === noise)!);
  for (const { value, mean } of points) {
    const predicted = model.predict(records.map((record) => ({ ...record, [column]: value })));
    mean.forEach((one, j) => {
      expect(one).toBeCloseTo(predicted.reduce((sum, { probabilities }) => sum + probabilities![j]!, 0) / 90, 6);
    });
  }
  if (column === 'sign') expect(points.map(({ mean }) => mean.indexOf(Math.max(...mean)))).toEqual([0, 1, 2]);
});

test('a partial dependence draws rows where there are many, and features without names go by their numbers', () => {
  const tiny = Model.load(run({}).checkpoint, { name: 'tiny' });
  const [one, again] = [3, 3].map((seed) => partialDependence(tiny, tinyData().validation, '5', { rows: 10, points: 4, seed }));
  expect(one).toEqual(again);
  expect(one).toMatchObject({ column: '5', kind: 'number', rows: 10, outputs: ['a', 'b', 'c'] });
  expect(one!.points.length).toBe(4);
  expect(permutationImportance(tiny, tinyData().validation, { repeats: 1 }).columns).toHaveLength(12);
});

test('of a regression numbers are averaged and errors rise', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `${String(i % 17)},${String((i * 7) % 11)},${String(3 * (i % 17) + 1)}`);
  const numbers = join(folder, 'numbers.csv');
  writeFileSync(numbers, `x,other,y\n${lines.join('\n')}\n`);
  const own = parseSpec({ ...spec, dataFile: numbers, loss: 'mse', targetScaling: 'standardize', hidden: [] });
  const splits = loadData(dataRequest(own));
  const line = Model.load(drive(runTraining(own, splits, 'line')).checkpoint, { name: 'line' });
  const { score, better, columns } = permutationImportance(line, splits.validation, { repeats: 3 });
  expect({ score, better, first: columns[0]!.column }).toEqual({ score: 'loss', better: 'lower', first: 'x' });
  expect(permutationImportance(line, splits.validation, { repeats: 1, score: 'rmse' }).baseline).toBe(line.evaluate(splits.validation).rmse);
  const monitored = parseSpec({ ...own, monitor: 'r2' });
  const explained = Model.load(drive(runTraining(monitored, splits, 'line')).checkpoint, { name: 'line' });
  expect(permutationImportance(explained, splits.validation, { repeats: 1 })).toMatchObject({ score: 'r2', better: 'higher' });
  const { points, outputs } = partialDependence(line, splits.validation, 'x');
  expect(outputs).toEqual(['y']);
  for (const { value, mean } of points) expect(mean[0]).toBeCloseTo(3 * Number(value) + 1, 0);
  expect(dependenceSvg([partialDependence(line, splits.validation, 'x')], 'line')).toMatch(/mean prediction of y over/);
});

test.each<[string, () => unknown, string]>([
  ['another column', () => permutationImportance(model, validation, { columns: ['sing'] }), 'Expected sign for columns but received \'sing\''],
  ['another score', () => permutationImportance(model, validation, { score: 'speed' }), 'Expected accuracy, loss, rmse or the name of a score for score but received \'speed\''],
  ['a score of regressions', () => permutationImportance(model, validation, { score: 'r2' }), 'Expected a score that a model of classes has for score but received \'r2\''],
  ['no shuffle', () => permutationImportance(model, validation, { repeats: 0 }), 'for repeats but received 0'],
  ['one point', () => partialDependence(model, validation, 'noise', { points: 1 }), 'for points but received 1'],
  ['a share of 0', () => learningCurveRuns(spec, data, { shares: [0, 1] }), 'Expected numbers in \\(0, 1\\], in rising order, for shares but received'],
  ['shares that fall', () => learningCurveRuns(spec, data, { shares: [0.5, 0.2] }), 'in rising order'],
  ['no validation rows', () => learningCurveRuns(spec, { ...data, validation: { ...data.validation, size: 0 } }), 'Expected at least one validation row'],
  ['fewer results than runs', () => summariseLearningCurve(learningCurveRuns(spec, data), []), 'Expected one for each of 15 runs for results but received 0'],
])('%s is refused', (_, act, message) => {
  expect(act).toThrow(expect.objectContaining({ name: 'BlastrainError', message: expect.stringMatching(message) as string }));
});

test('a learning curve trains on growing parts of the same rows, each scored on all validation rows', () => {
  const tiny = parseSpec({ ...tinySpec, steps: 10 });
  const runs = learningCurveRuns(tiny, tinyData(), { shares: [0.1, 0.5, 1], repeats: 2 });
  expect(runs.map(({ rows: n, spec: { seed, batchSize } }) => [n, seed, batchSize])).toEqual([[9, 3, 9], [9, 4, 9], [45, 3, 20], [45, 4, 20], [90, 3, 20], [90, 4, 20]]);
  const orderOf = (i: number): number[] => Array.from((runs[i]!.data.train as Dataset).order ?? []);
  expect(orderOf(2)).toEqual(expect.arrayContaining(orderOf(0)));
  expect(orderOf(0)).not.toEqual(orderOf(1));
  const labels = tinyData().train.labels;
  expect(Array.from(runs[0]!.data.train.labels)).toEqual(orderOf(0).map((row) => labels[row]));
  const results = runs.map((one) => drive(runTraining(one.spec, one.data, 'run')).result);
  const curve = summariseLearningCurve(runs, results);
  expect(curve).toMatchObject({ score: 'accuracy', repeats: 2, validationRows: 30 });
  const [first, second] = [results[0]!.valAccuracy!, results[1]!.valAccuracy!];
  expect(curve.points[0]).toMatchObject({ rows: 9, share: 0.1, validation: (first + second) / 2, standardError: expect.closeTo(Math.abs(first - second) / 2, 12) as number });
  expect(learningCurveSvg(curve, 'tiny')).toMatch(/Learning curve of tiny/);
});

test('pictures stay whole with names that are markup, many columns and single shuffles', () => {
  const report = { score: 'accuracy', better: 'higher', baseline: 0.5, rows: 9, repeats: 1, seed: 0, columns: Array.from({ length: 40 }, (_, i) => ({ column: `<${String(i)}> & a long name of a column, longer than there is room`, mean: (20 - i) / 100, std: NaN })) } as const;
  const svg = importanceSvg(report, '<b>');
  expect(svg).toMatch(/and 10 more below these/);
  expect(svg).not.toMatch(/<b>|NaN/);
  const dependence = dependenceSvg(['sign', 'noise', 'since', 'town'].map((column) => partialDependence(model, validation, column)), '<b>');
  expect(dependence).toMatch(/missing/);
  expect(dependence).not.toMatch(/<b>|NaN/);
});

test('the commands print tables and leave their files in the folder of the run', async () => {
  const explained = await blastrain(['explain', 'signs', '--runs', folder, '--repeats', '3']);
  expect(explained).toMatchObject({ status: 0, stderr: '' });
  expect(explained.stdout).toMatch(/^signs: accuracy 1\.000 on 90 validation rows/);
  expect(explained.stdout).toMatch(/sign +0\.\d{4} +0\.\d{4} +\w+ \S+ to \d/);
  for (const line of explained.stdout.split('\n').filter((one) => !one.includes(folder))) expect(line.length).toBeLessThanOrEqual(80);
  expect(JSON.parse(readFileSync(join(place.path, 'explain.json'), 'utf8'))).toMatchObject({ run: 'signs', importance: { repeats: 3 }, dependence: [{ column: 'sign' }, {}, {}, {}] });
  for (const name of ['importance', 'dependence']) expect(readFileSync(join(place.path, `${name}.svg`), 'utf8')).toMatch(/^<svg .*role="img"/);
  const curve = await blastrain(['learning-curve', 'signs', '--set', 'steps=20', '--shares', '0.2,1', '--repeats', '1', '--runs', folder, '--json']);
  expect(curve.status).toBe(0);
  expect(jsonLines(curve.stdout)).toEqual([expect.objectContaining({ type: 'learning-curve', name: 'signs', score: 'accuracy', validationRows: 90 })]);
  expect(readFileSync(join(place.path, 'learning-curve.svg'), 'utf8')).toMatch(/training rows/);
  expect(await blastrain(['explain', 'signs', '--columns', 'nose', '--runs', folder])).toMatchObject({ status: 1, stderr: 'blastrain: Expected noise for columns but received \'nose\' [ERR_CONFIG]\n' });
});
