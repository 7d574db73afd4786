import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { normalQuantile } from '../normalize/normalQuantile';
import type { NumberScale } from './encoded';

/** Bytes of values that are sorted together. */
const bytesAtOnce = 64e6;
const rowsPerBlock = 1024;
/** Quantiles that ranks are found by, at most. */
const mostQuantiles = 1000;

/**
 * Gives the values of some columns that are there, in ascending order, one column after the other. Passes over the rows as often as memory
 * for some of the columns asks.
 */
export function* sortedColumns(data: Dataset | StoredDataset, columns: readonly number[]): Generator<readonly [number, Float64Array]> {
  const atOnce = Math.max(1, Math.floor(bytesAtOnce / (8 * data.size)));
  for (let first = 0; first < columns.length; first += atOnce) {
    const group = columns.slice(first, first + atOnce);
    const values = group.map(() => new Float64Array(data.size));
    const counts = new Int32Array(group.length);
    for (const { features, size } of blocksOf(data, rowsPerBlock)) {
      group.forEach((column, k) => {
        const own = values[k]!;
        for (let i = 0, at = column; i < size; i++, at += data.featureSize) {
          const value = features[at]!;
          if (value === value) own[counts[k]!++] = value;
        }
      });
    }
    for (const [k, column] of group.entries()) yield [column, values[k]!.subarray(0, counts[k]).sort()];
  }
}

/** The value below which part/whole of ascending values lie, interpolated as by np.quantile. */
function quantileOf(sorted: Float64Array, part: number, whole: number): number {
  const at = (part * (sorted.length - 1)) / whole;
  const below = Math.floor(at);
  const [from, to] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  // By halves where the difference overflows.
  return to - from < Infinity ? from + (to - from) * (at - below) : 2 * (from / 2 + (to / 2 - from / 2) * (at - below));
}

/**
 * The robust scale of RealMLP (Holzmüller, Grinsztajn & Steinwart, 2024): z is the distance from the median in units of the middle half of the
 * values, or where that is a single value of half their range, and then z / √(1 + (z/3)²), which stays within ±3.
 */
export function robustScale(sorted: Float64Array): NumberScale {
  const middle = quantileOf(sorted, 3, 4) - quantileOf(sorted, 1, 4);
  const spread = middle > 0 ? middle : (sorted[sorted.length - 1]! - sorted[0]!) / 2;
  const factor = 1 / spread;
  return { kind: 'clipped', center: quantileOf(sorted, 1, 2), factor: Number.isFinite(factor) ? factor : 0 };
}

/** Ranks among up to 1000 quantiles, as scikit-learn's QuantileTransformer finds them on all rows. */
export function rankScale(sorted: Float64Array): NumberScale {
  const count = Math.min(mostQuantiles, sorted.length);
  return { kind: 'normal', quantiles: Array.from({ length: count }, (_, i) => quantileOf(sorted, i, Math.max(1, count - 1))) };
}

/** Distances from which on z / √(1 + (z/3)²) is ±3 to the last bit, and squares could overflow. */
export const farAway = 1e9;

/** z / √(1 + (z/3)²) for z = factor·(value − center). */
export function clip(value: number, center: number, factor: number): number {
  const z = factor * (value - center);
  if (Math.abs(z) < farAway) return z / Math.sqrt(1 + (z / 3) ** 2);
  return z > 0 ? 3 : z < 0 ? -3 : 0; // NaN for ∞·0
}

/** The standard normal number of the smallest rank that is told from 0; the largest is its negative. */
export const lowest = normalQuantile(1e-7 - 2 ** -52);

/**
 * The standard normal number at the rank of a value among ascending quantiles: in the middle of those that it equals, linearly between
 * others, within ±5.2.
 */
export function normalRank(value: number, quantiles: readonly number[] | Float64Array): number {
  const last = quantiles.length - 1;
  if (value <= quantiles[0]!) return lowest;
  if (value >= quantiles[last]!) return -lowest;
  // quantiles[below] <= value < quantiles[above]
  let [below, above] = [0, last];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (quantiles[middle]! <= value) below = middle;
    else above = middle;
  }
  let rank = below;
  const [from, to] = [quantiles[below]!, quantiles[above]!];
  if (from < value) rank += (value / 2 - from / 2) / (to / 2 - from / 2);
  else rank = (firstOf(value, quantiles, below) + below) / 2;
  return Math.min(-lowest, Math.max(lowest, normalQuantile(rank / last)));
}

/** The first of the ascending quantiles that equals a value, which the one at `known` does. */
function firstOf(value: number, quantiles: readonly number[] | Float64Array, known: number): number {
  let [before, first] = [-1, known];
  while (first - before > 1) {
    const middle = (before + first) >> 1;
    if (quantiles[middle] === value) first = middle;
    else before = middle;
  }
  return first;
}
