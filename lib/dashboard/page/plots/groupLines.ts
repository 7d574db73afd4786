import type { Line } from './lines';

/** What the band about the mean of several runs spans, in the words of the toolbar and of the legend. */
export const bands = { error: '± standard error', deviation: '± standard deviation', range: 'least to greatest' } as const;
export type Band = keyof typeof bands;

/** Points of a mean, at most: where runs have points at other places, in equal distances. */
const maxPoints = 1500;

/**
 * The mean of those lines that have points, where all of them go, with a band where there are two or more; undefined where none has. Of fewer lines the mean
 * would jump where one ends, and go on as that of those that were given longer.
 */
export function groupLine(label: string, lines: readonly Line[], band: Band, style: Pick<Line, 'series' | 'dots'>): Line | undefined {
  const drawn = lines.filter(({ x }) => x.length > 0);
  if (drawn.length === 0) return undefined;
  const x = commonPlaces(drawn);
  const values = drawn.map((line) => valuesAt(line, x));
  const y: number[] = [];
  const [low, high]: number[][] = [[], []];
  for (const i of x.keys()) {
    const there = values.map((of) => of[i]!);
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length; // NaN where one is
    const [from, to] = there.length < 2 ? [mean, mean] : ends(there, mean, band);
    y.push(mean);
    low!.push(from);
    high!.push(to);
  }
  const extents = drawn.flatMap(({ extent }) => (extent === undefined ? [] : [extent]));
  const [first, last] = [Math.max(...extents.map(([from]) => from)), Math.min(...extents.map(([, to]) => to))];
  return {
    name: label, label: `${label} (${membersText(drawn, x, band)})`, x, y, low: low!, high: high!, ...style,
    ...(first <= last && { extent: [first, last] as const }),
  };
}

/** What a line is of. */
function membersText(lines: readonly Line[], x: readonly number[], band: Band): string {
  const count = String(lines.length);
  if (lines.length < 2) return '1 run';
  if (x.length === 0) return `${count} runs with no x in common`;
  const goFarther = lines.some((line) => line.x[line.x.length - 1]! > x[x.length - 1]!);
  return `mean of ${count}${goFarther ? ' as far as all go' : ''}, ${bands[band]}`;
}

function ends(values: readonly number[], mean: number, band: Band): readonly [number, number] {
  if (band === 'range') return [Math.min(...values), Math.max(...values)];
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  const reach = band === 'error' ? deviation / Math.sqrt(values.length) : deviation;
  return [mean - reach, mean + reach];
}

/** Where any of the lines has a point, from where the last one begins to where the first one ends; evenly spread where these are very many. */
function commonPlaces(lines: readonly Line[]): number[] {
  const low = Math.max(...lines.map(({ x }) => x[0]!));
  const high = Math.min(...lines.map(({ x }) => x[x.length - 1]!));
  const all = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].filter((place) => place >= low && place <= high).sort((a, b) => a - b);
  const longest = Math.max(0, ...lines.map(({ x }) => x.length));
  if (all.length <= Math.max(maxPoints, longest)) return all;
  const [first, last] = [all[0]!, all[all.length - 1]!];
  return Array.from({ length: maxPoints }, (_, i) => first + (i / (maxPoints - 1)) * (last - first));
}

/** The values of a line at places within it, in rising order, on straight lines between its points. */
function valuesAt({ x, y }: Line, places: readonly number[]): number[] {
  let next = 0;
  return places.map((place) => {
    while (next < x.length && x[next]! < place) next++;
    if (x[next]! === place) return y[next]!;
    const share = (place - x[next - 1]!) / (x[next]! - x[next - 1]!);
    return y[next - 1]! + share * (y[next]! - y[next - 1]!);
  });
}
