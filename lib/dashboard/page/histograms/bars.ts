import { linearTicks, logTickFormat, tickFormat, ticksWithin } from '../../../report/drawing/ticks';
import { svg } from '../dom';

const [width, height, left, right, top, bottom] = [420, 130, 62, 10, 6, 32];

/** The bars of one histogram, in equal bins over a range; heights by the logarithm of counts where that is asked for. */
export function bars(counts: Float64Array, [low, high]: readonly [number, number], isLog: boolean, title: string): Element {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const ticks = ticksWithin(low, high, 5);
  const format = tickFormat(ticks);
  const x = (value: number): number => left + ((value - low) / (high - low)) * (width - left - right);
  const down = height - top - bottom;
  const share = (count: number): number => (most === 0 ? 0 : isLog ? Math.log10(1 + count) / Math.log10(1 + most) : count / most);
  const bar = (width - left - right) / counts.length;
  const counted = linearTicks(0, Math.max(most, 1), 3);
  const levels = isLog ? [1, Math.sqrt(most), most] : counted.filter((level) => level <= most);
  const countFormat = tickFormat(counted);
  return svg(
    'svg', { class: 'bars-plot', viewBox: `0 0 ${String(width)} ${String(height)}`, role: 'img', 'aria-label': title },
    ...levels.map((level) => svg('text', { x: left - 6, y: top + (1 - share(level)) * down + 4, 'text-anchor': 'end' }, isLog ? logTickFormat(Math.round(level)) : countFormat(level))),
    ...levels.map((level) => svg('line', { x1: left, x2: width - right, y1: top + (1 - share(level)) * down, y2: top + (1 - share(level)) * down })),
    ...[...counts].flatMap((count, i) => (count > 0 ? [svg('rect', {
      x: (left + i * bar).toFixed(2), width: Math.max(0.5, bar - 0.4).toFixed(2), y: (top + (1 - share(count)) * down).toFixed(2), height: (share(count) * down).toFixed(2),
    })] : [])),
    ...ticks.map((tick) => svg('text', { x: x(tick), y: height - 18, 'text-anchor': 'middle' }, format(tick))),
    svg('text', { x: (left + width - right) / 2, y: height - 3, 'text-anchor': 'middle', class: 'axis' }, 'value'),
    svg('text', { x: -(top + down / 2), y: 12, transform: 'rotate(-90)', 'text-anchor': 'middle', class: 'axis' }, isLog ? 'count, log' : 'count'),
  );
}
