import { expected } from '../../errors';
import { RandomState } from '../../random';

/** Data sets of `rows` rows that are drawn from the rows, with replacement. */
const defaultResamples = 10_000;

/** Difference in accuracy of two models on the same rows, with its uncertainty. */
export interface PairedComparison {
  readonly method: 'paired bootstrap';
  readonly rows: number;
  readonly resamples: number;
  /** Accuracy of the first minus that of the second. */
  readonly difference: number;
  /** 95 % percentile interval of the difference. */
  readonly interval: readonly [low: number, high: number];
  /** Probability of a difference at least as large, in either direction, between equally good models. */
  readonly pValue: number;
}

export interface BootstrapOptions {
  readonly seed?: number;
  readonly resamples?: number;
}

/**
 * Paired bootstrap over rows (Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapters 13 and 16): `first` and
 * `second` [rows] are 1 for each row that a model classifies correctly, else 0, or the mean of that over several seeds. Rows are drawn
 * with replacement; the p-value is two-sided, of the differences shifted to a mean of 0. It does not correct for selection: on the
 * rows by which the winner was selected it is biased in the winner's favour.
 *
 * Throws ERR_SHAPE for no rows and for different numbers of rows.
 */
export function pairedBootstrap(
  first: ArrayLike<number>, second: ArrayLike<number>, { seed = 0, resamples = defaultResamples }: BootstrapOptions = {},
): PairedComparison {
  const rows = first.length;
  if (rows === 0 || rows !== second.length) {
    throw expected('ERR_SHAPE', 'as many rows of both, and at least one,', 'pairedBootstrap', `${String(rows)} and ${String(second.length)}`);
  }
  const differences = Float64Array.from({ length: rows }, (_, row) => first[row]! - second[row]!);
  const difference = mean(differences);
  const random = new RandomState(seed);
  const drawn = new Int32Array(rows);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    random.fillRandint(drawn, 0, rows);
    let sum = 0;
    for (let j = 0; j < rows; j++) sum += differences[drawn[j]!]!;
    means[i] = sum / rows;
  }
  means.sort();
  // Sums in another order differ in their last bits, hence the tolerance.
  const threshold = Math.abs(difference) * (1 - 1e-9);
  const extreme = means.reduce((count, value) => count + (Math.abs(value - difference) >= threshold ? 1 : 0), 0);
  return {
    method: 'paired bootstrap',
    rows,
    resamples,
    difference,
    interval: [quantile(means, 0.025), quantile(means, 0.975)],
    // The rows themselves count as one sample, so that the p-value is never 0.
    pValue: (extreme + 1) / (resamples + 1),
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Quantile of sorted values, by linear interpolation. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (place - below) * (next - sorted[below]!);
}
