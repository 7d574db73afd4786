import type { Dataset, StoredDataset } from '../../data/dataset';
import { dataOptions } from '../../data/sourceKinds';
import type { Model } from '../../inference/model';
import { losses, lossOptions } from '../../model/losses';
import { parseSpec, withBatchSize } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { weightedMean, weightsOf } from '../../train/scores/predictions';
import { scoresWithErrors } from '../../train/standardErrors';
import type { ScoresWithErrors as Scores } from '../../train/standardErrors';

export type { ScoresWithErrors as Scores } from '../../train/standardErrors';

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

/** What a model is scored by follows from these keys of its spec. */
type Scored = Pick<TrainSpec, 'loss' | 'quantiles'>;

/** What answers without features, as {@link scoreConstant} scores it, is called. */
export function nameOfConstant({ loss }: Scored): string {
  const { predicts } = losses[loss];
  return predicts === 'classes' ? 'class shares' : predicts === 'labels' ? 'label shares' : predicts === 'quantiles' ? 'quantiles' : 'mean';
}

/**
 * Scores of what needs no features: the shares of the classes or labels among the training rows as probabilities, the means of their targets, or their
 * quantiles, by the weights of the rows.
 */
export function scoreConstant(train: Dataset | StoredDataset, rows: Dataset | StoredDataset, spec: Scored): Scores {
  const answer = constantOf(train, spec);
  const all = new Float64Array(rows.size * answer.length);
  for (let i = 0; i < rows.size; i++) all.set(answer, i * answer.length);
  return score(all, rows, spec);
}

function constantOf({ classNames, labels, targets, weights, size }: Dataset | StoredDataset, { loss, quantiles }: Scored): Float64Array {
  const w = weightsOf(size, weights);
  if (targets === undefined) return Float64Array.from(classNames, (_, label) => weightedMean(w, (row) => Number(labels[row] === label)));
  const width = targets.length / size;
  if (losses[loss].predicts !== 'quantiles') return Float64Array.from({ length: width }, (_, j) => weightedMean(w, (row) => targets[row * width + j]!));
  return Float64Array.from(Array.from({ length: width }, (_, j) => quantilesOf(w, (row) => targets[row * width + j]!, quantiles)).flat());
}

/** The smallest values at or below which at least these shares of the weight lie: those of the lowest pinball loss. */
function quantilesOf(w: Float64Array, valueOf: (row: number) => number, levels: readonly number[]): readonly number[] {
  const order = Array.from(w.keys()).filter((row) => w[row]! > 0).sort((a, b) => valueOf(a) - valueOf(b));
  const total = order.reduce((sum, row) => sum + w[row]!, 0);
  return levels.map((level) => {
    let below = 0;
    return valueOf(order.find((row) => (below += w[row]!) >= level * total) ?? order[order.length - 1]!);
  });
}

/** Scores of a model on rows. Throws what {@link Model.outputs} does. */
export function scoreModel(model: Model, rows: Dataset | StoredDataset): Scores {
  return score(model.outputs(rows), rows, model.spec);
}

/** Scores of predictions [rows, outputs]. */
export function score(predictions: ArrayLike<number>, { labels, targets, weights, size }: Dataset | StoredDataset, { loss, quantiles }: Scored): Scores {
  const { predicts } = losses[loss];
  return scoresWithErrors(predicts, { predictions, outputs: predictions.length / size, labels, targets, weights, ...(predicts === 'quantiles' && { levels: quantiles }) });
}
