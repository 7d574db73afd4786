import { csvLine } from '../../../files/csvLine';
import type { Histogram, LayerHistograms } from '../../../train/events';
import { formatCount } from '../../../numbers';
import { fill, h, number, percent } from '../dom';
import { saveButton } from '../plots/download';
import { placeOf } from '../plots/curves';
import type { CurveSettings } from '../plots/curves';
import { placeTicks, shortPlaceText, xAxes } from '../plots/xAxis';
import type { Zoomed, ZoomGroup } from '../plots/zoom';
import type { RunCurves } from '../runCurves';
import { bars } from './bars';
import { cellsOf, drawHeatMap, momentAt } from './heatMap';
import type { HeatMap } from './heatMap';
import { counted, RunHistograms } from './runHistograms';
import type { Counted } from './runHistograms';

/** Equal bins that a range of values is shown in. */
const rows = 80;

interface LayerFigure {
  readonly layer: LayerHistograms;
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly slice: HTMLElement;
  readonly facts: HTMLElement;
  map: HeatMap | undefined;
  columns: readonly (Float64Array | undefined)[];
}

/** How weights, gradients and activations of each layer are distributed over the run, and at one moment of it. */
export class HistogramPanel implements Zoomed {
  readonly element: HTMLElement;
  private readonly histograms: RunHistograms;
  private readonly figures = h('div', { class: 'charts' });
  private readonly slider = h('input', { type: 'range', min: 0, max: 0, value: 0, 'aria-label': 'Moment of the histograms' });
  private readonly caption = h('output', {});
  private readonly isLog = h('input', { type: 'checkbox', class: 'log-counts' });
  private readonly isWhole = h('input', { type: 'checkbox', class: 'whole-range' });
  private readonly measure = h('select', {}, ...Object.entries(counted).map(([value, text]) => h('option', { value }, text)));
  private layers: LayerFigure[] = [];
  /** The moment that was chosen; until then the last, also after new ones have arrived. */
  private chosen: number | undefined;
  private pointedAt: number | undefined;
  private x: readonly number[] = [];
  private readonly observer = new ResizeObserver(() => { this.redraw(); });

  constructor(run: string, private readonly group: ZoomGroup, private readonly curves: RunCurves, private readonly settings: CurveSettings) {
    this.histograms = new RunHistograms(run);
    group.add(this);
    for (const control of [this.isLog, this.isWhole, this.measure]) control.addEventListener('change', () => { this.redraw(); });
    this.slider.addEventListener('input', () => {
      this.choose(this.slider.valueAsNumber);
    });
    this.element = h(
      'section', { class: 'panel histograms', hidden: true }, h('h2', {}, 'Distributions by layer'),
      h('div', { class: 'row' }, h('label', {}, 'of ', this.measure), h('label', {}, this.isLog, ' log counts'), h('label', {}, this.isWhole, ' all values, also the outermost 0.2 %')),
      h('div', { class: 'row moment' }, this.slider, this.caption), this.figures,
    );
    this.observer.observe(this.figures);
  }

  /** Asks for what is new, and draws it. Throws {@link NoAnswer}. */
  async refresh(): Promise<void> {
    if (await this.histograms.refresh()) this.redraw();
  }

  get extent(): readonly [number, number] {
    return this.x.length === 0 ? [Infinity, -Infinity] : [this.x[0]!, this.x[this.x.length - 1]!];
  }

  settle(): void {
    this.redraw();
  }

  redraw(): void {
    const { histograms, group, settings, curves } = this;
    const { moments } = histograms;
    this.element.hidden = moments.length === 0;
    if (moments.length === 0) return;
    this.x = moments.map(({ step }) => placeOf(curves, step, settings.x));
    this.slider.max = String(moments.length - 1);
    const measure = this.measure.value as Counted;
    this.makeFigures(histograms.layers(measure));
    for (const figure of this.layers) {
      const range = histograms.range(figure.layer.layer, measure, this.isWhole.checked);
      figure.columns = histograms.of(figure.layer.layer, measure).map((one) => one && histograms.counts(one, range, rows));
      figure.map = {
        x: this.x, visible: group.visible, range, cells: cellsOf(figure.columns, this.isLog.checked), chosen: this.shown,
        xTitle: xAxes[settings.x].title, yTitle: 'value', xTicks: placeTicks(settings.x, group.visible), xText: (x) => shortPlaceText(settings.x, x),
      };
    }
    this.drawMoment();
  }

