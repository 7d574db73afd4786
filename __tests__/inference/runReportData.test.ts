import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runReportData } from '../../lib/inference/runReportData';
import type { RunData } from '../../lib/inference/runReportData';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { testRun } from '../../lib/inference/testRun';
import { loadData } from '../../lib/data/sources';
import { drive } from '../support/run';
import { temporaryFolder } from '../support/folder';

const runs = temporaryFolder();
const spec = parseSpec({
  data: 'synthetic', trainRows: 200, validationRows: 50, testRows: 60, layers: [3072, 6, 10], normalization: 'standardize', steps: 6, batchSize: 50,
  init: 'he', learningRate: 0.01, seed: 4,
});
const folder = join(runs, 'seen');
let start: Model;

beforeAll(() => {
  const place = RunFolder.create({ runs, name: 'seen' });
  drive(runTraining(spec, loadData(dataRequest(spec)), 'seen', place), (event) => {
    // The first checkpoint is written before the first step.
    if (event.type === 'step' && event.step === 1) start = Model.load(join(folder, 'checkpoint.safetensors'));
    return undefined;
  });
  place.close();
});

test('a run is seen with its spec, its conditions, its model and its rows', () => {
  const reportData = runReportData(folder);
  expect(reportData.spec).toEqual({ ...spec, backend: reportData.record.backend, threads: reportData.record.threads });
  expect(reportData.record).toMatchObject({ name: 'seen', dtype: 'float32' });
  expect(reportData.summary.parameterCount).toBe(3072 * 6 + 6 + 6 * 10 + 10);
  const { sizes, examples, mistakes } = reportData.data as RunData;
  expect(sizes).toEqual({ train: 200, validation: 50, test: 60 });
  expect(examples).toHaveLength(10);
  expect(examples.every(({ images }) => images.every((image) => image.length === 3072))).toBe(true);
  const { evaluations: { validation, test: tested }, testEvaluations } = reportData;
  expect(tested).toBeUndefined();
  expect(testEvaluations).toEqual([]);
  expect(validation).toMatchObject({ split: 'validation', rows: 50, dataDigest: reportData.record.dataDigest });
  expect(mistakes).toHaveLength(Math.min(20, 50 - Math.round(validation!.accuracy! * 50)));
  expect(mistakes.every(({ wrongProbability, probability }) => wrongProbability >= probability)).toBe(true);
});

test('the first layer before training is that of the first checkpoint', () => {
  const { before, after } = runReportData(folder).pictures!;
  expect(before).toEqual(start.firstLayer());
  expect(after).toEqual(Model.load(join(folder, 'checkpoint.safetensors')).firstLayer());
  expect(before.weights).not.toEqual(after.weights);
});

test('looks at the test split and its recorded scores are told, and none is added', () => {
  const { look, evaluation } = testRun(folder, 'seen');
  const ledger = readFileSync(join(runs, 'test-ledger.jsonl'), 'utf8');
  const { testEvaluations, evaluations } = runReportData(folder);
  expect(testEvaluations.map((entry) => entry.look)).toEqual([look]);
  expect(evaluations.test).toEqual(evaluation);
  expect(readFileSync(join(runs, 'test-ledger.jsonl'), 'utf8')).toBe(ledger);
});

test.each([
  ['other data', { trainRows: 199 }, /other data/],
  ['none', { data: 'cifar10', dataFolder: runs }, /none in/],
])('where there is %s, the report data say so and keeps what was recorded', (_, change, reason) => {
  const file = join(folder, 'spec.json');
  const kept = `${file}.kept`;
  copyFileSync(file, kept);
  try {
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }));
    const { data, evaluations } = runReportData(folder);
    expect(data).toEqual({ reason: expect.stringMatching(reason) as string });
    expect(evaluations.validation).toBeUndefined();
    expect(evaluations.test!.rows).toBe(60);
  } finally {
    copyFileSync(kept, file);
    rmSync(kept);
  }
});

test('a run of a cross-validation is not evaluated on rows that it was trained on', () => {
  const file = join(folder, 'spec.json');
  const text = readFileSync(file, 'utf8');
  const { record, ...given } = JSON.parse(text) as { record: { data: string } };
  try {
    writeFileSync(file, JSON.stringify({ ...given, record: { ...record, data: `${record.data}, fold 2 of 5` } }));
    const { data, evaluations } = runReportData(folder);
    expect(data).toEqual({ reason: expect.stringContaining('fold 2 of 5') as string });
    expect(evaluations.validation).toBeUndefined();
  } finally {
    writeFileSync(file, text);
  }
});

test('a folder without a checkpoint is refused, naming the file', () => {
  expect(() => runReportData(runs)).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
});
