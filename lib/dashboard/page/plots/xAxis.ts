import { ticksWithin } from '../../../report/drawing/ticks';
import { duration } from '../dom';

/** What x may count: of each axis the word of the toolbar, the title, and the name of a CSV file's column. */
export const xAxes = {
  step: { choice: 'steps', title: 'step', column: 'step' },
  epoch: { choice: 'epochs', title: 'epoch', column: 'epoch' },
  relative: { choice: 'training time', title: 'training time', column: 'seconds' },
  wall: { choice: 'date and time', title: 'date and time', column: 'time' },
} as const;

export type XAxis = keyof typeof xAxes;

/** Distances between ticks of times, in seconds. */
const timeSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000];

/** A place on an axis as text: a step, an epoch, 1 min 20 s, a date. */
export function placeText(axis: XAxis, x: number): string {
  if (axis === 'relative') return duration(x);
  return axis === 'wall' ? new Date(1000 * x).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' }) : String(Number(x.toPrecision(6)));
}

/** The same for ticks, where there is little room. */
export function shortPlaceText(axis: XAxis, x: number): string {
  return axis === 'wall' ? new Date(1000 * x).toLocaleString('en', { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }) : placeText(axis, Number(x.toPrecision(4)));
}

/** Where an axis that is drawn by hand has labels: round numbers; of dates the ends and the middle. */
export function placeTicks(axis: XAxis, [low, high]: readonly [number, number]): number[] {
  if (axis === 'wall' || !(high > low)) return [low, (low + high) / 2, high];
  return ticksWithin(low, high, 5);
}

/** A place as a table has it: dates as ISO 8601. */
export function placeCell(axis: XAxis, x: number): number | string {
  return axis === 'wall' ? new Date(Math.round(1000 * x)).toISOString() : x;
}

/** What uPlot is told of an axis beside its looks; it writes dates by itself. */
export function tickOptions(axis: XAxis): { incrs?: number[]; values?: (plot: unknown, ticks: number[]) => string[] } {
  if (axis === 'wall') return {};
  if (axis === 'relative') return { incrs: timeSteps, values: (_, ticks) => ticks.map((tick) => clockText(tick, ticks[1]! - ticks[0]!)) };
  return { values: (_, ticks) => ticks.map((tick) => (tick >= 10_000 ? `${String(tick / 1000)}k` : String(Number(tick.toPrecision(6))))) };
}

/** 0.4 s, 90 s, 5 min, 2:30 h. */
function clockText(seconds: number, gap: number): string {
  if (seconds === 0) return '0';
  if (gap < 60) return seconds < 600 ? `${String(Number(seconds.toPrecision(4)))} s` : `${String(Math.floor(seconds / 60))}:${String(Math.floor(seconds % 60)).padStart(2, '0')} min`;
  if (seconds < 3600 && gap < 3600) return `${String(Math.round(seconds / 60))} min`;
  return gap % 3600 === 0 ? `${String(Math.round(seconds / 3600))} h` : `${String(Math.floor(seconds / 3600))}:${String(Math.round((seconds % 3600) / 60)).padStart(2, '0')} h`;
}
