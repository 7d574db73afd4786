import { checkInteger, checkList, checkObject, checkOptions } from '../../arguments';
import type { TrainingData } from '../../build/buildTraining';
import { pickRows } from '../../data/dataset';
import type { Dataset, StoredDataset } from '../../data/dataset';
import { expected } from '../../errors';
import { RandomState } from '../../random';
import type { TrainSpec } from '../../spec/spec';
import type { ResultEvent } from '../../train/events';
import { spreadOf } from '../seeds';

/** The trainings of a learning curve, all optional. */
export interface LearningCurveOptions {
  /** Shares of the training rows, in (0, 1], in rising order. Default 0.1, 0.2, 0.4, 0.7, 1. */
  readonly shares?: readonly number[];
  /** Trainings for each share, with other rows and seeds. Default 3. */
  readonly repeats?: number;
}

/** A training of a learning curve. */
export interface LearningCurveRun {
  readonly share: number;
  readonly rows: number;
  readonly spec: TrainSpec;
  readonly data: TrainingData;
}

/** What a model learns from so many rows: the mean over the repeats. */
export interface LearningCurvePoint {
  readonly share: number;
  readonly rows: number;
  readonly validation: number;
  /** Of the mean: the standard deviation over the repeats divided by the root of their number; NaN for one. */
  readonly standardError: number;
  /** On the training rows of each. */
  readonly train: number;
}

/** Validation scores against training rows. */
export interface LearningCurve {
  readonly score: 'accuracy' | 'rmse';
  readonly repeats: number;
  readonly validationRows: number;
  readonly points: readonly LearningCurvePoint[];
}

export const learningCurveDefaults = { shares: [0.1, 0.2, 0.4, 0.7, 1], repeats: 3 } as const;

/**
 * The trainings that show what more rows would bring: a spec on growing shares of its training rows, each several times, with seeds `seed`, `seed + 1`, …. A repeat draws
 * its rows by its seed in an order that all shares go through, so that the rows of a smaller share are among those of a larger one. All are scored on the same validation
 * rows. `batchSize` falls to the number of rows where it is larger. Throws ERR_CONFIG for shares out of range and where there are no validation rows.
 */
export function learningCurveRuns(spec: TrainSpec, data: TrainingData, options: LearningCurveOptions = {}): LearningCurveRun[] {
  checkObject(spec, 'spec', 'a spec, as parseSpec gives it,', ['seed', 'batchSize']);
  checkObject(data, 'data', 'training and validation rows and their origin', ['train', 'validation', 'origin']);
  checkOptions(options);
  const { shares = learningCurveDefaults.shares, repeats = learningCurveDefaults.repeats } = options;
  checkList(shares, 'shares', 'numbers in (0, 1]', true);
  checkInteger(repeats, 'repeats', 1);
  const { train, validation, origin } = data;
  for (const [key, rows] of Object.entries({ train, validation })) checkObject(rows, `data.${key}`, 'a data set', ['name', 'labels']);
  checkObject(origin, 'data.origin', 'name, description and digest', ['name', 'description', 'digest']);
  if (validation.size === 0) throw expected('ERR_CONFIG', 'at least one validation row, as models are compared by them,', 'validationRows', 0, { path: 'validationRows' });
  if (shares.length === 0 || !shares.every((share, i) => share > 0 && share <= 1 && (i === 0 || share > shares[i - 1]!))) {
    throw expected('ERR_CONFIG', 'numbers in (0, 1], in rising order,', 'shares', shares, { path: 'shares' });
  }
  return shares.flatMap((share) => Array.from({ length: repeats }, (_, repeat): LearningCurveRun => {
    const seed = spec.seed + repeat;
    const rows = Math.max(1, Math.round(share * train.size));
    return {
      share, rows,
      spec: { ...spec, seed, seeds: 1, batchSize: spec.batchSize === null ? null : Math.min(spec.batchSize, rows) },
      data: {
        train: firstRows(train, rows, seed), validation,
        origin: { ...origin, description: `${origin.description}, ${String(rows)} of ${String(train.size)} training rows drawn by seed ${String(seed)}` },
      },
    };
  }));
}

/** The first rows of an order that a seed draws, without copying features; the whole set where it is all of them. */
function firstRows(data: Dataset | StoredDataset, rows: number, seed: number): Dataset | StoredDataset {
  if (rows === data.size) return data;
  if ('stored' in data) throw expected('ERR_CONFIG', 'null, as rows that stay on disk cannot be drawn from,', 'chunkRows', data.chunkRows, { path: 'chunkRows' });
  return pickRows(data, data.split, new RandomState(seed).permutation(data.size).slice(0, rows).sort());
}

/** The curve that the results of {@link learningCurveRuns}, in their order, give. Throws ERR_SHAPE where they are not as many. */
export function summariseLearningCurve(runs: readonly LearningCurveRun[], results: readonly ResultEvent[]): LearningCurve {
  checkList(runs, 'runs', 'the runs that learningCurveRuns gives');
  checkList(results, 'results', 'the results of the runs');
  if (results.length !== runs.length) throw expected('ERR_SHAPE', `one for each of ${String(runs.length)} runs`, 'results', results.length, { path: 'results' });
  runs.forEach((run) => { checkObject(run, 'runs', 'the runs that learningCurveRuns gives', ['share', 'rows', 'data']); });
  results.forEach((result) => { checkObject(result, 'results', 'the results of the runs', ['run']); });
  const isRegression = results.some(({ valRmse }) => valRmse !== undefined);
  const shares = [...new Set(runs.map(({ share }) => share))];
  return {
    score: isRegression ? 'rmse' : 'accuracy',
    repeats: runs.length / Math.max(1, shares.length),
    validationRows: runs[0]?.data.validation.size ?? 0,
    points: shares.map((share): LearningCurvePoint => {
      const own = results.filter((_, i) => runs[i]!.share === share);
      const { mean, std } = spreadOf(own.map((result) => (isRegression ? result.valRmse ?? Number.NaN : result.valAccuracy ?? Number.NaN)));
      return {
        share, rows: runs.find((run) => run.share === share)!.rows, validation: mean, standardError: std / Math.sqrt(own.length),
        train: spreadOf(own.map((result) => (isRegression ? result.trainRmse ?? Number.NaN : result.trainAccuracy ?? Number.NaN))).mean,
      };
    }),
  };
}
