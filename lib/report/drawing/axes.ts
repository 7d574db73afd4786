import type { LineChart } from './lineChart';
import type { Point } from './thin';
import { linearTicks, logTickFormat, logTicks, tickFormat, ticksWithin } from './ticks';

/** The span of an axis, with its ticks and their labels. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: number[];
  readonly labels: string[];
}

/** The x-axis spans the data, if linear from 0 where that is near; the y-axis runs from tick to tick. */
export function layAxes(
  points: readonly Point[],
  chart: Pick<LineChart, 'xScale' | 'yScale' | 'yFormat'>,
): { x: Axis; y: Axis } {
  if (points.length === 0) {
    const empty = { low: 0, high: 1, ticks: [], labels: [] };
    const lowOf = (scale: LineChart['xScale']): number => (scale === 'log' ? 0.1 : 0);
    return { x: { ...empty, low: lowOf(chart.xScale) }, y: { ...empty, low: lowOf(chart.yScale) } };
  }
  const x = chart.xScale === 'log' ? logarithmicX(points) : linearX(points);
  const [low, high] = range(points, 1);
  const yTicks = chart.yScale === 'log' ? logTicks(low, high) : linearTicks(low, high, 5);
  const numberFormat = chart.yScale === 'log' ? logTickFormat : tickFormat(yTicks);
  const format = chart.yFormat === 'percent' ? percentFormat(yTicks) : numberFormat;
  const y = { low: yTicks[0]!, high: yTicks[yTicks.length - 1]!, ticks: yTicks, labels: yTicks.map(format) };
  return { x, y };
}

function linearX(points: readonly Point[]): Axis {
  const [first, high] = range(points, 0);
  const low = first > 0 && first <= 0.1 * high ? 0 : first;
  const ticks = ticksWithin(low, high, 8);
  return { low, high, ticks, labels: ticks.map((tick) => grouped(tickFormat(ticks)(tick))) };
}

function logarithmicX(points: readonly Point[]): Axis {
  const [low, high] = range(points, 0);
  const ticks = logTicks(low, high).filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  return { low, high, ticks, labels: ticks.map(logTickFormat) };
}

/** The minimum and the maximum coordinate of one point or more. */
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
  return /^-?\d{5,}$/.test(label) ? label.replace(/\B(?=(\d{3})+$)/g, ',') : label;
}
