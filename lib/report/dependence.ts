import { formatShort } from '../numbers';
import type { DependenceReport } from '../studies/explain/dependence';
import { layAxes } from './drawing/axes';
import type { Axis } from './drawing/axes';
import { axisLabels, axisLine, finish, gridLine, ink, margin, palette, quietInk, renderSvg, shorten, text, textWidth } from './drawing/svg';

const columns = 2;
const panel = { width: 360, height: 230 };
/** Padding within a panel, for its name and the labels of its axes. */
const inner = { left: 56, right: 22, top: 36, bottom: 34 };
/** Outputs that are told apart by colour. */
const maxCurves = 6;
/** Categories that have room for their names. */
const maxLabels = 6;

/**
 * Partial dependences in panels, with one axis for the mean prediction: lines for numbers and dates, dots for categories and booleans, and for missing cells a dot at the
 * right. Of two classes the second is drawn, of many the six whose curves move most. A self-contained SVG file.
 */
export function dependenceSvg(reports: readonly DependenceReport[], name: string): string {
  const outputs = reports[0]?.outputs ?? [];
  const shown = curvesOf(reports, outputs.length);
  const isShare = reports.every(({ points }) => points.every(({ mean }) => mean.length > 1 && mean.every((value) => value >= 0 && value <= 1)));
  const title = `Partial dependence of the predictions of ${name}`;
  const subtitle = `mean ${outputs.length > 1 && isShare ? 'probability' : 'prediction'}${shown.length === 1 ? ` of ${outputs[shown[0]!] ?? ''}` : ''} over ` +
    `${String(reports[0]?.rows ?? 0)} rows, where a column has one value in all of them`;
  const width = 2 * margin + columns * panel.width;
  const legend = shown.length > 1 ? legendPlaces(shown.map((j) => outputs[j]!), width) : [];
  const top = margin + 54 + (legend.length === 0 ? 0 : 20 * (1 + Math.max(...legend.map(({ row }) => row))) + 6);
  const height = top + Math.ceil(reports.length / columns) * panel.height + margin;
  const corner = (p: number): [x: number, y: number] => [margin + (p % columns) * panel.width, top + Math.floor(p / columns) * panel.height];
  const y = layAxes(reports.flatMap(({ points }) => points.flatMap(({ mean }) => shown.map((j) => [0, mean[j]!] as const))), isShare ? { yFormat: 'percent' } : {}).y;
  const axes = reports.map(axisOf);
  const svg = renderSvg(width, height, {
    animation: false,
    backgroundColor: '#ffffff',
    grid: reports.map((_, p) => ({
      left: corner(p)[0] + inner.left, top: corner(p)[1] + inner.top,
      width: panel.width - inner.left - inner.right, height: panel.height - inner.top - inner.bottom, outerBoundsMode: 'none' as const,
    })),
    xAxis: axes.map(({ axis }, p) => ({
      type: 'value' as const, gridIndex: p, min: axis.low, max: axis.high, splitLine: { show: false },
      axisLine: { show: true, onZero: false, lineStyle: { color: axisLine } },
      axisTick: { show: true, customValues: axis.ticks, lineStyle: { color: axisLine } },
      axisLabel: { ...axisLabels(axis, 'x'), fontSize: 11 },
    })),
    yAxis: reports.map((_, p) => ({
      type: 'value' as const, gridIndex: p, min: y.low, max: y.high,
      axisLine: { show: false }, axisTick: { show: false, customValues: y.ticks },
      splitLine: { show: true, lineStyle: { color: gridLine } },
      axisLabel: { ...axisLabels(y, 'y'), fontSize: 11 },
    })),
    series: reports.flatMap(({ points, kind }, p) => shown.flatMap((j, s) => {
      const { places } = axes[p]!;
      const isLine = kind === 'number' || kind === 'date';
      const style = { color: palette[s % palette.length]! };
      const on = { xAxisIndex: p, yAxisIndex: p, silent: true, itemStyle: style, symbol: 'circle' as const };
      const data = points.map(({ value, mean }, i): { place: [number, number]; isMissing: boolean } => ({ place: [places[i]!, mean[j]!], isMissing: value === null }));
      const [there, missing] = [data.filter(({ isMissing }) => !isMissing), data.filter(({ isMissing }) => isMissing)].map((some) => some.map(({ place }) => place));
      return [
        isLine ? { type: 'line' as const, ...on, clip: false, lineStyle: { ...style, width: 2 }, showSymbol: there!.length <= 20, symbolSize: 4, data: there! }
          : { type: 'scatter' as const, ...on, symbolSize: 9, data: there! },
        { type: 'scatter' as const, ...on, symbolSize: 9, itemStyle: { ...style, opacity: 0.55 }, data: missing! },
      ];
    })),
    graphic: [
      text(title, margin, margin, 17, ink, width, 600),
      text(subtitle, margin, margin + 25, 12.5, quietInk, width),
      ...legend.flatMap(({ label, x, row }, s) => [
        { type: 'circle' as const, shape: { cx: x + 5, cy: margin + 61 + 20 * row, r: 5 }, style: { fill: palette[s % palette.length]! } },
        text(label, x + 16, margin + 54 + 20 * row, 12.5, ink, Infinity),
      ]),
      ...reports.map(({ column }, p) => text(column, corner(p)[0] + 4, corner(p)[1] + 8, 12.5, ink, corner(p)[0] + panel.width + margin, 600)),
    ],
  });
  return finish(svg, title, `${subtitle}. ${reports.map((report) => describe(report, shown)).join(' ')}`);
}

