import type { TrialSummary } from '../../../history/searchHistory';
import { formatMetric } from '../../../numbers';
import { linearTicks } from '../../../report/drawing/ticks';
import { onPointing, svg } from '../dom';

const [height, left, right, top, bottom] = [300, 64, 28, 12, 46];
/** At most this many trials are drawn, the best. */
const maxDrawn = 400;

export interface TrialCurve extends Pick<TrialSummary, 'trial' | 'state' | 'steps'> {
  readonly points: readonly (readonly [step: number, value: number])[];
}

export interface TrialCurves {
  readonly element: Element;
  choose(trial: number | undefined): void;
  filter(matches: (trial: number) => boolean): void;
}

/**
 * The monitored metric of each trial over the share of its training, as batch sizes differ and steps with them. The best first; a cross ends the line of a trial
 * that was pruned or failed.
 */
export function trialCurves(curves: readonly TrialCurve[], metric: string, room: number, chosen: (trial: number | undefined) => void): TrialCurves {
  const drawn = curves.slice(0, maxDrawn).map((curve) => ({ ...curve, points: curve.points.filter(([, value]) => Number.isFinite(value)) })).filter(({ points }) => points.length > 0);
  const width = Math.max(280, Math.min(900, room));
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value));
  const [least, most] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const ticks = linearTicks(least, most > least ? most : least + (Math.abs(least) || 1), 5);
  const [low, high] = [ticks[0]!, ticks[ticks.length - 1]!];
  const x = (share: number): string => (left + share * (width - left - right)).toFixed(1);
  const y = (value: number): string => (height - bottom - ((value - low) / (high - low)) * (height - top - bottom)).toFixed(1);
  const lines = new Map<number, Element>();
  const choose = (trial: number | undefined): void => {
    for (const [number, line] of lines) line.classList.toggle('chosen', number === trial);
    root.classList.toggle('choosing', trial !== undefined);
  };
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const root = svg(
    'svg', { class: 'trial-curves', width, height, role: 'img', 'aria-label': `Validation ${metric} of ${String(drawn.length)} trials over their training; the table below holds their last values` },
    ...shares.map((share) => svg('text', { x: x(share), y: height - bottom + 16, 'text-anchor': 'middle' }, `${String(100 * share)} %`)),
    ...ticks.flatMap((tick) => [svg('line', { x1: left, x2: width - right, y1: y(tick), y2: y(tick) }), svg('text', { x: left - 6, y: Number(y(tick)) + 4, 'text-anchor': 'end' }, formatMetric(metric, tick))]),
    svg('text', { x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle', class: 'axis' }, 'share of the whole training'),
    svg('text', { x: -(top + height - bottom) / 2, y: 13, transform: 'rotate(-90)', 'text-anchor': 'middle', class: 'axis' }, `validation ${metric}`),
  );
  // The best is drawn last, over the others.
  for (const [rank, { trial, state, steps, points }] of [...drawn.entries()].reverse()) {
    const whole = steps[steps.length - 1] ?? points[points.length - 1]![0];
    const places = points.map(([step, value]) => `${x(step / whole)},${y(value)}`);
    const [end] = places.slice(-1);
    const [endX, endY] = end!.split(',').map(Number) as [number, number];
    const mark = state === 'pruned' || state === 'failed' ? svg('path', { d: `M${String(endX - 3)} ${String(endY - 3)}l6 6m0 -6l-6 6` }) : svg('circle', { cx: endX, cy: endY, r: 2.5 });
    const line = svg('g', { class: `trial ${state}${rank === 0 ? ' best' : ''}` }, svg('polyline', { points: places.join(' ') }), mark, svg('title', {}, `trial ${String(trial)}, ${state}: ${formatMetric(metric, points[points.length - 1]![1])}`));
    onPointing(line, (isPointedAt) => {
      const which = isPointedAt ? trial : undefined;
      choose(which);
      chosen(which);
    });
    lines.set(trial, line);
    root.append(line);
  }
  return {
    element: root, choose,
    filter: (matches) => {
      for (const [trial, line] of lines) line.classList.toggle('out', !matches(trial));
    },
  };
}
