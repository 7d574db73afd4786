import { h } from '../dom';
import type { XAxis } from './xAxis';

let groups = 0;

/** A chart, as its group knows it. */
export interface Zoomed {
  /** The range of x of its data. */
  readonly extent: readonly [number, number];
  redraw(): void;
  /** Draws again where the visible range is another meanwhile. */
  settle(): void;
}

/** Charts that share their range of x and the cursor. */
export class ZoomGroup {
  range: readonly [number, number] | null = null;
  axis: XAxis = 'step';
  /** By which the charts find each other's cursors. */
  readonly key = `group ${String(groups++)}`;
  private readonly charts = new Set<Zoomed>();
  private readonly listeners = new Set<() => void>();

  add(chart: Zoomed): void {
    this.charts.add(chart);
  }

  /** Calls `listener` once another range was chosen. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  set(range: readonly [number, number] | null): void {
    this.range = range;
    for (const chart of this.charts) chart.redraw();
    for (const listener of this.listeners) listener();
  }

  /** Draws those charts again that were drawn while less was known of the others' x. */
  settle(): void {
    for (const chart of this.charts) chart.settle();
  }

  /** What is shown of x: the chosen range, else that of the data of all charts, widened where it is a single value. */
  get visible(): readonly [number, number] {
    if (this.range !== null) return this.range;
    const [low, high] = this.extent;
    if (low < high) return [low, high];
    return Number.isFinite(low) ? [Math.min(low, Math.max(0, low - 1)), low + 1] : [0, 1];
  }

  /** Zooms by a factor about the middle, or pans by a share of the visible range. */
  change(factor: number, move = 0): void {
    const [low, high] = this.extent;
    if (!(high > low)) return;
    const [from, to] = this.range ?? [low, high];
    const width = Math.min(high - low, (to - from) * factor);
    const middle = (from + to) / 2 + move * (to - from);
    const start = Math.max(low, Math.min(high - width, middle - width / 2));
    this.set(width >= high - low ? null : [start, start + width]);
  }

  private get extent(): readonly [number, number] {
    const full = [...this.charts].map(({ extent }) => extent);
    return [Math.min(...full.map(([from]) => from)), Math.max(...full.map(([, to]) => to))];
  }
}

/** Buttons that zoom and pan, as dragging and keys do. */
export function zoomButtons(group: ZoomGroup): HTMLElement {
  const button = (text: string, label: string, action: () => void): HTMLElement => h('button', { type: 'button', 'aria-label': label, title: label, onclick: action }, text);
  return h(
    'span', { class: 'buttons', role: 'group', 'aria-label': 'Zoom' },
    button('+', 'Zoom in', () => { group.change(0.5); }), button('−', 'Zoom out', () => { group.change(2); }),
    button('◀', 'Earlier', () => { group.change(1, -0.25); }), button('▶', 'Later', () => { group.change(1, 0.25); }),
    button('⟲', 'Show all', () => { group.set(null); }),
  );
}
