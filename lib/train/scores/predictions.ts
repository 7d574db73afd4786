/** Predictions of a classifier: probabilities [rows, classes], and the labels [rows] they are held against. */
export interface ClassPredictions {
  readonly probabilities: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** [rows], how much each row counts, as scikit-learn's `sample_weight`; by default all alike. */
  readonly weights?: ArrayLike<number> | undefined;
}

/**
 * Predictions of numbers [rows, outputs], and the targets [rows, outputs] they are held against: of a regression, rates of a Poisson
 * regression, or of several labels the probability that each applies, against 0 and 1.
 */
export interface NumberPredictions {
  readonly predictions: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly outputs: number;
  /** As of {@link ClassPredictions}. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Predictions of quantiles [rows, outputs, levels], and the targets [rows, outputs] they are held against. */
export interface QuantilePredictions extends NumberPredictions {
  /** The share of the targets that is to lie below each quantile, in (0, 1). */
  readonly levels: readonly number[];
}

/** One output's values and what they are held against, with the weight of each row. */
export interface Column {
  readonly p: Float64Array;
  readonly t: Float64Array;
  readonly w: Float64Array;
}

/** Output j as a column. */
export function columnOf({ predictions, targets, outputs, weights }: NumberPredictions, j: number): Column {
  const rows = targets.length / outputs;
  const every = (numbers: ArrayLike<number>): Float64Array => Float64Array.from({ length: rows }, (_, row) => numbers[row * outputs + j]!);
  return { p: every(predictions), t: every(targets), w: weightsOf(rows, weights) };
}

/** The mean over the outputs of a score of one; those where it is not defined are left out. */
export function overOutputs(given: NumberPredictions, score: (column: Column) => number): number {
  return meanOfDefined(Array.from({ length: given.outputs }, (_, j) => score(columnOf(given, j))));
}

export function weightsOf(rows: number, weights: ArrayLike<number> | undefined): Float64Array {
  return weights === undefined ? new Float64Array(rows).fill(1) : Float64Array.from({ length: rows }, (_, row) => weights[row]!);
}

/** Σ w·of / Σ w; NaN where no row weighs anything. */
export function weightedMean(w: Float64Array, of: (row: number) => number): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < w.length; row++) {
    if (w[row] === 0) continue;
    sum += w[row]! * of(row);
    total += w[row]!;
  }
  return sum / total;
}

/** The plain mean of those that are not NaN; NaN where all are. */
export function meanOfDefined(scores: readonly number[]): number {
  const defined = scores.filter((score) => !Number.isNaN(score));
  return defined.reduce((sum, score) => sum + score, 0) / defined.length;
}
