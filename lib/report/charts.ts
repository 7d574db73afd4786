import { printable } from '../text';
import { layAxes } from './drawing/axes';
import { axisLabels, axisLine, centred, finish, gridLine, ink, margin, palette, quietInk, renderSvg, shorten, text, textWidth } from './drawing/svg';
import type { ChartSeries, LineChart } from './drawing/lineChart';
import { thin } from './drawing/thin';
import type { Curve, Point } from './drawing/thin';

const minPlotHeight = 160;
/** Maximum number of points in a picture, over all series: two per pixel column, and under 100 kB. */
const pointBudget = 4000;
/** Up to this many points each gets a dot. */
const dotLimit = 40;

/** A line chart as a self-contained SVG file: no script, link or font; title and description for screen readers. */
export function lineChart(chart: LineChart): string {
  const { width = 720 } = chart;
  const log = chart.yScale === 'log';
  const limit = Math.max(50, Math.floor(pointBudget / chart.series.length));
  const series = chart.series.map(({ points, ...one }, s) => {
    const curve: Curve = 'x' in points ? points : { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
    return {
      ...one,
      name: printable(one.name),
      hue: palette[(one.colour ?? s) % palette.length]!,
      // Thinned before anything else is made of them, as there may be millions.
      points: thin(curve, limit).map(([x, y]): Point => [x, isDrawn(y, log) ? y : NaN]),
      course: courseOf(curve, log),
    };
  });
  const drawn = series.flatMap(({ points, course: { first, last } }) => [first, ...points, last].filter((point): point is Point => point !== undefined && Number.isFinite(point[0]) && Number.isFinite(point[1])));
  const axes = layAxes(drawn, chart);
  const named = series.filter(({ name }, s) => series.findIndex((other) => other.name === name) === s);
  const rows = named.length > 1 ? legendRows(named.map(({ name }) => name), width) : [];

  const legendTop = margin + 24 + (chart.subtitle ? 20 : 0);
  const top = legendTop + rows.length * 20 + 30;
  const left = margin + Math.max(...axes.y.labels.map((label) => textWidth(label, 12)), 0) + 8;
  const grid = { left, right: margin + 10, top, bottom: margin + 42 };
  const height = Math.max(chart.height ?? 420, top + grid.bottom + minPlotHeight);

  const texts = [
    text(chart.title, margin, margin, 17, ink, width, 600),
    ...(chart.subtitle ? [text(chart.subtitle, margin, margin + 25, 12.5, quietInk, width)] : []),
    ...rows.flatMap((row, r) =>
      row.flatMap(({ index, x, label }) => legendEntry(named[index]!, label, x, legendTop + r * 20)),
    ),
    text(chart.yLabel, margin, top - 26, 12.5, quietInk, width),
    centred(chart.xLabel, (left + width - grid.right) / 2, height - margin - 8, 12.5, quietInk),
    ...(drawn.length === 0 ? [centred('No values to draw', width / 2, (top + height - grid.bottom) / 2, 15, quietInk)] : []),
  ];
  const axisStyle = {
    type: 'value' as const,
    axisLine: { show: true, onZero: false, lineStyle: { color: axisLine } },
    splitLine: { show: false },
  };
  const svg = renderSvg(width, height, {
    animation: false,
    backgroundColor: '#ffffff',
    grid: { ...grid, outerBoundsMode: 'none' },
    xAxis: {
      ...axisStyle,
      type: chart.xScale === 'log' ? 'log' : 'value',
      min: axes.x.low,
      max: axes.x.high,
      axisTick: { show: true, customValues: axes.x.ticks, lineStyle: { color: axisLine } },
      axisLabel: axisLabels(axes.x, 'x'),
    },
    yAxis: {
      ...axisStyle,
      type: log ? 'log' : 'value',
      min: axes.y.low,
      max: axes.y.high,
      axisLine: { show: false },
      axisTick: { show: false, customValues: axes.y.ticks },
      splitLine: { show: true, lineStyle: { color: gridLine } },
      axisLabel: axisLabels(axes.y, 'y'),
    },
    series: series.map(({ name, points, style, hue }) => ({
      type: 'line',
      name,
      data: points.map(([x, y]) => [x, y]),
      clip: false,
      silent: true,
      showSymbol: points.length === 1 || style === 'dots' || (points.length <= dotLimit && style !== 'faint' && style !== 'thin'),
      symbol: 'circle',
      symbolSize: style === 'dots' ? (points.length <= dotLimit ? 8 : 5) : 5,
      itemStyle: { color: hue, opacity: style === 'dots' ? (points.length <= dotLimit ? 0.9 : 0.6) : lineStyle(style, hue).opacity },
      lineStyle: lineStyle(style, hue),
    })),
    graphic: texts,
  });
  return finish(svg, chart.title, describe(chart, named, series));
}

function lineStyle(style: ChartSeries['style'], hue: string) {
  if (style === 'dots') return { color: hue, width: 0, join: 'round' as const, opacity: 0 };
  if (style === 'faint') return { color: hue, width: 1, join: 'round' as const, opacity: 0.3 };
  if (style === 'thin') return { color: hue, width: 1.2, join: 'round' as const, opacity: 0.8 };
  return { color: hue, width: 2, join: 'round' as const, opacity: 1, type: style === 'dashed' ? [6, 4] : ('solid' as const) };
}

interface LegendPlace {
  readonly index: number;
  readonly x: number;
  readonly label: string;
}

/** Width reserved for the line of a legend entry, and its length: three dashes and the gaps between them. */
const legendRoom = 34;
const legendLength = 26;

/** The layout of the legend, row by row. */
function legendRows(names: readonly string[], width: number): LegendPlace[][] {
  const rows: LegendPlace[][] = [];
  let x = Infinity;
  names.forEach((name, index) => {
    const label = shorten(name, 12.5, width - 2 * margin - legendRoom);
    const needed = legendRoom + textWidth(label, 12.5);
    if (x + needed > width - margin) {
      rows.push([]);
      x = margin;
    }
    rows[rows.length - 1]!.push({ index, x, label });
    x += needed + 20;
  });
  return rows;
}

function legendEntry(series: Pick<ChartSeries, 'style'> & { readonly hue: string }, label: string, x: number, y: number) {
  const { color, width, opacity, type } = { type: 'solid' as const, ...lineStyle(series.style, series.hue) };
  const dot = { type: 'circle' as const, shape: { cx: x + legendLength / 2, cy: y + 8, r: 4 }, style: { fill: series.hue, opacity: 0.9 } };
  return [
    series.style === 'dots' ? dot : {
      type: 'line' as const,
      shape: { x1: x, y1: y + 8, x2: x + legendLength, y2: y + 8 },
      style: { stroke: color, lineWidth: Math.max(width, 1.5), opacity: Math.min(1, 1.5 * opacity), lineDash: type },
    },
    text(label, x + legendRoom, y + 1, 12.5, ink, Infinity),
  ];
}

function isDrawn(y: number, log: boolean): boolean {
  return Number.isFinite(y) && (!log || y > 0);
}

/** What is said of a curve: of all its points, also of those that are not drawn. */
interface Course {
  readonly first?: Point;
  readonly last?: Point;
  readonly low: number;
  readonly high: number;
  readonly missing: number;
}

function courseOf({ x, y }: Curve, log: boolean): Course {
  let [first, last] = [-1, -1];
  let [low, high, missing] = [Infinity, -Infinity, 0];
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (!isDrawn(value, log)) missing++;
    else {
      if (first < 0) first = i;
      last = i;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { ...(first >= 0 && { first: [x[first]!, y[first]!], last: [x[last]!, y[last]!] }), low, high, missing };
}

/** The description of the picture for screen readers. */
function describe(chart: LineChart, named: readonly { readonly name: string }[], series: readonly { readonly name: string; readonly course: Course }[]): string {
  const number = (value: number): string => String(Number(value.toPrecision(4)));
  const format = (y: number): string => (chart.yFormat === 'percent' ? `${number(y * 100)} %` : number(y));
  const sentences = named.map(({ name }) => {
    const courses = series.filter((other) => other.name === name).map(({ course }) => course);
    const known = courses.filter(({ low, high }) => low <= high);
    if (known.length === 0) return `${name}: no values.`;
    const [{ first }, { last }] = [known[0]!, known[known.length - 1]!];
    const [low, high] = [Math.min(...known.map((course) => course.low)), Math.max(...known.map((course) => course.high))];
    const missing = courses.reduce((sum, course) => sum + course.missing, 0);
    const course = courses.length > 1
      ? `${courses.length} curves`
      : `from ${format(first![1])} at ${number(first![0])} to ${format(last![1])} at ${number(last![0])}`;
    return `${name}: ${course}, between ${format(low)} and ${format(high)}${missing > 0 ? `, ${missing} values missing` : ''}.`;
  });
  const [xScale, yScale] = [chart.xScale, chart.yScale].map((scale) => (scale === 'log' ? ', logarithmic' : ''));
  return [`Line chart of ${chart.yLabel}${yScale!}${yScale === '' ? '' : ','} against ${chart.xLabel}${xScale!}.`, ...sentences].join(' ');
}
