import type { Dataset, StoredDataset } from '../../data/dataset';
import { dataOptions } from '../../data/sources';
import type { Model } from '../../inference/model';
import { lossOptions } from '../../model/losses';
import { parseSpec, withBatchSize } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { classScoresWithErrors, numberScoresWithErrors } from '../../train/standardErrors';
import type { ScoreWithError } from '../../train/standardErrors';

/** Scores of a model by name, see lib/train/standardErrors.ts. */
export type Scores = Readonly<Record<string, ScoreWithError>>;

/** Keys that a baseline shares with the model it is held against: the data, its split, and where it runs. */
const sharedKeys: readonly (keyof TrainSpec)[] = [
  ...(Object.keys(dataOptions) as (keyof typeof dataOptions)[]), 'data', 'trainRows', 'validationRows', 'testRows', 'loss', 'seed', 'dtype', 'backend', 'threads',
];
/** Options of losses that change what is scored; label smoothing and calibration are the model's own. */
const sharedLossKeys = (Object.keys(lossOptions) as (keyof TrainSpec)[]).filter((key) => key !== 'labelSmoothing' && key !== 'calibration');

/** Length of the training of a linear model, in steps, but at least some epochs and at most many. */
const linearSteps = 2000;
const fewestEpochs = 3;
const mostEpochs = 100;

/**
 * The spec of a linear model on the same rows: logistic regression of classes, ridge regression of numbers, by AdamW on standardised inputs,
 * with the best epoch kept as the model's own spec says.
 */
export function linearSpec(spec: TrainSpec, trainRows: number, maxSeconds: number | null): TrainSpec {
  const { batchSize } = withBatchSize({ ...spec, batchSize: null }, trainRows);
  const epochs = Math.min(mostEpochs, Math.max(fewestEpochs, Math.round((linearSteps * batchSize) / trainRows)));
  return parseSpec({
    ...Object.fromEntries([...sharedKeys, ...sharedLossKeys].map((key) => [key, spec[key]])),
    hidden: [], optimizer: 'adamw', learningRate: 0.01, weightDecay: 0.01, schedule: 'one-cycle', batchSize, epochs, restoreBest: spec.restoreBest,
    health: false, maxSeconds,
  });
}

/** Scores of what needs no features: the classes' shares of the training rows as probabilities, or the mean of their targets. */
export function scoreConstant(train: Dataset | StoredDataset, rows: Dataset | StoredDataset): Scores {
  const { classNames, targets } = train;
  if (targets === undefined) {
    const shares = new Float64Array(classNames.length);
    for (const label of train.labels) shares[label]! += 1 / train.size;
    return score(repeated(shares, rows.size), rows);
  }
  const means = new Float64Array(targets.length / train.size);
  for (let at = 0; at < targets.length; at++) means[at % means.length]! += targets[at]! / train.size;
  return score(repeated(means, rows.size), rows);
}

function repeated(row: Float64Array, times: number): Float64Array {
  const all = new Float64Array(row.length * times);
  for (let i = 0; i < times; i++) all.set(row, i * row.length);
  return all;
}

/** Scores of a model on rows. Throws what {@link Model.probabilities} does. */
export function scoreModel(model: Model, rows: Dataset | StoredDataset): Scores {
  return score(model.probabilities(rows), rows);
}

/** Scores of predictions [rows, classes or targets]. */
export function score(predictions: ArrayLike<number>, { labels, targets, weights, classNames: { length: classes }, size }: Dataset | StoredDataset): Scores {
  if (targets === undefined) return classScoresWithErrors({ probabilities: predictions, labels, classes, weights });
  return numberScoresWithErrors({ predictions, targets, outputs: targets.length / size, weights });
}
