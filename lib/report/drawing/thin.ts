export type Point = readonly [x: number, y: number];

/**
 * At most about `limit` of the points of a curve, in order of x: the first, the last, and from each of equal shares of
 * the points the minimum and the maximum y, so that spikes are kept. Gaps (y not finite) are kept.
 */
export function thin(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const shares = Math.max(1, Math.floor((limit - 2) / 2));
  const kept: Point[] = [points[0]!];
  for (let share = 0; share < shares; share++) {
    const from = Math.floor((share * points.length) / shares);
    const to = Math.floor(((share + 1) * points.length) / shares);
    let least = -1;
    let greatest = -1;
    let gap = -1;
    for (let i = from; i < to; i++) {
      const y = points[i]![1];
      if (!Number.isFinite(y)) gap = i;
      else {
        if (least < 0 || y < points[least]![1]) least = i;
        if (greatest < 0 || y > points[greatest]![1]) greatest = i;
      }
    }
    const indices = [...new Set([least, greatest, gap])].filter((i) => i > 0 && i < points.length - 1);
    for (const i of indices.sort((a, b) => a - b)) kept.push(points[i]!);
  }
  kept.push(points[points.length - 1]!);
  return kept;
}

/**
 * The centred mean over `window` points, an odd number, which does not lag behind the points as a running mean would;
 * at the ends over the part of the window that exists. Values that are not finite are left out of the means. Point i counts with
 * `weights[i]`, by default 1.
 */
export function centredMean(points: readonly Point[], window: number, weights?: readonly number[]): Point[] {
  const reach = Math.floor(window / 2);
  return points.map(([x], i) => {
    const last = Math.min(points.length - 1, i + reach);
    let sum = 0;
    let weight = 0;
    for (let j = Math.max(0, i - reach); j <= last; j++) {
      const y = points[j]![1];
      if (Number.isFinite(y)) {
        const own = weights?.[j] ?? 1;
        sum += own * y;
        weight += own;
      }
    }
    return [x, weight > 0 ? sum / weight : NaN];
  });
}

/** The window to smooth that many points with: about a fiftieth of them, odd; 1, which does nothing, for few points. */
export function smoothingWindow(points: number): number {
  return points < 100 ? 1 : 2 * Math.floor(points / 100) + 1;
}

/** The weights of steps' losses for {@link centredMean}: a short batch counts by its rows. */
export function lossWeights(steps: readonly { readonly weight?: number }[]): number[] {
  return steps.map(({ weight = 1 }) => weight);
}
