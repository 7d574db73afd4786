import type { Line } from './lines';

/** What the band about the mean of several runs spans, in the words of the toolbar and of the legend. */
export const bands = { error: '± standard error', deviation: '± standard deviation', range: 'least to greatest' } as const;
export type Band = keyof typeof bands;

/** Points of a mean, at most: where runs have points at other places, in equal distances. */
const maxPoints = 1500;

/** The mean of lines, each of which counts from its first to its last point, with a band where there are two or more. */
export function groupLine(label: string, lines: readonly Line[], band: Band, style: Pick<Line, 'series' | 'dots'>): Line {
  const drawn = lines.filter(({ x }) => x.length > 0);
  const x = commonPlaces(drawn);
  const values = drawn.map((line) => valuesAt(line, x));
  const y: number[] = [];
  const [low, high]: number[][] = [[], []];
  for (const i of x.keys()) {
    const there = values.map((of) => of[i]!).filter(Number.isFinite);
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length; // NaN of none
    const [from, to] = there.length < 2 ? [mean, mean] : ends(there, mean, band);
    y.push(mean);
    low!.push(from);
    high!.push(to);
  }
  const extents = drawn.flatMap(({ extent }) => extent ?? []);
  return {
    name: label, label: drawn.length < 2 ? `${label} (1 run)` : `${label} (mean of ${String(drawn.length)}, ${bands[band]})`, x, y, low: low!, high: high!, ...style,
    ...(extents.length > 0 && { extent: [Math.min(...extents), Math.max(...extents)] as const }),
  };
}

function ends(values: readonly number[], mean: number, band: Band): readonly [number, number] {
  if (band === 'range') return [Math.min(...values), Math.max(...values)];
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  const reach = band === 'error' ? deviation / Math.sqrt(values.length) : deviation;
  return [mean - reach, mean + reach];
}

/** Where any of the lines has a point; evenly spread where these are very many. */
function commonPlaces(lines: readonly Line[]): number[] {
  const all = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  const longest = Math.max(0, ...lines.map(({ x }) => x.length));
  if (all.length <= Math.max(maxPoints, longest)) return all;
  const [first, last] = [all[0]!, all[all.length - 1]!];
  return Array.from({ length: maxPoints }, (_, i) => first + (i / (maxPoints - 1)) * (last - first));
}

/** The values of a line at places in rising order, on straight lines between its points; NaN beside it. */
function valuesAt({ x, y }: Line, places: readonly number[]): number[] {
  let next = 0;
  return places.map((place) => {
    while (next < x.length && x[next]! < place) next++;
    if (next === x.length || (next === 0 && x[0]! > place)) return NaN;
    if (x[next]! === place) return y[next]!;
    const share = (place - x[next - 1]!) / (x[next]! - x[next - 1]!);
    return y[next - 1]! + share * (y[next]! - y[next - 1]!);
  });
}
