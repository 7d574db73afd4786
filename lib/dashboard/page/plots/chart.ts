import uPlot from 'uplot';
import { colour, h, seriesColour } from '../dom';

export interface Line {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Number of its colour. */
  readonly series: number;
  readonly faint?: boolean;
  readonly dashed?: boolean;
  /** Whether points are marked by dots. */
  readonly dots?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly log?: boolean;
  /** The y-axis begins at 0 and ends at this value or above. */
  readonly upTo?: number;
}

/** Charts that share their range of x. */
export class ZoomGroup {
  range: readonly [number, number] | null = null;
  /** The unit of x. */
  unit = 'step';
  private readonly charts = new Set<Chart>();

  add(chart: Chart): void {
    this.charts.add(chart);
  }

  set(range: readonly [number, number] | null): void {
    this.range = range;
    for (const chart of this.charts) chart.redraw();
  }

  /** Zooms by a factor about the middle, or pans by a share of the visible range. */
  change(factor: number, move = 0): void {
    const full = [...this.charts].map(({ extent }) => extent);
    const low = Math.min(...full.map(([from]) => from));
    const high = Math.max(...full.map(([, to]) => to));
    if (!(high > low)) return;
    const [from, to] = this.range ?? [low, high];
    const width = Math.min(high - low, (to - from) * factor);
    const middle = (from + to) / 2 + move * (to - from);
    const start = Math.max(low, Math.min(high - width, middle - width / 2));
    this.set(width >= high - low ? null : [start, start + width]);
  }
}

const height = 220;

/** A chart of lines over a common x. Drag to zoom, double-click or 0 for all; arrows, + and − on the keyboard. */
export class Chart {
  readonly element: HTMLElement;
  private readonly caption = h('figcaption', {});
  private readonly canvas = h('div', { class: 'plot', tabindex: 0, role: 'img' });
  private plot: uPlot | undefined;
  private lines: readonly Line[] = [];
  private shape = '';
  private readonly observer = new ResizeObserver(() => {
    this.resize();
  });

  constructor(private readonly group: ZoomGroup, private options: ChartOptions) {
    group.add(this);
    this.element = h('figure', { class: 'chart' }, this.caption, this.canvas);
    this.canvas.addEventListener('keydown', (event) => {
      this.key(event);
    });
    this.observer.observe(this.canvas);
  }

  /** The range of x of its data. */
  get extent(): readonly [number, number] {
    const ends = this.lines.filter(({ x }) => x.length > 0).map(({ x }) => [x[0]!, x[x.length - 1]!] as const);
    return [Math.min(...ends.map(([from]) => from)), Math.max(...ends.map(([, to]) => to))];
  }

  show(lines: readonly Line[], options: Partial<ChartOptions> = {}): void {
    this.options = { ...this.options, ...options };
    this.lines = lines;
    const { log = false, title } = this.options;
    const shape = JSON.stringify([title, log, this.group.unit, lines.map(({ label, series, faint, dashed, dots }) => [label, series, faint, dashed, dots])]);
    if (shape !== this.shape) this.forget();
    this.shape = shape;
    this.redraw();
  }

  /** Creates the plot again, in the present colours. */
  forget(): void {
    this.plot?.destroy();
    this.plot = undefined;
  }

  redraw(): void {
    const data = this.data();
    this.caption.textContent = this.options.title;
    this.canvas.setAttribute('aria-label', this.summary());
    const empty = this.lines.every(({ x }) => x.length === 0);
    this.element.hidden = empty;
    if (empty) return;
    if (this.plot === undefined) {
      this.canvas.replaceChildren();
      this.plot = new uPlot(this.plotOptions(), data, this.canvas);
    } else this.plot.setData(data);
  }

  dispose(): void {
    this.observer.disconnect();
    this.forget();
  }

  private data(): uPlot.AlignedData {
    const { log = false } = this.options;
    const tables = this.lines.map(({ x, y }): uPlot.AlignedData => [[...x], y.map((value) => (Number.isFinite(value) && (!log || value > 0) ? value : null))]);
    return tables.length === 0 ? [[], []] : uPlot.join(tables);
  }

  private plotOptions(): uPlot.Options {
    const { log = false, upTo, format } = this.options;
    const axis = { stroke: colour('muted'), grid: { stroke: colour('grid'), width: 1 }, ticks: { stroke: colour('grid'), width: 1 }, font: '12px system-ui, sans-serif' };
    return {
      width: Math.max(200, this.canvas.clientWidth),
      height,
      scales: {
        x: { time: false, range: (_, low, high) => (this.group.range === null ? [low, Math.max(high, low + 1e-9)] : [...this.group.range]) },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of declarations cannot be read here
        y: { ...(log && { distr: 3 }), ...(upTo !== undefined && { range: (_: uPlot, low: number, high: number): [number, number] => [Math.min(0, low), Math.max(upTo, high)] }) },
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => (tick >= 10_000 ? `${String(tick / 1000)}k` : String(Number(tick.toPrecision(6))))) },
        { ...axis, size: 62, values: (_, ticks: readonly (number | null)[]) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
      ],
      series: [
        { label: this.group.unit, value: (_, value: number | null) => (value === null ? '–' : String(Number(value.toPrecision(6)))) },
        ...this.lines.map(({ label, series, faint = false, dashed = false, dots = false }): uPlot.Series => {
          return {
            label,
            stroke: seriesColour(series, faint),
            width: faint ? 1 : 2,
            spanGaps: true,
            ...(dashed && { dash: [6, 4] }),
            points: { show: dots, size: 6 },
            value: (_, value: number | null) => (value === null ? '–' : format(value)),
          };
        }),
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            this.group.set(null);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 4) return;
            this.group.set([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
  }

  private summary(): string {
    const { title, format } = this.options;
    const last = this.lines.filter(({ faint = false, y }) => !faint && y.length > 0).map(({ label, y }) => `${label} ${format(y[y.length - 1]!)}`);
    return `${title}: ${last.join(', ')}. Plus and minus zoom, arrows move, 0 shows all.`;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions: Readonly<Record<string, () => void>> = {
      '+': () => { this.group.change(0.5); },
      '=': () => { this.group.change(0.5); },
      '-': () => { this.group.change(2); },
      ArrowLeft: () => { this.group.change(1, -0.25); },
      ArrowRight: () => { this.group.change(1, 0.25); },
      '0': () => { this.group.set(null); },
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  private resize(): void {
    const width = Math.max(200, this.canvas.clientWidth);
    if (this.plot !== undefined && this.plot.width !== width) this.plot.setSize({ width, height });
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
