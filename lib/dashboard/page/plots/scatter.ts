import { linearTicks, tickFormat } from '../../../report/drawing/ticks';
import { svg } from '../dom';

const [width, height, left, right, top, bottom] = [420, 320, 70, 12, 12, 44];

/** Dots with axes; `guide` is a dashed line through two points. */
export interface Scatter {
  readonly points: readonly (readonly [x: number, y: number, title: string])[];
  readonly guide: readonly [readonly [number, number], readonly [number, number]];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A drawing of dots, each with a title of its own. */
export function scatter({ points, guide, xLabel, yLabel }: Scatter): Element {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const xAxis = axisOf([...finite.map(([x]) => x), ...guide.map(([x]) => x)]);
  const yAxis = axisOf([...finite.map(([, y]) => y), ...guide.map(([, y]) => y)]);
  const x = (value: number): string => (left + xAxis.place(value) * (width - left - right)).toFixed(1);
  const y = (value: number): string => (height - bottom - yAxis.place(value) * (height - top - bottom)).toFixed(1);
  const [from, to] = guide;
  return svg(
    'svg', { class: 'scatter', viewBox: `0 0 ${String(width)} ${String(height)}`, role: 'img', 'aria-label': `${String(finite.length)} dots: ${yLabel} against ${xLabel}` },
    ...xAxis.ticks.flatMap((tick) => [svg('line', { x1: x(tick), x2: x(tick), y1: top, y2: height - bottom }), svg('text', { x: x(tick), y: height - bottom + 16, 'text-anchor': 'middle' }, xAxis.format(tick))]),
    ...yAxis.ticks.flatMap((tick) => [svg('line', { x1: left, x2: width - right, y1: y(tick), y2: y(tick) }), svg('text', { x: left - 6, y: Number(y(tick)) + 4, 'text-anchor': 'end' }, yAxis.format(tick))]),
    svg('text', { x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle', class: 'axis' }, xLabel),
    svg('text', { x: -(top + height - bottom) / 2, y: 14, transform: 'rotate(-90)', 'text-anchor': 'middle', class: 'axis' }, yLabel),
    svg('line', { class: 'guide', x1: x(from[0]), y1: y(from[1]), x2: x(to[0]), y2: y(to[1]) }),
    ...finite.map(([px, py, title]) => svg('circle', { cx: x(px), cy: y(py), r: 3 }, svg('title', {}, title))),
  );
}

function axisOf(values: readonly number[]): { readonly ticks: number[]; readonly place: (value: number) => number; readonly format: (value: number) => string } {
  const [least, most] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const ticks = linearTicks(least, most > least ? most : least + (Math.abs(least) || 1), 5);
  const [low, high] = [ticks[0]!, ticks[ticks.length - 1]!];
  return { ticks, place: (value) => (value - low) / (high - low), format: tickFormat(ticks) };
}
