import { join } from 'node:path';
import { expected } from '../errors';
import { readJsonIfThere, replaceFile, sizeLimits, withLock } from '../files';
import { count, listOf, numberOrNaN, objectOf, oneOf, optional, recordOf, refine, text } from '../files/shape';
import type { Shape } from '../files/shape';
import { otherData } from '../data/otherData';
import { loadData } from '../data/sources';
import type { LoadedData } from '../data/sources';
import type { DataOrigin, Dataset, SplitName, StoredDataset } from '../data/dataset';
import type { ViewOptions } from '../data/views';
import type { Evaluation } from '../train/evaluate';
import type { Calibration, CalibrationBin, ClassificationReport, ClassScores } from '../train/metrics';
import { Model } from './model';
import type { Calibrated, DetailedEvaluation, RegressionEvaluation } from './evaluateModel';
import { runFiles } from '../runFolder/runFolder';
import { readRunSpec } from '../runFolder/runRecord';
import type { RunRecord } from '../runFolder/runRecord';
import { dataRequest } from '../spec/spec';

/** What an evaluation found: as {@link RunEvaluation}, on whatever rows. */
export type ScoredRows = Omit<RunEvaluation, 'split'>;

/** Evaluation of a run's model on a split; `scores` by name, see lib/train/scores.ts, which those of earlier versions lack. */
export type RunEvaluation =
  & { readonly run: string; readonly split: SplitName; readonly when: string; readonly rows: number; readonly dataDigest: string; readonly tta?: string | undefined }
  & Evaluation & Partial<Omit<ClassificationReport, 'accuracy'>> & Calibrated & { readonly scores?: Readonly<Record<string, number>> | undefined };

/**
 * Evaluates a run's model on training or validation rows and writes the result to the run's evaluation.json; for the test split see
 * {@link testRun}. Throws ERR_DATA when the data differs from what the run was trained on, the split has no rows, or the run is part
 * of a cross-validation; ERR_CHECKPOINT, ERR_IO.
 */
export function evaluateRun(folder: string, name: string, split: Exclude<SplitName, 'test'>, options: ViewOptions = {}): RunEvaluation {
  const { evaluation } = evaluateSplit(folder, name, split, options);
  recordEvaluation(folder, evaluation);
  return evaluation;
}

/** Whether a run is part of a cross-validation, so that its training and validation rows are not those of the data's own split. */
export function isCrossValidated({ data }: Pick<RunRecord, 'data'>): boolean {
  return /, fold \d+ of \d+$/.test(data);
}

/** How a split is evaluated. */
export interface EvaluateSplitOptions extends ViewOptions {
  /** The run's data, which are loaded where they are not given. */
  readonly loaded?: LoadedData;
}

/** Evaluates any split of the run's data without writing the result. Throws as {@link evaluateRun} does. */
export function evaluateSplit(
  folder: string, name: string, split: SplitName, { loaded, ...options }: EvaluateSplitOptions = {},
): { evaluation: RunEvaluation; origin: DataOrigin } {
  readEvaluations(folder); // a damaged file is refused before anything is computed
  const model = Model.load(folder, options);
  const { data, origin } = rowsOfRun(folder, name, model, split, loaded);
  const evaluation: RunEvaluation = {
    run: name,
    split,
    when: new Date().toISOString(),
    rows: data.size,
    dataDigest: origin.digest,
    ...evaluateInFull(model, data),
    ...(model.tta && { tta: model.tta }),
  };
  return { evaluation, origin };
}

/** The rows of a split of a run's data, one or more; the data are loaded where they are not given. Throws ERR_DATA as {@link evaluateRun} does. */
export function rowsOfRun(
  folder: string, name: string, model: Model, split: SplitName, loaded?: LoadedData,
): { data: Dataset | StoredDataset; origin: DataOrigin } {
  const { record } = readRunSpec(folder);
  if (split !== 'test' && isCrossValidated(record)) {
    throw expected('ERR_DATA', `test, as ${name} was trained on ${record.data},`, 'the split', split, { path: 'split' });
  }
  const { origin, ...splits } = loaded ?? loadData(dataRequest(model.spec));
  if (origin.digest !== model.dataDigest) throw otherData(`run ${name} was trained on`, model.dataDigest, origin, ` for ${split} rows`);
  const data = splits[split];
  if (data.size === 0) throw expected('ERR_DATA', 'at least one row', `the ${split} split of ${origin.name}`, data.size, { path: 'split' });
  return { data, origin };
}

/** All scores that a model has on some rows. */
export function evaluateInFull(model: Model, data: Dataset | StoredDataset): DetailedEvaluation | RegressionEvaluation {
  return data.targets === undefined ? model.evaluateInDetail(data) : model.evaluateRegression(data);
}

/** Reads the evaluations in a run's evaluation.json, by split; none where the file is missing. Throws ERR_DATA for other contents, ERR_IO. */
export function readEvaluations(folder: string): Partial<Record<SplitName, RunEvaluation>> {
  return readJsonIfThere(join(folder, runFiles.evaluation), evaluationsShape, { limit: sizeLimits.report, code: 'ERR_DATA' }) ?? {};
}

/** Writes an evaluation to the run's evaluation.json, replacing an earlier one of the same split. */
export function recordEvaluation(folder: string, evaluation: RunEvaluation): void {
  const file = join(folder, runFiles.evaluation);
  withLock(`${file}.lock`, () => {
    replaceFile(file, `${JSON.stringify({ ...readEvaluations(folder), [evaluation.split]: evaluation }, null, 2)}\n`);
  });
}

const commonKeys = {
  run: text, split: oneOf('train', 'validation', 'test'), when: text, rows: count, dataDigest: text, tta: optional(text),
  accuracy: optional(numberOrNaN), loss: numberOrNaN, rmse: optional(numberOrNaN), scores: optional(recordOf(numberOrNaN)),
  temperature: optional(numberOrNaN),
  uncalibrated: optional(objectOf<NonNullable<Calibrated['uncalibrated']>>({
    loss: numberOrNaN, logLoss: numberOrNaN, brier: numberOrNaN, calibrationError: numberOrNaN,
  })),
};
const classifierShape = refine(objectOf<RunEvaluation & Omit<ClassificationReport, 'accuracy'>>({
  ...commonKeys,
  topK: objectOf<ClassificationReport['topK']>({ k: count, accuracy: numberOrNaN }),
  classes: listOf(objectOf<ClassScores>({ className: text, support: count, precision: numberOrNaN, recall: numberOrNaN, f1: numberOrNaN })),
  macro: objectOf<ClassificationReport['macro']>({ precision: numberOrNaN, recall: numberOrNaN, f1: numberOrNaN }),
  confusion: listOf(listOf(count)),
  calibration: objectOf<Calibration>({
    error: numberOrNaN, bins: listOf(objectOf<CalibrationBin>({ from: numberOrNaN, to: numberOrNaN, rows: count, confidence: numberOrNaN, accuracy: numberOrNaN })),
  }),
}), 'a confusion matrix with a row and a column for each class', ({ classes, confusion }) =>
  [confusion, ...confusion].every(({ length }) => length === classes.length));
const regressionShape = objectOf<RunEvaluation>(commonKeys as never);
/** Shape of the evaluation of a classifier or of a regression. */
const evaluationShape: Shape<RunEvaluation> = (value, at) =>
  (Object.hasOwn(Object(value) as object, 'classes') ? classifierShape : regressionShape)(value, at);
const evaluationsShape = objectOf<Partial<Record<SplitName, RunEvaluation>>>({
  train: optional(evaluationShape), validation: optional(evaluationShape), test: optional(evaluationShape),
});
