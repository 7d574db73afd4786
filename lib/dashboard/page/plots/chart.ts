import uPlot from 'uplot';
import { thinned } from '../../../report/drawing/thin';
import { colour, h, seriesColour, seriesDash } from '../dom';
import { downloads } from './download';
import type { Zoomed, ZoomGroup } from './zoom';

export interface Line {
  readonly label: string;
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

export interface ChartOptions {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly log?: boolean;
  /** The y-axis begins at 0 and ends at this value or above. */
  readonly upTo?: number;
}

const height = 220;
/** Points of a line that are drawn for each pixel of the width: a least and a greatest value. */
const pointsPerPixel = 2;

/** A chart of lines over a common x. Drag to zoom, double-click or 0 for all; arrows, + and − on the keyboard. */
export class Chart implements Zoomed {
  readonly element: HTMLElement;
  private readonly caption = h('span', {});
  private readonly canvas = h('div', { class: 'plot', tabindex: 0, role: 'img' });
  private plot: uPlot | undefined;
  private lines: readonly Line[] = [];
  private shape = '';
  /** What was visible of x when it was last drawn. */
  private drawn: readonly [number, number] = [NaN, NaN];
  private readonly observer = new ResizeObserver(() => {
    this.resize();
  });

  constructor(private readonly group: ZoomGroup, private options: ChartOptions) {
    group.add(this);
    const buttons = downloads(() => ({ ...this.options, unit: group.unit, lines: this.lines, plot: this.plot }));
    this.element = h('figure', { class: 'chart' }, h('figcaption', {}, this.caption, buttons), this.canvas);
    this.canvas.addEventListener('keydown', (event) => {
      this.key(event);
    });
    this.observer.observe(this.canvas);
  }

  /** The range of x of its data. */
  get extent(): readonly [number, number] {
    const ends = this.lines.filter(({ x }) => x.length > 0).map(({ x, extent }) => extent ?? [x[0]!, x[x.length - 1]!] as const);
    return [Math.min(...ends.map(([from]) => from)), Math.max(...ends.map(([, to]) => to))];
  }

  show(lines: readonly Line[], options: Partial<ChartOptions> = {}): void {
    this.options = { ...this.options, ...options };
    this.lines = lines.map((line) => ({ ...line, dots: line.dots === true || isSingle(line.y) }));
    const { log = false, title } = this.options;
    const shape = JSON.stringify([title, log, this.group.unit, this.lines.map(({ label, series, faint, dashed, dots }) => [label, series, faint, dashed, dots])]);
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
    this.caption.textContent = this.options.title;
    this.canvas.setAttribute('aria-label', this.summary());
    const empty = this.lines.every(({ x }) => x.length === 0);
    this.element.hidden = empty;
    if (empty) return;
    this.drawn = this.group.visible;
    const data = this.data();
    if (this.plot === undefined) {
      this.canvas.replaceChildren();
      this.plot = new uPlot(this.plotOptions(), data, this.canvas);
    } else this.plot.setData(data);
    if (this.plot.cursor.idx == null) this.plot.setLegend({ idxs: this.plot.data.map(() => null as unknown as number) }, false); // the last values
  }

  /** Draws again where the visible range is another meanwhile. */
  settle(): void {
    const [low, high] = this.group.visible;
    if (!this.element.hidden && (low !== this.drawn[0] || high !== this.drawn[1])) this.redraw();
  }

  dispose(): void {
    this.observer.disconnect();
    this.forget();
  }

  /** The visible part of each line, with the points beside it, thinned to what the width can show. */
  private data(): uPlot.AlignedData {
    const { log = false } = this.options;
    const [low, high] = this.group.visible;
    const limit = pointsPerPixel * Math.max(200, this.canvas.clientWidth);
    const tables = this.lines.map(({ x, y }): uPlot.AlignedData => {
      const first = Math.max(0, firstFrom(x, low) - 1);
      const end = Math.min(x.length, firstFrom(x, high) + 2);
      const kept = thinned(y, limit, first, end);
      return [kept.map((i) => x[i]!), kept.map((i) => (Number.isFinite(y[i]!) && (!log || y[i]! > 0) ? y[i]! : null))];
    });
    return tables.length === 0 ? [[], []] : uPlot.join(tables);
  }

