import type { Predicts } from '../model/losses';
import { RandomState } from '../random';
import { within } from './scores/classes';
import { labelThreshold } from './scores/labels';
import { scorers } from './scoring';
import type { PredictedRows } from './scoring';

/** A score of a model on some rows, with the standard error that comes from there being no more of them. */
export interface ScoreWithError {
  readonly value: number;
  readonly error: number;
}

/** Resamples of the rows, by which the errors of scores are found that are no means over rows. */
const resamples = 200;
/** Fewer are drawn of more rows than this, where errors are small. */
const manyRows = 20_000;
const fewResamples = 40;

/** Scores of a model by name. */
export type ScoresWithErrors = Readonly<Record<string, ScoreWithError>>;

/**
 * The scores that sum up what a model predicts: of classes accuracy, log loss and, of two, the area under the ROC curve; of labels the same, the
 * accuracy being the share of rows all of whose labels are right; of numbers R², root mean squared and mean absolute error; of rates the Poisson deviance
 * in the place of R²; of quantiles the pinball loss and how far they are off their levels.
 *
 * The error of a mean over rows is the deviation of the rows' values over √n, of accuracy p √(p(1 − p)/n), of a root that which follows from the error of
 * its square (Δ√m ≈ Δm / 2√m), of the rest that of a bootstrap with a fixed seed. Rows of weight w count w times in scores; n is then (Σw)²/Σw².
 */
export function scoresWithErrors(predicts: Predicts, given: PredictedRows): ScoresWithErrors {
  const { facts, score } = scorers[predicts];
  const outputs = predicts === 'classes' ? given.outputs : given.outputs / (given.levels?.length ?? 1);
  const rows = given.targets === undefined ? given.labels.length : given.targets.length / outputs;
  const { predictions, labels, targets = [], weights } = given;
  const mean = (of: (row: number) => number): ScoreWithError => meanWithError(rows, weights, of);
  const bootstrap = (name: string): ScoreWithError => (Object.hasOwn(facts, name) ? bootstrapped(rows, weights, (own) => score(name, { ...given, weights: own })) : none);
  /** The mean over the outputs of a row. */
  const ofOutputs = (of: (prediction: number, target: number) => number) => (row: number): number => {
    let sum = 0;
    for (let at = row * outputs; at < (row + 1) * outputs; at++) sum += of(predictions[at]!, targets[at]!);
    return sum / outputs;
  };
  if (predicts === 'classes') {
    const classes = outputs;
    return {
      accuracy: shareWithError(rows, weights, (row) => isRight(given, row)),
      logLoss: mean((row) => -Math.log(within(predictions[row * classes + labels[row]!]!))),
      ...(classes === 2 && { rocAuc: bootstrap('rocAuc') }),
    };
  }
  if (predicts === 'labels') {
    return {
      accuracy: shareWithError(rows, weights, (row) => ofOutputs((p, t) => Number(p >= labelThreshold === (t === 1)))(row) === 1),
      logLoss: mean(ofOutputs((p, t) => -Math.log(within(t === 1 ? p : 1 - p)))),
      rocAuc: bootstrap('rocAuc'),
    };
  }
  if (predicts === 'quantiles') {
    return { pinball: mean((row) => score('pinball', { ...given, ...rowOf(given, outputs, row) })), miscoverage: bootstrap('miscoverage') };
  }
  const square = mean(ofOutputs((p, t) => (p - t) ** 2));
  const root = Math.sqrt(square.value);
  return {
    ...(predicts === 'rates' ? { poissonDeviance: mean((row) => score('poissonDeviance', { ...given, ...rowOf(given, outputs, row) })) } : { r2: bootstrap('r2') }),
    rmse: { value: root, error: square.error === 0 ? 0 : square.error / (2 * root) },
    mae: mean(ofOutputs((p, t) => Math.abs(p - t))),
  };
}

const none: ScoreWithError = { value: Number.NaN, error: Number.NaN };

function isRight({ predictions, labels, outputs: classes }: PredictedRows, row: number): boolean {
  let best = 0;
  for (let j = 1; j < classes; j++) if (predictions[row * classes + j]! > predictions[row * classes + best]!) best = j;
  return best === labels[row];
}

/** A row alone. */
function rowOf({ predictions, outputs: perRow, targets = [] }: PredictedRows, outputs: number, row: number): Pick<PredictedRows, 'predictions' | 'targets' | 'weights'> {
  const cut = (numbers: ArrayLike<number>, width: number): number[] => Array.from({ length: width }, (_, j) => numbers[row * width + j]!);
  return { predictions: cut(predictions, perRow), targets: cut(targets, outputs), weights: undefined };
}

/** The share of rows of which something holds, and its standard error √(p(1 − p)/n). */
function shareWithError(rows: number, weights: ArrayLike<number> | undefined, holds: (row: number) => boolean): ScoreWithError {
  const { value } = meanWithError(rows, weights, (row) => Number(holds(row)));
  let [total, squares] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1;
    total += weight;
    squares += weight * weight;
  }
  return { value, error: Math.sqrt(value * (1 - value) * squares) / total };
}

/** A weighted mean over rows, and its standard error, √Σw²(x − m)² / Σw, times √(n/(n − 1)). */
export function meanWithError(rows: number, weights: ArrayLike<number> | undefined, of: (row: number) => number): ScoreWithError {
  let [sum, total] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * of(row);
    total += weight;
  }
  const value = sum / total;
  let squares = 0;
  for (let row = 0; row < rows; row++) squares += ((weights?.[row] ?? 1) * (of(row) - value)) ** 2;
  return { value, error: (Math.sqrt(squares) / total) * Math.sqrt(rows / (rows - 1)) };
}

/** A score of the rows, and its standard deviation over samples that are drawn from them with replacement (Efron 1979). */
export function bootstrapped(rows: number, weights: ArrayLike<number> | undefined, score: (weights: ArrayLike<number>) => number): ScoreWithError {
  const own = Float64Array.from({ length: rows }, (_, row) => weights?.[row] ?? 1);
  const random = new RandomState(0);
  const [drawn, sample] = [new Int32Array(rows), new Float64Array(rows)];
  const values: number[] = [];
  for (let i = 0; i < (rows > manyRows ? fewResamples : resamples); i++) {
    random.fillRandint(drawn, 0, rows);
    sample.fill(0);
    for (const row of drawn) sample[row]! += own[row]!;
    const value = score(sample);
    if (!Number.isNaN(value)) values.push(value); // a sample can lack a class
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: score(own), error: Math.sqrt(squares / (values.length - 1)) };
}
