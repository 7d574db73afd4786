import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineRun } from '../../lib/dashboard/examine';
import { Examiner } from '../../lib/dashboard/examiner';
import { loadData } from '../../lib/data/sources';
import type { Dataset } from '../../lib/data/dataset';
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

test('the scores are those of evaluate, on the validation rows', () => {
  const { confusion, classes, accuracy, loss, rows, step } = examineRun(place.path, 'learnt');
  const evaluation = evaluateRun(place.path, 'learnt', 'validation');
  expect({ confusion, classes, accuracy, loss, rows }).toEqual({
    confusion: evaluation.confusion, classes: evaluation.classes, accuracy: evaluation.accuracy, loss: evaluation.loss, rows: 150,
  });
  expect(step).toBe(30);
});

test('every example is a validation row of its cell, with its picture', () => {
  const { shown, examples, confusion, imageShape } = examineRun(place.path, 'learnt');
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
  const { shown, worst, accuracy } = examineRun(place.path, 'learnt');
  expect(accuracy).toBeLessThan(1);
  const given = worst.map((at) => shown[at]!).map(({ label, prediction, probabilities }) => {
    expect(prediction).not.toBe(label);
    expect(probabilities[0]!.label).toBe(prediction);
    expect([...probabilities].sort((a, b) => b.probability - a.probability)).toEqual(probabilities);
    return probabilities.find((one) => one.label === label)!.probability;
  });
  expect([...given].sort((a, b) => a - b)).toEqual(given);
});

test('a regression has no confusion matrix', () => {
  const folder = RunFolder.create({ runs, name: 'regression' });
  const file = join(runs, 'table.csv');
  writeFileSync(file, `a,b,y\n${Array.from({ length: 40 }, (_, i) => `${String(i)},${String(i % 3)},${String(2 * i)}.5`).join('\n')}\n`);
  const numbers = parseSpec({ data: 'csv', dataFile: file, loss: 'mse', layers: [2, 1], steps: 3, batchSize: 4 });
  drive(runTraining(numbers, loadData(dataRequest(numbers)), 'regression', folder));
  folder.close();
  expect(() => examineRun(folder.path, 'regression')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

describe('in a process of its own', () => {
  const examiner = new Examiner();

  test('the result is the same, and a model that has not changed is not examined again', async () => {
    const examination = await examiner.examine(place.path, 'learnt');
    // Another number of threads may round otherwise.
    const { run, step, rows, confusion, worst } = examineRun(place.path, 'learnt');
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