  private plotOptions(): uPlot.Options {
    const { log = false, upTo, format } = this.options;
    const axis = { stroke: colour('muted'), grid: { stroke: colour('grid'), width: 1 }, ticks: { stroke: colour('grid'), width: 1 }, font: '12px system-ui, sans-serif' };
    return {
      width: Math.max(200, this.canvas.clientWidth),
      height,
      scales: {
        x: { time: false, range: () => [...this.group.visible] },
        y: {
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of declarations cannot be read here
          ...(log && { distr: 3 }),
          range: () => {
            const [low, high] = this.values;
            return upTo !== undefined ? [Math.min(0, low), Math.max(upTo, high)] : log ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
          },
        },
      },
      axes: [
        { ...axis, label: this.group.unit, labelSize: 18, labelFont: axis.font, size: 34, values: (_, ticks) => ticks.map((tick) => (tick >= 10_000 ? `${String(tick / 1000)}k` : String(Number(tick.toPrecision(6))))) },
        { ...axis, size: 62, values: (_, ticks: readonly (number | null)[]) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
      ],
      series: [
        { label: this.group.unit, value: (_, value: number | null) => (value === null ? 'last' : place(value)) },
        ...this.lines.map(({ label, series, faint = false, dashed = false, dots = false }, at): uPlot.Series => {
          const dash = dashed ? [6, 4] : seriesDash(series);
          return {
            label,
            stroke: seriesColour(series, faint),
            width: faint ? 1 : 2,
            spanGaps: true,
            ...(dash && { dash }),
            points: { show: dots, size: 6 },
            value: (plot, value: number | null, _, idx) => this.legendText(at, plot, value, idx),
          };
        }),
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        sync: { key: this.group.key, scales: ['x', null], filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
        bind: {
          dblclick: () => () => {
            this.group.set(null);
            return null;
          },
        },
      },
      hooks: {
        drawAxes: [
          (plot) => {
            this.drawBands(plot);
          },
        ],
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

  /** The value under the cursor, with its own x where that is another than the cursor's; without a cursor the last. */
  private legendText(at: number, plot: uPlot, value: number | null, idx: number | null): string {
    const { format } = this.options;
    if (idx === null) return lastText(this.lines[at]!, format);
    if (value === null) return '–';
    const [x] = plot.data;
    const own = x[idx]!;
    return plot.cursor.idx == null || own === x[plot.cursor.idx] ? format(value) : `${format(value)} at ${place(own)}`;
  }

  /** The least and the greatest value in sight, those that points stand for included. */
  private get values(): [number, number] {
    const { log = false } = this.options;
    const [from, to] = this.group.visible;
    let [least, greatest] = [Infinity, -Infinity];
    for (const { x, y, low = y, high = y } of this.lines) {
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

  /** Between the least and the greatest value of points that stand for several. */
  private drawBands(plot: uPlot): void {
    const { log = false } = this.options;
    const { ctx, bbox } = plot;
    const [from, to] = this.group.visible;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { x, low, high, series, faint = false } of this.lines) {
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

  private summary(): string {
    const { title, format } = this.options;
    const last = this.lines.filter(({ faint = false, y }) => !faint && y.length > 0).map((line) => `${line.label} ${lastText(line, format)}`);
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

/** A step or an epoch as text. */
function place(x: number): string {
  return String(Number(x.toPrecision(6)));
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
function lastText({ y }: Line, format: (value: number) => string): string {
  for (let i = y.length - 1; i >= 0; i--) if (Number.isFinite(y[i]!)) return format(y[i]!);
  return '–';
}

/** Whether there is just one point to draw, which no line connects. */
function isSingle(y: ArrayLike<number>): boolean {
  let count = 0;
  for (let i = 0; i < y.length && count < 2; i++) if (Number.isFinite(y[i]!)) count++;
  return count === 1;
}
