import { weightedMean, weightsOf } from './predictions';
import type { Column, QuantilePredictions } from './predictions';

/** 1 − Σ(t − p)² / Σ(t − t̄)²; of targets that are all the same 1 where they are met, else 0. NaN for fewer than two rows. */
export function determination({ p, t, w }: Column): number {
  if (t.length < 2) return Number.NaN;
  const centre = weightedMean(w, (row) => t[row]!);
  const errors = p.reduce((sum, value, row) => sum + w[row]! * (t[row]! - value) ** 2, 0);
  const spread = t.reduce((sum, value, row) => sum + w[row]! * (value - centre) ** 2, 0);
  return spread > 0 ? 1 - errors / spread : errors === 0 ? 1 : errors > 0 ? 0 : Number.NaN;
}

export function absoluteError({ p, t, w }: Column): number {
  return weightedMean(w, (row) => Math.abs(p[row]! - t[row]!));
}

/** Of a target of 0 the share of the smallest double above 1, less 1, as in scikit-learn. */
export function relativeError({ p, t, w }: Column): number {
  return weightedMean(w, (row) => Math.abs(p[row]! - t[row]!) / Math.max(Number.EPSILON, Math.abs(t[row]!)));
}

/** 2·mean(t·log(t / p) − t + p) of rates p > 0 and counts t ≥ 0. */
export function poissonDeviance({ p, t, w }: Column): number {
  return 2 * weightedMean(w, (row) => {
    const [rate, count] = [p[row]!, t[row]!];
    return (count === 0 ? 0 : count * Math.log(count / rate)) - count + rate;
  });
}

/** Mean over levels τ and outputs of τ·(t − q) where a target is above its quantile, else (1 − τ)·(q − t). */
export function pinball(given: QuantilePredictions): number {
  return overLevels(given, (level, q, t) => (t >= q ? level * (t - q) : (1 - level) * (q - t)));
}

/** Mean over levels and outputs of | share of the targets at or below their quantile − level |. */
export function miscoverage(given: QuantilePredictions): number {
  const { levels, outputs } = given;
  const shares = levels.map((_, at) => Array.from({ length: outputs }, (__, j) => quantileMean(given, j, at, (q, t) => (t <= q ? 1 : 0))));
  return shares.reduce((sum, some, at) => sum + some.reduce((total, share) => total + Math.abs(share - levels[at]!), 0), 0) / (levels.length * outputs);
}

function overLevels(given: QuantilePredictions, of: (level: number, q: number, t: number) => number): number {
  const { levels, outputs } = given;
  let sum = 0;
  for (let j = 0; j < outputs; j++) levels.forEach((level, at) => { sum += quantileMean(given, j, at, (q, t) => of(level, q, t)); });
  return sum / (levels.length * outputs);
}

/** The mean over the rows for output j and the level at `at`. */
function quantileMean({ predictions, targets, outputs, levels, weights }: QuantilePredictions, j: number, at: number, of: (q: number, t: number) => number): number {
  return weightedMean(weightsOf(targets.length / outputs, weights), (row) =>
    of(predictions[(row * outputs + j) * levels.length + at]!, targets[row * outputs + j]!));
}
