import type uPlot from 'uplot';
import { csvLine } from '../../../files/csvLine';
import { printable } from '../../../text';
import { colour, h, seriesColour, seriesDash, svg } from '../dom';
import { placeCell, shortPlaceText, xAxes } from './xAxis';
import type { XAxis } from './xAxis';

/** What of a line is written. */
interface Written {
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly series: number;
  readonly faint?: boolean;
}

/** A chart as it is drawn now. */
export interface Drawn {
  readonly title: string;
  readonly axis: XAxis;
  readonly lines: readonly Written[];
  readonly format: (value: number) => string;
  /** Undefined while nothing is drawn. */
  readonly plot: uPlot | undefined;
}

const font = '12px system-ui, sans-serif';
const lineHeight = 18;

/** Buttons that write a chart into a file: its points, all of them, as CSV; what is in sight as a picture. */
export function downloads(chart: () => Drawn): HTMLElement {
  const button = (kind: string, make: (drawn: Drawn) => Blob | Promise<Blob>): HTMLElement => saveButton(kind, () => chart().title, () => make(chart()));
  return h(
    'span', { class: 'downloads' },
    button('CSV', ({ axis, lines }) => new Blob([csvOf(axis, lines)], { type: 'text/csv' })),
    button('PNG', pngOf),
    button('SVG', (drawn) => new Blob([svgOf(drawn)], { type: 'image/svg+xml' })),
  );
}

/** A button that writes a file of some kind. */
export function saveButton(kind: string, title: () => string, make: () => Blob | Promise<Blob>): HTMLElement {
  return h('button', {
    type: 'button', 'aria-label': `Download the chart as ${kind}`, onclick: () => {
      void Promise.resolve(make()).then((blob) => { save(blob, `${title()}.${kind.toLowerCase()}`); });
    },
  }, kind);
}

function save(blob: Blob, name: string): void {
  const link = h('a', { href: URL.createObjectURL(blob) });
  link.download = name.replaceAll(/[^\w.-]+/g, '-').toLowerCase();
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 10_000);
}

/** A column of x and one of each line, empty where it has no point. */
function csvOf(axis: XAxis, lines: readonly Written[]): string {
  const rows = new Map<number, (number | string)[]>();
  lines.forEach(({ x, y }, column) => {
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(y[i]!)) continue;
      const row = rows.get(x[i]!) ?? lines.map(() => '');
      row[column] = y[i]!;
      rows.set(x[i]!, row);
    }
  });
  const sorted = [...rows].sort(([a], [b]) => a - b);
  return [csvLine([xAxes[axis].column, ...lines.map(({ label }) => printable(label))]), ...sorted.map(([x, values]) => csvLine([placeCell(axis, x), ...values]))].map((line) => `${line}\n`).join('');
}

/** The legend in lines no wider than `width`: of each label where it begins. */
function legendOf(lines: readonly Written[], width: number, measure: (text: string) => number): { readonly label: string; readonly series: number; readonly left: number; readonly row: number }[] {
  let [left, row] = [0, 0];
  return lines.filter(({ faint = false }) => !faint).map(({ label: text, series }) => {
    const label = printable(text);
    const needed = 18 + measure(label) + 14;
    if (left > 0 && left + needed > width) [left, row] = [0, row + 1];
    const place = { label, series, left, row };
    left += needed;
    return place;
  });
}

async function pngOf({ title, lines, plot }: Drawn): Promise<Blob> {
  const source = plot!.ctx.canvas;
  const scale = source.width / plot!.width;
  const canvas = h('canvas');
  const context = canvas.getContext('2d')!;
  context.font = font;
  const legend = legendOf(lines, plot!.width, (text) => context.measureText(text).width);
  const height = lineHeight + 4 + source.height / scale + (1 + Math.max(0, ...legend.map(({ row }) => row))) * lineHeight + 6;
  [canvas.width, canvas.height] = [source.width, Math.ceil(height * scale)];
  context.scale(scale, scale);
  context.fillStyle = colour('panel');
  context.fillRect(0, 0, plot!.width, height);
  context.textBaseline = 'top';
  context.font = `600 ${font}`;
  context.fillStyle = colour('text');
  context.fillText(printable(title), 6, 4);
  context.drawImage(source, 0, lineHeight + 4, plot!.width, source.height / scale);
  context.font = font;
  for (const { label, series, left, row } of legend) {
    const top = lineHeight + 4 + source.height / scale + row * lineHeight;
    context.fillStyle = seriesColour(series);
    context.fillRect(6 + left, top + 2, 10, 10);
    context.fillStyle = colour('text');
    context.fillText(label, 20 + left, top);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob === null) reject(new Error('no picture')); else resolve(blob); });
  });
}

/** The points that are drawn, as curves between them. */
function svgOf({ title, axis, lines, format, plot }: Drawn): string {
  const { width, height, bbox } = plot!;
  const ratio = plot!.ctx.canvas.width / width;
  const [left, top, across, down] = [bbox.left / ratio, bbox.top / ratio + lineHeight, bbox.width / ratio, bbox.height / ratio];
  const [ink, grid] = [colour('text'), colour('grid')];
  const text = (x: number, y: number, words: string, more: Record<string, string | number> = {}): SVGElement => svg('text', { x, y, fill: ink, 'font-size': 12, 'font-family': 'system-ui, sans-serif', ...more }, words);
  const quarters = [0, 0.25, 0.5, 0.75, 1];
  const legend = legendOf(lines, width, (words) => 7 * words.length);
  const whole = height + lineHeight + (1 + Math.max(0, ...legend.map(({ row }) => row))) * lineHeight + 6;
  const picture = svg(
    'svg', { xmlns: 'http://www.w3.org/2000/svg', width, height: whole, viewBox: `0 0 ${String(width)} ${String(whole)}` },
    svg('rect', { width, height: whole, fill: colour('panel') }), text(6, 14, title, { 'font-weight': 600 }),
    ...quarters.flatMap((share) => [
      svg('line', { x1: left, x2: left + across, y1: top + share * down, y2: top + share * down, stroke: grid }),
      text(left - 6, top + share * down + 4, format(plot!.posToVal(share * down, 'y')), { 'text-anchor': 'end' }),
      text(left + share * across, top + down + 16, shortPlaceText(axis, plot!.posToVal(share * across, 'x')), { 'text-anchor': 'middle' }),
    ]),
    text(left + across / 2, top + down + 32, xAxes[axis].title, { 'text-anchor': 'middle' }),
    svg('clipPath', { id: 'inside' }, svg('rect', { x: left, y: top, width: across, height: down })),
    svg('g', { 'clip-path': 'url(#inside)', fill: 'none' }, ...lines.map(({ series, faint = false }, at) => {
      const [x, y] = [plot!.data[0], plot!.data[at + 1]!];
      const points = [...x].flatMap((each, i) => (typeof y[i] === 'number' ? [`${(left + plot!.valToPos(each, 'x')).toFixed(1)},${(top + plot!.valToPos(y[i], 'y')).toFixed(1)}`] : []));
      return svg('polyline', { points: points.join(' '), stroke: seriesColour(series, faint), 'stroke-width': faint ? 1 : 2, 'stroke-dasharray': seriesDash(series)?.join(' ') });
    })),
    ...legend.flatMap(({ label, series, left: from, row }) => [
      svg('rect', { x: 6 + from, y: height + lineHeight + row * lineHeight, width: 10, height: 10, fill: seriesColour(series) }),
      text(20 + from, height + lineHeight + row * lineHeight + 10, label),
    ]),
  );
  return new XMLSerializer().serializeToString(picture);
}
