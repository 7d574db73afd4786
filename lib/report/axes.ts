import type { LineChart } from './charts';
import type { Point } from './thin';
import { linearTicks, logTickFormat, logTicks, tickFormat } from './ticks';

/** The span of an axis, with ticks and how they read. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: number[];
  readonly labels: string[];
}

/** The x-axis spans the data, from 0 where that is near; the y-axis runs from tick to tick. */
export function layAxes(
  points: readonly Point[],
  chart: Pick<LineChart, 'yScale' | 'yFormat'>,
): { x: Axis; y: Axis } {
  if (points.length === 0) {
    const empty = { low: 0, high: 1, ticks: [], labels: [] };
    return { x: empty, y: { ...empty, low: chart.yScale === 'log' ? 0.1 : 0 } };
  }
  const [first, last] = range(points, 0);
  const xLow = first > 0 && first <= 0.1 * last ? 0 : first;
  const xTicks = linearTicks(xLow, last, 8).filter((tick) => tick >= xLow && tick <= last);
  const x = { low: xLow, high: last, ticks: xTicks, labels: xTicks.map((tick) => grouped(tickFormat(xTicks)(tick))) };

  const [low, high] = range(points, 1);
  const yTicks = chart.yScale === 'log' ? logTicks(low, high) : linearTicks(low, high, 5);
  const numberFormat = chart.yScale === 'log' ? logTickFormat : tickFormat(yTicks);
  const format = chart.yFormat === 'percent' ? percentFormat(yTicks) : numberFormat;
  const y = { low: yTicks[0]!, high: yTicks[yTicks.length - 1]!, ticks: yTicks, labels: yTicks.map(format) };
  return { x, y };
}

/** The least and the greatest coordinate of at least one point. */
export function extent(points: readonly Point[], coordinate: 0 | 1): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const point of points) {
    low = Math.min(low, point[coordinate]);
    high = Math.max(high, point[coordinate]);
  }
  return [low, high];
}

/** The extent, widened where it is a single value. */
function range(points: readonly Point[], coordinate: 0 | 1): [number, number] {
  const [low, high] = extent(points, coordinate);
  if (low < high) return [low, high];
  const room = Math.abs(low) * 0.1 || 1;
  return [low - room, high + room];
}

function percentFormat(ticks: readonly number[]): (value: number) => string {
  const format = tickFormat(ticks.map((tick) => tick * 100));
  return (value) => `${format(value * 100)} %`;
}

/** Digits in groups of three from five digits on. */
function grouped(label: string): string {
  return /^-?\d{5,}$/.test(label) ? label.replace(/\B(?=(\d{3})+$)/g, '\u202f') : label;
}