/** The outputs that are drawn: of two classes one, as the other is what is left of 1, of many those that move most. */
function curvesOf(reports: readonly DependenceReport[], outputs: number): number[] {
  if (outputs === 2 && reports.every(({ points }) => points.every(({ mean }) => Math.abs(mean[0]! + mean[1]! - 1) < 1e-3))) return [1];
  const all = Array.from({ length: outputs }, (_, j) => j);
  if (outputs <= maxCurves) return all;
  const span = (j: number): number => Math.max(...reports.map(({ points }) => {
    const values = points.map(({ mean }) => mean[j]!);
    return Math.max(...values) - Math.min(...values);
  }));
  return all.sort((a, b) => span(b) - span(a)).slice(0, maxCurves).sort((a, b) => a - b);
}

/** Where the values of a column stand on its axis; a missing one stands behind the others. */
function axisOf({ points, kind }: DependenceReport): { axis: Axis; places: number[] } {
  const hasMissing = points.at(-1)?.value === null;
  const values = points.map(({ value }) => value).filter((value) => value !== null);
  if (kind === 'category' || kind === 'boolean') {
    const names = [...values.map(String), ...(hasMissing ? ['missing'] : [])];
    const step = Math.ceil(names.length / maxLabels);
    const ticks = names.flatMap((_, i) => (i % step === 0 ? [i] : []));
    const room = (panel.width - inner.left - inner.right) / Math.max(1, ticks.length) - 6;
    return { axis: { low: -0.5, high: names.length - 0.5, ticks, labels: ticks.map((i) => shorten(names[i]!, 11, room)) }, places: names.map((_, i) => i) };
  }
  const numbers = values.map((value) => (kind === 'date' ? Date.parse(String(value)) : Number(value)));
  const { x } = layAxes(numbers.map((value) => [value, 0] as const), {});
  const [low, high] = [Math.min(...numbers, x.low), Math.max(...numbers, x.high)];
  const behind = high + 0.12 * (high - low);
  const some = kind === 'date' ? [numbers[0]!, numbers.at(-1)!].filter((value, i, all) => all.indexOf(value) === i) : x.ticks.filter((_, i) => x.ticks.length <= 5 || i % 2 === 0);
  const labels = kind === 'date' ? some.map((value) => new Date(value).toISOString().slice(0, 10)) : some.map((tick) => x.labels[x.ticks.indexOf(tick)]!);
  return {
    axis: { low, high: hasMissing ? behind : high, ticks: hasMissing ? [...some.filter((tick) => tick <= high - 0.06 * (high - low)), behind] : some, labels: hasMissing ? [...labels.filter((_, i) => some[i]! <= high - 0.06 * (high - low)), 'missing'] : labels },
    places: [...numbers, ...(hasMissing ? [behind] : [])],
  };
}

function legendPlaces(names: readonly string[], width: number): { label: string; x: number; row: number }[] {
  let [x, row] = [margin, 0];
  return names.map((name) => {
    const label = shorten(name, 12.5, 200);
    const needed = 16 + textWidth(label, 12.5) + 18;
    if (x > margin && x + needed > width - margin) [x, row] = [margin, row + 1];
    const place = { label, x, row };
    x += needed;
    return place;
  });
}

function describe({ column, points, outputs }: DependenceReport, shown: readonly number[]): string {
  const sentences = shown.map((j) => {
    const values = points.map(({ mean }) => mean[j]!);
    return `${outputs[j]!} between ${formatShort(Math.min(...values))} and ${formatShort(Math.max(...values))}`;
  });
  return `${column}: ${sentences.join(', ')}.`;
}