  forget(): void {
    this.redraw();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private get shown(): number {
    return this.pointedAt ?? this.chosen ?? this.histograms.moments.length - 1;
  }

  private choose(moment: number): void {
    this.chosen = moment === this.histograms.moments.length - 1 ? undefined : moment;
    this.drawMoment();
  }

  /** Draws what depends on the moment that is shown. */
  private drawMoment(): void {
    const { shown, histograms: { moments } } = this;
    const moment = moments[shown]!;
    const measure = this.measure.value as Counted;
    this.slider.value = String(shown);
    this.slider.setAttribute('aria-valuetext', `step ${String(moment.step)}`);
    this.caption.textContent = `step ${formatCount(moment.step)} (${String(shown + 1)} of ${String(moments.length)})`;
    for (const figure of this.layers) {
      const { layer, canvas, slice, facts, map, columns } = figure;
      if (map === undefined) continue;
      drawHeatMap(canvas, { ...map, chosen: shown });
      const histogram = moment.layers.find((one) => one.layer === layer.layer)?.[measure];
      const words = histogram === undefined ? 'not recorded' : describe(histogram);
      canvas.setAttribute('aria-label', `${counted[measure]} of layer ${String(layer.layer)} (${layer.name}) at ${String(moments.length)} moments, values from ${number(map.range[0])} to ${number(map.range[1])}; at step ${String(moment.step)}: ${words}`);
      const counts = columns[shown];
      slice.replaceChildren(...(counts === undefined ? [] : [bars(counts, map.range, this.isLog.checked, `Histogram at step ${String(moment.step)}`)]));
      facts.textContent = words;
    }
  }

  /** A figure for each layer; they stay while the layers do. */
  private makeFigures(layers: readonly LayerHistograms[]): void {
    const measure = this.measure.value as Counted;
    if (layers.length === this.layers.length && layers.every(({ name }, i) => name === this.layers[i]!.layer.name)) return;
    this.layers = layers.map((layer) => {
      const title = `Layer ${String(layer.layer)} (${layer.name})`;
      const [canvas, slice, facts] = [h('canvas', { class: 'heat-map', role: 'img' }), h('div', {}), h('p', { class: 'note' })];
      const buttons = h(
        'span', { class: 'downloads' },
        saveButton('CSV', () => `${title} ${this.measure.value}`, () => new Blob([this.csvOf(layer.layer)], { type: 'text/csv' })),
        saveButton('PNG', () => `${title} ${this.measure.value}`, () => new Promise((settle) => { canvas.toBlob((blob) => { settle(blob!); }); })),
      );
      const figure: LayerFigure = { layer, canvas, slice, facts, map: undefined, columns: [], element: h('figure', { class: 'chart' }, h('figcaption', {}, h('span', {}, title), buttons), canvas, slice, facts) };
      const point = (moment: number | undefined): void => {
        if (moment === this.pointedAt) return;
        this.pointedAt = moment;
        this.drawMoment();
      };
      const at = (event: PointerEvent | MouseEvent): number | undefined => figure.map && momentAt(canvas, figure.map, event.offsetX);
      canvas.addEventListener('pointermove', (event) => { point(at(event)); });
      canvas.addEventListener('pointerleave', () => { point(undefined); });
      canvas.addEventListener('click', (event) => {
        const moment = at(event);
        if (moment !== undefined) this.choose(moment);
      });
      return figure;
    });
    fill(this.figures, layers.length === 0 && h('p', { class: 'note' }, `There are no ${counted[measure]}: all weights are frozen.`));
    this.figures.append(...this.layers.map(({ element }) => element));
  }

  /** All bins of a layer at all moments. */
  private csvOf(layer: number): string {
    const measure = this.measure.value as Counted;
    const { moments } = this.histograms;
    const lines = this.histograms.of(layer, measure).flatMap((histogram, i) => {
      if (histogram === undefined) return [];
      const { edges, counts } = this.histograms.binsOf(histogram);
      return counts.map((count, bin) => csvLine([moments[i]!.step, edges[bin]!, edges[bin + 1]!, count]));
    });
    return [csvLine(['step', 'from', 'to', 'count']), ...lines].map((line) => `${line}\n`).join('');
  }
}

function describe({ count, mean, std, min, max, middle, notFinite }: Histogram): string {
  const zeros = middle / count > 0.05 ? `, ${percent(middle / count)} about 0` : '';
  return `mean ${number(mean)}, standard deviation ${number(std)}, from ${number(min)} to ${number(max)}, ${formatCount(count)} values${zeros}${notFinite === undefined ? '' : `, ${formatCount(notFinite)} not finite`}`;
}
