import uPlot from 'uplot';
import { thinned } from '../../../report/drawing/thin';
import { seriesColour } from '../dom';

export interface Line {
  readonly label: string;
  /** What the label begins with and people have chosen, where that is not all of it. */
  readonly name?: string;
  /** In rising order. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Where points stand for several values, the least and the greatest of each. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
  /** The range of x that is to be seen, where it is more than that of the points. */
  readonly extent?: readonly [number, number];
  /** Number of its colour. */
  readonly series: number;
  readonly faint?: boolean;
  readonly dashed?: boolean;
  /** Whether points are marked by dots. A single point always is. */
  readonly dots?: boolean;
}

/** Points of a line that are drawn for each pixel of the width: a least and a greatest value. */
const pointsPerPixel = 2;

/** The part of each line in a range of x, with the points beside it, thinned to what `width` pixels can show. */
export function dataOf(lines: readonly Line[], [low, high]: readonly [number, number], width: number, log = false): uPlot.AlignedData {
  const tables = lines.map(({ x, y }): uPlot.AlignedData => {
    const first = Math.max(0, firstFrom(x, low) - 1);
    const end = Math.min(x.length, firstFrom(x, high) + 2);
    const kept = thinned(y, pointsPerPixel * width, first, end);
    return [kept.map((i) => x[i]!), kept.map((i) => (Number.isFinite(y[i]!) && (!log || y[i]! > 0) ? y[i]! : null))];
  });
  return tables.length === 0 ? [[], []] : uPlot.join(tables);
}

/** The least and the greatest value in a range of x, those that points stand for included. */
export function valuesOf(lines: readonly Line[], [from, to]: readonly [number, number], log: boolean): [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const { x, y, low = y, high = y } of lines) {
    for (let i = Math.max(0, firstFrom(x, from) - 1); i < x.length; i++) {
      for (const value of [low[i]!, high[i]!]) {
        if (!Number.isFinite(value) || (log && !(value > 0))) continue;
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
      if (x[i]! > to) break;
    }
  }
  return least <= greatest ? [least, greatest] : log ? [0.1, 1] : [0, 1];
}

/** Of a line, these shares of its values lie below and above what it is taken to span. */
const tail = 0.05;
/** Values so many times the span beyond it are outliers. */
const fence = 3;

/**
 * The range `all` without values far from the others: what the calmer half of the lines spans, but for a few of their values, and three times as much on either side. A run that explodes is
 * cut off where it leaves this range; curves of one order of magnitude are seen whole.
 */
export function withoutOutliers(lines: readonly Line[], [from, to]: readonly [number, number], log: boolean, all: readonly [number, number]): readonly [number, number] {
  const [on, off] = log ? [Math.log10, (value: number) => 10 ** value] : [(value: number) => value, (value: number) => value];
  const spans = lines.filter(({ faint = false }) => !faint).flatMap(({ x, y }) => {
    const values: number[] = [];
    for (let i = firstFrom(x, from); i < x.length && x[i]! <= to; i++) if (Number.isFinite(y[i]!) && (!log || y[i]! > 0)) values.push(on(y[i]!));
    values.sort((a, b) => a - b);
    return values.length === 0 ? [] : [[values[Math.floor(tail * (values.length - 1))]!, values[Math.ceil((1 - tail) * (values.length - 1))]!] as const];
  });
  const size = ([low, high]: readonly [number, number]): number => (log ? high : Math.max(Math.abs(low), Math.abs(high)));
  const calm = spans.sort((a, b) => size(a) - size(b)).slice(0, Math.ceil(spans.length / 2));
  if (calm.length === 0) return all;
  const [low, high] = [Math.min(...calm.map(([least]) => least)), Math.max(...calm.map(([, greatest]) => greatest))];
  const reach = fence * Math.max(high - low, log ? 1 : Math.abs(high) / 2);
  return [Math.max(all[0], off(low - reach)), Math.min(all[1], off(high + reach))];
}

/** Draws the bands between the least and the greatest value of points that stand for several. */
export function drawBands(plot: uPlot, lines: readonly Line[], [from, to]: readonly [number, number], log: boolean): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { x, low, high, series, faint = false } of lines) {
    if (low === undefined || high === undefined) continue;
    const [first, end] = [Math.max(0, firstFrom(x, from) - 1), Math.min(x.length, firstFrom(x, to) + 1)];
    const at = (value: number): number => plot.valToPos(log && !(value > 0) ? plot.scales['y']!.min! : value, 'y', true);
    ctx.beginPath();
    for (let i = first; i < end; i++) if (Number.isFinite(high[i]!)) ctx.lineTo(plot.valToPos(x[i]!, 'x', true), at(high[i]!));
    for (let i = end - 1; i >= first; i--) if (Number.isFinite(low[i]!)) ctx.lineTo(plot.valToPos(x[i]!, 'x', true), at(low[i]!));
    ctx.closePath();
    ctx.fillStyle = seriesColour(series, true);
    ctx.globalAlpha = faint ? 0.8 : 0.6;
    ctx.fill();
  }
  ctx.restore();
}

/** The index of the first x that is not below `value`. */
function firstFrom(x: ArrayLike<number>, value: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last value that is a number, '–' where there is none. */
export function lastText({ y }: Line, format: (value: number) => string): string {
  for (let i = y.length - 1; i >= 0; i--) if (Number.isFinite(y[i]!)) return format(y[i]!);
  return '–';
}

/** Whether there is just one point to draw, which no line connects. */
export function isSingle(y: ArrayLike<number>): boolean {
  let count = 0;
  for (let i = 0; i < y.length && count < 2; i++) if (Number.isFinite(y[i]!)) count++;
  return count === 1;
}
