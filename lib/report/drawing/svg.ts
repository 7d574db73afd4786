import type * as ECharts from 'echarts';
import { escapeMarkup, printable, printableLines } from '../../text';
import type { Axis } from './axes';

export { palette } from './palette';

export const ink = '#222222';
export const quietInk = '#5b5b5b';
export const gridLine = '#e6e6e6';
export const axisLine = '#8a8a8a';
const fonts = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif';

/** Margin around a picture, in pixels. */
export const margin = 20;

/** ECharts options for the labels of an axis laid out by {@link Axis}. */
export function axisLabels(axis: Axis, name: 'x' | 'y') {
  return {
    color: quietInk,
    fontSize: 12,
    margin: 8,
    hideOverlap: name === 'x',
    customValues: axis.ticks,
    formatter: (value: number): string => axis.labels[axis.ticks.indexOf(nearestOf(axis.ticks, value))] ?? '',
  };
}

/** The nearest tick: ECharts passes ticks of a logarithmic axis through log and power, so that they are a few bits off. */
function nearestOf(ticks: readonly number[], value: number): number {
  return ticks.reduce((best, tick) => (Math.abs(tick - value) < Math.abs(best - value) ? tick : best), Infinity);
}

/** A text that begins at x, cut to fit a picture of that width. */
export function text(content: string, x: number, y: number, size: number, fill: string, width: number, weight = 400) {
  const fitted = shorten(printable(content), size, width - x - margin);
  return { type: 'text' as const, x, y, style: { text: fitted, fontSize: size, fontWeight: weight, fill, fontFamily: fonts } };
}

/** A text centred on x. */
export function centred(content: string, x: number, y: number, size: number, fill: string) {
  return {
    type: 'text' as const,
    x,
    y,
    style: { text: printable(content), fontSize: size, fill, fontFamily: fonts, align: 'center' as const },
  };
}

/** An upper estimate, as there is no font to measure with: the fonts of the list are 0.5 to 0.6 em wide on average. */
export function textWidth(content: string, size: number): number {
  return content.length * 0.6 * size;
}

/** `content`, cut to about `width` pixels. */
export function shorten(content: string, size: number, width: number): string {
  if (textWidth(content, size) <= width) return content;
  return `${content.slice(0, Math.max(1, Math.floor(width / (0.6 * size)) - 1)).trimEnd()}…`;
}

/** Draws an ECharts option as an SVG. */
export function renderSvg(width: number, height: number, option: ECharts.EChartsOption): string {
  // Loaded with the first chart: loading it takes as long as a whole command that draws none.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would make every caller asynchronous
  const { init } = require('echarts') as typeof ECharts;
  const instance = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    instance.setOption(option);
    return instance.renderToSVGString();
  } finally {
    instance.dispose();
  }
}

/**
 * Adds the text alternative and removes what only a live page needs: hover styles, classes and clip paths with
 * numbers that count up in the process (the same chart shall give the same file; nothing lies outside the axes), and the
 * font list of every single text. Texts are centred on their line by an offset, because librsvg and others do not support
 * dominant-baseline. Names in legends and labels are made printable, as XML requires.
 */
export function finish(svg: string, title: string, description: string): string {
  const alternative = `<title>${escapeMarkup(printable(title).trim())}</title>\n<desc>${escapeMarkup(printable(description).trim())}</desc>`;
  return `${printableLines(svg)
    .replace(/<style[\s\S]*?<\/style>\s*/g, '')
    .replace(/ (class|clip-path|pointer-events|xml:space|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/(style="[^"]*?)font-family:[^;"]*;/g, '$1')
    .replaceAll('dominant-baseline="central"', 'dy="0.36em"')
    .replace(/<defs[\s\S]*?<\/defs>\s*/g, '')
    .replace(/ xmlns:xlink="[^"]*"| baseProfile="[^"]*"| version="[^"]*"/g, '')
    .replace(/^<svg ([^>]*)>/, `<svg $1 role="img" font-family="${fonts}">\n${alternative.replaceAll('$', '$$$$')}`)
    .trimEnd()}\n`;
}
