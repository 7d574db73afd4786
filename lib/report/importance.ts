import type { ImportanceReport } from '../studies/explain/importance';
import { formatShort } from '../numbers';
import { axisLine, finish, gridLine, ink, margin, palette, quietInk, renderSvg, text, textWidth, centred, shorten } from './drawing/svg';
import { linearTicks, tickFormat } from './drawing/ticks';

type GraphicElement = ReturnType<typeof text> | ReturnType<typeof centred> | { type: 'line' | 'rect'; z?: number; shape: object; style: object };

const width = 720;
const rowHeight = 22;
const barHeight = 12;
/** More bars than that nobody reads; the table and the JSON file have all. */
const maxBars = 30;
const widestName = 200;

/** Permutation importances as bars, each with a line of one standard deviation to both sides. A self-contained SVG file. */
export function importanceSvg({ score, better, baseline, rows, repeats, columns }: ImportanceReport, name: string): string {
  const drawn = columns.slice(0, maxBars);
  const title = `Permutation importance of the columns of ${name}`;
  const subtitle = `${better === 'higher' ? 'fall' : 'rise'} of the ${score}, ${formatShort(baseline)} on ${String(rows)} rows, where a column is shuffled`;
  const averages = repeats > 1 ? `mean ± standard deviation of ${String(repeats)} shuffles` : 'of one shuffle';
  const names = drawn.map(({ column }) => shorten(column, 12.5, widestName));
  const left = margin + Math.max(60, ...names.map((one) => textWidth(one, 12.5))) + 10;
  const right = width - margin - 80;
  const ends = drawn.flatMap(({ mean, std }) => [mean - deviation(std), mean + deviation(std)]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const ticks = linearTicks(low, high > low ? high : low + 1, 6);
  const place = (value: number): number => left + ((right - left) * (value - ticks[0]!)) / (ticks.at(-1)! - ticks[0]!);
  const format = tickFormat(ticks);
  const top = margin + 78;
  const bottom = top + drawn.length * rowHeight;
  const graphic: GraphicElement[] = [
    text(title, margin, margin, 17, ink, width, 600),
    text(subtitle, margin, margin + 25, 12.5, quietInk, width),
    text(averages, margin, margin + 43, 12.5, quietInk, width),
    ...ticks.flatMap((tick) => [
      { type: 'line' as const, shape: { x1: place(tick), y1: top - 4, x2: place(tick), y2: bottom }, style: { stroke: tick === 0 ? axisLine : gridLine, lineWidth: 1 } },
      centred(format(tick), place(tick), bottom + 6, 12, quietInk),
    ]),
    ...drawn.flatMap(({ mean, std }, i): GraphicElement[] => {
      const y = top + i * rowHeight + rowHeight / 2;
      const [from, to] = [place(mean - deviation(std)), place(mean + deviation(std))];
      return [
        text(names[i]!, margin, y - 8, 12.5, ink, Infinity),
        { type: 'rect', shape: { x: Math.min(place(0), place(mean)), y: y - barHeight / 2, width: Math.abs(place(mean) - place(0)), height: barHeight }, style: { fill: palette[0] } },
        ...(to > from ? [{ type: 'line' as const, z: 1, shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: ink, lineWidth: 1.5 } }] : []),
        text(formatShort(mean, 3), Math.max(to, place(0)) + 8, y - 8, 12, quietInk, Infinity),
      ];
    }),
    ...(columns.length > drawn.length ? [text(`and ${String(columns.length - drawn.length)} more below these`, margin, bottom + 24, 12, quietInk, width)] : []),
  ];
  const svg = renderSvg(width, bottom + 30 + (columns.length > drawn.length ? 20 : 0) + margin, { animation: false, backgroundColor: '#ffffff', graphic });
  return finish(svg, title, `${subtitle}, ${averages}. ${drawn.map(({ column, mean, std }) => `${column}: ${formatShort(mean)}${Number.isFinite(std) ? ` ± ${formatShort(std)}` : ''}.`).join(' ')}`);
}

/** NaN, of a single shuffle, as none. */
function deviation(std: number): number {
  return Number.isFinite(std) ? std : 0;
}
