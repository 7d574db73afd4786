import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassExamination, LabelExamination, NumberExamination } from '../../lib/dashboard/api';
import { examineRun } from '../../lib/dashboard/examine';
import { Examiner } from '../../lib/dashboard/examiner';
import { loadData } from '../../lib/data/sources';
import type { Dataset } from '../../lib/data/dataset';
import { Model } from '../../lib/inference/model';
import { evaluateRun } from '../../lib/inference/evaluateRun';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { temporaryFolder } from '../support/folder';
import { drive } from '../support/run';

const runs = temporaryFolder();
const spec = parseSpec({ data: 'synthetic', trainRows: 400, validationRows: 150, testRows: 50, layers: [3072, 20, 10], learningRate: 0.03, momentum: 0.9, steps: 30, batchSize: 50, threads: 1 });
const data = loadData(dataRequest(spec));
const place = RunFolder.create({ runs, name: 'learnt' });
drive(runTraining(spec, data, 'learnt', place));
place.close();

/** Of a run of classes. */
const examineClasses = (): ClassExamination => examineRun(place.path, 'learnt') as ClassExamination;

test('the scores are those of evaluate, on the validation rows', () => {
  const { confusion, classes, accuracy, loss, rows, step } = examineClasses();
  const evaluation = evaluateRun(place.path, 'learnt', 'validation');
  expect({ confusion, classes, accuracy, loss, rows }).toEqual({
    confusion: evaluation.confusion, classes: evaluation.classes, accuracy: evaluation.accuracy, loss: evaluation.loss, rows: 150,
  });
  expect(step).toBe(30);
});

test('every example is a validation row of its cell, with its picture', () => {
  const { shown, examples, confusion, imageShape } = examineClasses();
  expect(imageShape).toEqual({ channels: 3, height: 32, width: 32 });
  const { features, labels } = data.validation as Dataset;
  for (const { row, label, pixels } of shown) {
    expect(label).toBe(labels[row]);
    expect(Buffer.from(pixels!, 'base64')).toEqual(Buffer.from(features.subarray(row * 3072, (row + 1) * 3072) as Uint8Array));
  }
  confusion.forEach((cells, label) => {
    cells.forEach((count, prediction) => {
      const places = examples[`${String(label)}-${String(prediction)}`] ?? [];
      expect(places).toHaveLength(Math.min(4, count));
      for (const at of places) expect(shown[at]).toMatchObject({ label, prediction });
    });
  });
});

test('the worst mistakes come first, and probabilities fall', () => {
  const { shown, worst, accuracy } = examineClasses();
  expect(accuracy).toBeLessThan(1);
  const given = worst.map((at) => shown[at]!).map(({ label, prediction, probabilities }) => {
    expect(prediction).not.toBe(label);
    expect(probabilities[0]!.label).toBe(prediction);
    expect([...probabilities].sort((a, b) => b.probability - a.probability)).toEqual(probabilities);
    return probabilities.find((one) => one.label === label)!.probability;
  });
  expect([...given].sort((a, b) => a - b)).toEqual(given);
});

test('a regression has its scores, and each target beside its predictions', () => {
  const folder = RunFolder.create({ runs, name: 'regression' });
  const file = join(runs, 'table.csv');
  writeFileSync(file, `a,b,y,z\n${Array.from({ length: 40 }, (_, i) => `${String(i)},${String(i % 3)},${String(2 * i)}.5,${String(i % 3)}`).join('\n')}\n`);
  const numbers = parseSpec({ data: 'csv', dataFile: file, target: 'y,z', loss: 'mse', layers: [2, 2], steps: 3, batchSize: 4, validationRows: 8 });
  const rows = loadData(dataRequest(numbers));
  drive(runTraining(numbers, rows, 'regression', folder));
  folder.close();
  const examination = examineRun(folder.path, 'regression');
  const evaluation = evaluateRun(folder.path, 'regression', 'validation');
  expect(examination).toMatchObject({ of: 'numbers', rows: 8, loss: evaluation.loss });
  const { scores, targets } = examination as NumberExamination;
  expect(scores.slice(0, 2)).toEqual([
    { title: 'root mean squared error', value: evaluation.rmse, isShare: false }, { title: 'R²', value: evaluation.scores!['r2'], isShare: false },
  ]);
  expect(targets.map(({ name }) => name)).toEqual(['y', 'z']);
  const { targets: actual } = rows.validation as Dataset;
  expect(targets[1]!.pairs.map(([row, is]) => [row, is])).toEqual(Array.from({ length: 8 }, (_, row) => [row, actual![2 * row + 1]]));
  const mse = targets[0]!.pairs.reduce((sum, [, is, predicted]) => sum + (is - predicted) ** 2, 0) / 8;
  expect(targets[0]!.rmse).toBeCloseTo(Math.sqrt(mse), 9);
  expect((targets[0]!.r2 + targets[1]!.r2) / 2).toBeCloseTo(evaluation.scores!['r2']!, 5);
});

