import uPlot from 'uplot';
import { colour, h, nameText, seriesColour, seriesDash } from '../dom';
import { downloads } from './download';
import { drawEndLabels, endLabelRoom } from './endLabels';
import { dataOf, drawBands, isSingle, lastText, valuesOf, withoutOutliers } from './lines';
import type { Line } from './lines';
import { placeText, tickOptions, xAxes } from './xAxis';
import type { Zoomed, ZoomGroup } from './zoom';

export interface ChartOptions {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly log?: boolean;
  /** The y-axis begins at 0 and ends at this value or above. */
  readonly upTo?: number;
  /** Whether lines are labelled at their ends, where there are not too many. */
  readonly endLabels?: boolean;
  /** Whether values that lie far from the others may be out of sight. */
  readonly outliers?: boolean;
}

const height = 220;

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
    this.canvas.setAttribute('aria-label', options.title); // until it is drawn
    const buttons = downloads(() => ({ ...this.options, axis: group.axis, lines: this.lines, plot: this.plot }));
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
    const shape = JSON.stringify([title, log, this.group.axis, this.lines.map(({ label, series, faint, dashed, dots }) => [label, series, faint, dashed, dots])]);
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
    this.caption.textContent = this.heading;
    this.canvas.setAttribute('aria-label', this.summary());
    const empty = this.lines.every(({ x }) => x.length === 0);
    this.element.hidden = empty;
    if (empty) return;
    this.drawn = this.group.visible;
    const data = dataOf(this.lines, this.drawn, Math.max(200, this.canvas.clientWidth), this.options.log);
    if (this.plot === undefined) {
      this.canvas.replaceChildren();
      this.plot = new uPlot(this.plotOptions(), data, this.canvas);
      this.writeNames();
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

  private plotOptions(): uPlot.Options {
    const { log = false, upTo, format, endLabels = false } = this.options;
    const width = Math.max(200, this.canvas.clientWidth);
    const room = endLabels ? endLabelRoom(this.lines, width) : undefined;
    const xAxis = this.group.axis;
    const axis = { stroke: colour('muted'), grid: { stroke: colour('grid'), width: 1 }, ticks: { stroke: colour('grid'), width: 1 }, font: '12px system-ui, sans-serif' };
    return {
      width,
      height,
      ...(room !== undefined && { padding: [null, room, null, null] }),
      scales: {
        x: { time: xAxis === 'wall', range: () => [...this.group.visible] },
        y: {
          ...(log && { distr: 3 }),
          range: () => {
            const [low, high] = this.scale;
            return upTo !== undefined ? [Math.min(0, low), Math.max(upTo, high)] : log ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
          },
        },
      },
      axes: [
        { ...axis, label: xAxes[xAxis].title, labelSize: 18, labelFont: axis.font, size: xAxis === 'wall' ? 46 : 34, ...tickOptions(xAxis) },
        { ...axis, size: 62, values: (_, ticks: readonly (number | null)[]) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
      ],
      series: [
        { label: xAxes[xAxis].title, value: (_, value: number | null) => (value === null ? 'last' : placeText(xAxis, value)) },
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
            drawBands(plot, this.lines, this.group.visible, log);
          },
        ],
        draw: [
          (plot) => {
            if (room !== undefined) drawEndLabels(plot, this.lines, this.group.visible);
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

  /** Names in the legend are those of runs, which may be long, and run from right to left. */
  private writeNames(): void {
    const legend = this.canvas.querySelector('.u-legend')!;
    if (this.lines.length > 6) legend.setAttribute('tabindex', '0'); // it may scroll
    [...legend.querySelectorAll('.u-label')].slice(1).forEach((element, i) => {
      const { label, name = label } = this.lines[i]!;
      element.replaceChildren(nameText(name), label.slice(name.length));
    });
  }

  /** The value under the cursor, with its own x where that is another than the cursor's; without a cursor the last. */
  private legendText(at: number, plot: uPlot, value: number | null, idx: number | null): string {
    const { format } = this.options;
    if (idx === null) return lastText(this.lines[at]!, format);
    if (value === null) return '–';
    const [x] = plot.data;
    const own = x[idx]!;
    return plot.cursor.idx == null || own === x[plot.cursor.idx] ? format(value) : `${format(value)} at ${placeText(this.group.axis, own)}`;
  }

  /** The values that the scale of y has to hold. */
  private get scale(): readonly [number, number] {
    const { log = false, outliers = false } = this.options;
    const all = valuesOf(this.lines, this.group.visible, log);
    return outliers ? withoutOutliers(this.lines, this.group.visible, log, all) : all;
  }

  /** The title, and how far values go that are out of sight. */
  private get heading(): string {
    const { title, log = false, format } = this.options;
    const [least, greatest] = valuesOf(this.lines, this.group.visible, log);
    const [low, high] = this.scale;
    const far = [...(least < low ? [format(least)] : []), ...(greatest > high ? [format(greatest)] : [])];
    return far.length === 0 ? title : `${title} (outliers to ${far.join(' and ')} not shown)`;
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
