export type Point = readonly [x: number, y: number];

/** The points of a curve by coordinate, as millions of them are held. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/**
 * At most about `limit` of the points of a curve, in order of x: the first, the last, and from each of equal shares of
 * the points the minimum and the maximum y, so that spikes are kept. Gaps (y not finite) are kept.
 */
export function thin({ x, y }: Curve, limit: number): Point[] {
  return thinned(y, limit).map((i) => [x[i]!, y[i]!]);
}

/** The indices of the points that {@link thin} keeps, of those from index `first` to before `end`. */
export function thinned(y: ArrayLike<number>, limit: number, first = 0, end = y.length): number[] {
  const count = end - first;
  if (count <= limit) return Array.from({ length: Math.max(0, count) }, (_, i) => first + i);
  const shares = Math.max(1, Math.floor((limit - 2) / 2));
  const kept = [first];
  for (let share = 0; share < shares; share++) {
    const from = first + Math.floor((share * count) / shares);
    const to = first + Math.floor(((share + 1) * count) / shares);
    let least = -1;
    let greatest = -1;
    let gap = -1;
    for (let i = from; i < to; i++) {
      const value = y[i]!;
      if (!Number.isFinite(value)) gap = i;
      else {
        if (least < 0 || value < y[least]!) least = i;
        if (greatest < 0 || value > y[greatest]!) greatest = i;
      }
    }
    const indices = [...new Set([least, greatest, gap])].filter((i) => i > first && i < end - 1);
    kept.push(...indices.sort((a, b) => a - b));
  }
  kept.push(end - 1);
  return kept;
}

/**
 * The centred mean over `window` values, an odd number, which does not lag behind the values as a running mean would;
 * at the ends over the part of the window that exists. Values that are not finite are left out of the means. Value i counts with
 * `weights[i]`, by default and where that is no number 1.
 *
 * Takes time that does not depend on the window. Sums run within blocks as long as a window, from either end of a block: a window
 * is the end of one block and the beginning of the next. Nothing is subtracted, so that one huge value spoils the means of its own windows only.
 */
export function centredMeans(y: ArrayLike<number>, window: number, weights?: ArrayLike<number>): Float64Array {
  const reach = Math.floor(window / 2);
  const { length } = y;
  const block = 2 * reach + 1;
  const [sums, masses] = [y, undefined].map((values) => windowSums(length, block, reach, (i) => {
    if (!Number.isFinite(y[i]!)) return 0;
    const given = weights?.[i] ?? 1;
    const weight = given >= 0 ? given : 1;
    return values === undefined ? weight : weight * values[i]!;
  })) as [Float64Array, Float64Array];
  return sums.map((sum, i) => (masses[i]! > 0 ? sum / masses[i]! : NaN));
}

/** Σ value(j) over |j − i| ≤ reach, for each i; `block` is 2 · reach + 1. */
function windowSums(length: number, block: number, reach: number, value: (i: number) => number): Float64Array {
  const fromStart = new Float64Array(length);
  const toEnd = new Float64Array(length);
  for (let i = 0; i < length; i++) fromStart[i] = value(i) + (i % block === 0 ? 0 : fromStart[i - 1]!);
  for (let i = length - 1; i >= 0; i--) toEnd[i] = value(i) + ((i + 1) % block === 0 || i === length - 1 ? 0 : toEnd[i + 1]!);
  return fromStart.map((_, i) => {
    const [first, last] = [i - reach, Math.min(length - 1, i + reach)];
    if (first <= 0) return fromStart[last]!;
    return toEnd[first]! + (Math.floor(first / block) === Math.floor(last / block) ? 0 : fromStart[last]!);
  });
}

/** The window to smooth that many points with: about a fiftieth of them, odd; 1, which does nothing, for few points. */
export function smoothingWindow(points: number): number {
  return points < 100 ? 1 : 2 * Math.floor(points / 100) + 1;
}