test('a model of labels has scores of each', () => {
  const folder = RunFolder.create({ runs, name: 'labels' });
  const file = join(runs, 'labels.csv');
  writeFileSync(file, `a,b,y,z\n${Array.from({ length: 40 }, (_, i) => `${String(i)},${String(i % 3)},${String(i % 2)},${String(i > 20 ? 1 : 0)}`).join('\n')}\n`);
  const labels = parseSpec({ data: 'csv', dataFile: file, target: 'y,z', loss: 'bce', layers: [2, 2], steps: 30, learningRate: 0.1, batchSize: 8, validationRows: 10 });
  const rows = loadData(dataRequest(labels));
  drive(runTraining(labels, rows, 'labels', folder));
  folder.close();
  const examination = examineRun(folder.path, 'labels') as LabelExamination;
  const { targets } = rows.validation as Dataset;
  const model = Model.load(folder.path);
  const outputs = model.outputs(rows.validation);
  const count = (holds: (row: number) => boolean): number => Array.from({ length: 10 }, (_, row) => row).filter(holds).length;
  const given = count((row) => outputs[2 * row + 1]! >= 0.5);
  const right = count((row) => outputs[2 * row + 1]! >= 0.5 && targets![2 * row + 1] === 1);
  expect(examination).toMatchObject({ of: 'labels', rows: 10, labels: [{ name: 'y' }, { name: 'z', support: count((row) => targets![2 * row + 1] === 1), given, precision: right / given }] });
  expect(examination.scores.map(({ title }) => title)).toEqual(expect.arrayContaining(['rows with all labels right', 'accuracy by label', 'F1']));
});

describe('in a process of its own', () => {
  const examiner = new Examiner();

  test('the result is the same, and a model that has not changed is not examined again', async () => {
    const examination = await examiner.examine(place.path, 'learnt');
    // Another number of threads may round otherwise.
    const { run, step, rows, confusion, worst } = examineClasses();
    expect(examination).toMatchObject({ run, step, rows, confusion, worst });
    expect(await examiner.examine(place.path, 'learnt')).toBe(examination);
    utimesSync(join(place.path, 'checkpoint.safetensors'), 1, 1);
    expect(await examiner.examine(place.path, 'learnt')).not.toBe(examination);
  });

  test('what goes wrong there is told, and tried again', async () => {
    const folder = RunFolder.create({ runs, name: 'broken' });
    folder.writeSpec(spec);
    await expect(examiner.examine(folder.path, 'broken')).rejects.toMatchObject({ code: 'ERR_CHECKPOINT', message: expect.stringContaining('none yet') });
    folder.writeCheckpoint([Buffer.from('torn')]);
    await expect(examiner.examine(folder.path, 'broken')).rejects.toMatchObject({ code: 'ERR_CHECKPOINT' });
    await expect(examiner.examine(folder.path, 'broken')).rejects.toMatchObject({ code: 'ERR_CHECKPOINT' });
    folder.close();
  });

  test('a checkpoint that is no plain file is not read', async () => {
    mkdirSync(join(runs, 'odd', 'checkpoint.safetensors'), { recursive: true });
    writeFileSync(join(runs, 'odd', 'spec.json'), '{}');
    await expect(examiner.examine(join(runs, 'odd'), 'odd')).rejects.toMatchObject({ code: 'ERR_CHECKPOINT' });
    rmSync(join(runs, 'odd'), { recursive: true });
  });

  test('an examination ends with the examiner', async () => {
    const ended = new Examiner();
    utimesSync(join(place.path, 'checkpoint.safetensors'), 2, 2);
    const examination = ended.examine(place.path, 'learnt');
    setTimeout(() => {
      ended.close();
    }, 50);
    await expect(examination).rejects.toMatchObject({ code: 'ERR_WORKER' });
  });
});
