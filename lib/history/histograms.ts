import { binEdge } from '../train/histogramShape';
import type { Histogram } from '../train/events';

// Used by the dashboard's page as well: nothing here needs Node.

/** Bins in rising order: bin i holds the numbers from edges[i] to edges[i + 1]. */
export interface Bins {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** All bins of a histogram, those of numbers near 0 as one in the middle; the outermost end at the least and the greatest number. */
export function binsOf({ first, middle, negative, positive, min, max }: Histogram): Bins {
  const edges = [
    ...negative.map((_, i) => -binEdge(first + i + 1)).reverse(), -binEdge(first), binEdge(first), ...positive.map((_, i) => binEdge(first + i + 1)),
  ];
  const counts = [...negative.slice().reverse(), middle, ...positive];
  if (min >= edges[0]! && min <= edges[1]!) edges[0] = min;
  if (max <= edges[edges.length - 1]! && max >= edges[edges.length - 2]!) edges[edges.length - 1] = max;
  return { edges, counts };
}

/** The number below which a share of all lie, as if those of a bin lay evenly in it; NaN of no numbers. */
export function quantile({ edges, counts }: Bins, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= share * total) return edges[i]! + ((share * total - below) / count) * (edges[i + 1]! - edges[i]!);
    below += count;
  }
  return NaN;
}

/** The numbers in `length` bins of equal width over [low, high], as if those of a bin lay evenly in it; numbers outside are left out. */
export function inEqualBins({ edges, counts }: Bins, low: number, high: number, length: number): Float64Array {
  const found = new Float64Array(length);
  const width = (high - low) / length;
  for (const [i, count] of counts.entries()) {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    if (count === 0 || to < low || from > high) continue;
    if (!(to > from)) {
      found[Math.min(length - 1, Math.floor((from - low) / width))]! += count;
      continue;
    }
    const last = Math.min(length - 1, Math.floor((to - low) / width));
    for (let j = Math.max(0, Math.floor((from - low) / width)); j <= last; j++) {
      const shared = Math.min(to, low + (j + 1) * width) - Math.max(from, low + j * width);
      if (shared > 0) found[j]! += (count * shared) / (to - from);
    }
  }
  return found;
}
