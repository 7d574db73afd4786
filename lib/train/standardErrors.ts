import { RandomState } from '../random';
import { classScores, numberScores } from './scores';
import type { ClassPredictions, NumberPredictions } from './scores';

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

/**
 * Accuracy, log loss and, of two classes, the area under the ROC curve. The error of accuracy p is √(p(1 − p)/n), of the log loss the
 * deviation of the rows' losses over √n, of the area that of a bootstrap with a fixed seed.
 */
export function classScoresWithErrors(given: ClassPredictions): Readonly<Record<string, ScoreWithError>> {
  const { probabilities, labels, classes } = given;
  const rows = labels.length;
  const isRight = (row: number): number => {
    let best = 0;
    for (let j = 1; j < classes; j++) if (probabilities[row * classes + j]! > probabilities[row * classes + best]!) best = j;
    return best === labels[row] ? 1 : 0;
  };
  const lossOf = (row: number): number => {
    const p = probabilities[row * classes + labels[row]!]!;
    return -Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)));
  };
  const { value: accuracy } = meanWithError(rows, given.weights, isRight);
  return {
    accuracy: { value: accuracy, error: Math.sqrt((accuracy * (1 - accuracy)) / rows) },
    logLoss: meanWithError(rows, given.weights, lossOf),
    ...(classes === 2 && { rocAuc: bootstrapped(rows, given.weights, (weights) => classScores.rocAuc.compute({ ...given, weights })) }),
  };
}

/**
 * R², root mean squared error and mean absolute error. The error of the latter is the deviation of the rows' errors over √n, that of the root
 * follows from that of its square (Δ√m ≈ Δm / 2√m), that of R² from a bootstrap with a fixed seed.
 */
export function numberScoresWithErrors(given: NumberPredictions): Readonly<Record<string, ScoreWithError>> {
  const { predictions, targets, outputs } = given;
  const rows = targets.length / outputs;
  const meanOver = (row: number, of: (error: number) => number): number => {
    let sum = 0;
    for (let at = row * outputs; at < (row + 1) * outputs; at++) sum += of(predictions[at]! - targets[at]!);
    return sum / outputs;
  };
  const square = meanWithError(rows, given.weights, (row) => meanOver(row, (error) => error * error));
  const root = Math.sqrt(square.value);
  return {
    r2: bootstrapped(rows, given.weights, (weights) => numberScores.r2.compute({ ...given, weights })),
    rmse: { value: root, error: square.error === 0 ? 0 : square.error / (2 * root) },
    mae: meanWithError(rows, given.weights, (row) => meanOver(row, Math.abs)),
  };
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
