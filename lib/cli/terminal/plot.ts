import { linearTicks, logTickFormat, logTicks, tickFormat } from '../../report/drawing/ticks';
import { coloursOf, textWidth, truncate } from './style';
import type { Paint, Terminal } from './style';

export interface PlotSeries {
  readonly name: string;
  /** [x, y]; a point that is not finite leaves a gap. */
  readonly points: readonly (readonly [number, number])[];
}

export interface PlotOptions {
  readonly yLabel: string;
  readonly xLabel: string;
  /** Rows of the plotting area; default 12. */
  readonly height?: number;
  /** 'log' draws log₁₀ y and leaves out what is not positive. Default 'linear'. */
  readonly yScale?: 'linear' | 'log';
  /** Formats the ends of the x-axis; default: six digits. */
  readonly xFormat?: (value: number) => string;
  /** Formats a tick of the y-axis; default: the fewest decimals that distinguish the ticks. */
  readonly yFormat?: (value: number) => string;
}

const asciiMarks = ['*', 'o', '+', 'x', '#', '@'];

/**
 * Curves drawn with characters, as lines that each end in a newline and are no wider than the terminal (at most 200).
 * Braille dots (2 × 4 per character) where Unicode is shown and the curves can be told apart, which takes colour when
 * there are several; else one ASCII mark per curve.
 */
export function renderPlot(series: readonly PlotSeries[], options: PlotOptions, terminal: Terminal): string {
  const height = options.height ?? 12;
  const columns = Math.min(200, terminal.columns);
  const log = options.yScale === 'log';
  const curves = series.map(({ points }) =>
    points.map(([x, y]): [number, number] => [x, log ? (y > 0 ? Math.log10(y) : NaN) : y]),
  );
  const drawn = curves.flat().filter(isDrawn);
  if (drawn.length === 0) return `${truncate(`${options.yLabel}: no values to draw`, terminal.isTTY ? columns : Infinity, terminal.unicode)}\n`;

  const [xLow, xHigh] = range(drawn.map(([x]) => x));
  const [low, high] = range(drawn.map(([, y]) => y));
  const ticks = log ? logTicks(10 ** low, 10 ** high) : linearTicks(low, high, Math.max(2, Math.round(height / 3)));
  const heights = log ? ticks.map(Math.log10) : ticks;
  const yLow = heights[0]!;
  const yHigh = heights[heights.length - 1]!;
  const format = options.yFormat ?? (log ? logTickFormat : tickFormat(ticks));
  const rowOf = (tick: number): number => Math.round(((yHigh - tick) / (yHigh - yLow)) * (height - 1));
  const labels = new Map(heights.map((tick, i) => [rowOf(tick), format(ticks[i]!)]));
  const margin = Math.max(...[...labels.values()].map(textWidth));
  const width = Math.max(8, columns - margin - 1);

  const braille = terminal.unicode && (series.length === 1 || terminal.colour);
  const canvas = new Canvas(width, height, braille);
  curves.forEach((points, s) => {
    canvas.drawCurve(points, s, (x) => (x - xLow) / (xHigh - xLow), (y) => (yHigh - y) / (yHigh - yLow));
  });

  const colours = coloursOf(terminal);
  const paints: readonly Paint[] = [colours.cyan, colours.yellow, colours.green, colours.magenta, colours.red, colours.blue];
  const paint = (text: string, s: number): string => paints[s % paints.length]!(text);
  const [tick, bar, corner, dash] = terminal.unicode ? ['┤', '│', '└', '─'] : ['+', '|', '+', '-'];
  const lines = [truncate(options.yLabel, terminal.isTTY ? columns : Infinity, terminal.unicode)];
  if (series.length > 1) lines.push(legend(series, columns, terminal, (s) => paint(braille ? '⣀' : markOf(s), s)));
  for (let row = 0; row < height; row++) {
    const label = labels.get(row);
    lines.push(colours.dim((label ?? '').padStart(margin) + (label === undefined ? bar : tick)) + canvas.row(row, paint));
  }
  lines.push(colours.dim(' '.repeat(margin) + corner + dash.repeat(width)));
  const ends = [xLow, xHigh].map(options.xFormat ?? ((x): string => String(Number(x.toPrecision(6))))) as [string, string];
  lines.push(' '.repeat(margin + 1) + xAxisLabels(ends, options.xLabel, width, terminal));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/**
 * A curve in one line of `width` characters: each the mean of its share of the values, from ▁ (the minimum) to █ (the maximum).
 * Fewer values take fewer characters; what is not finite leaves a blank.
 */
export function sparkline(values: readonly number[], width: number, unicode: boolean): string {
  const marks = unicode ? '▁▂▃▄▅▆▇█' : '_.-:=+*#';
  const cells = Math.max(0, Math.min(Math.floor(width), values.length));
  const means = Array.from({ length: cells }, (_, cell) => {
    const from = Math.floor((cell * values.length) / cells);
    const part = values.slice(from, Math.floor(((cell + 1) * values.length) / cells)).filter(Number.isFinite);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const finite = means.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  const mark = (mean: number): string =>
    Number.isFinite(mean) ? marks[span > 0 ? Math.round(((mean - low) / span) * (marks.length - 1)) : 0]! : ' ';
  return means.map(mark).join('');
}

/** The dots of one braille character: bit of the dot in column `x % 2`, row `y % 4` (Unicode block U+2800). */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A grid of characters that curves are drawn into; where two meet, the later one colours the character. */
class Canvas {
  private readonly bits: Uint8Array;
  private readonly owner: Int16Array;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly braille: boolean,
  ) {
    this.bits = new Uint8Array(width * height);
    this.owner = new Int16Array(width * height).fill(-1);
  }

  /** Joins consecutive points by straight lines; `u` and `v` map x and y to [0, 1] from the top left. */
  drawCurve(
    points: readonly (readonly [number, number])[],
    series: number,
    u: (x: number) => number,
    v: (y: number) => number,
  ): void {
    const across = this.width * (this.braille ? 2 : 1) - 1;
    const down = this.height * (this.braille ? 4 : 1) - 1;
    let before: [number, number] | undefined;
    for (const point of points) {
      if (!isDrawn(point)) {
        before = undefined;
        continue;
      }
      const here: [number, number] = [Math.round(u(point[0]) * across), Math.round(v(point[1]) * down)];
      const from = before ?? here;
      const moves = Math.max(1, Math.abs(here[0] - from[0]), Math.abs(here[1] - from[1]));
      for (let move = 0; move <= moves; move++) {
        const share = move / moves;
        this.set(Math.round(from[0] + share * (here[0] - from[0])), Math.round(from[1] + share * (here[1] - from[1])), series);
      }
      before = here;
    }
  }

  /** The text of one row; characters of the same curve that stand together are painted together. */
  row(row: number, paint: (text: string, series: number) => string): string {
    let line = '';
    for (let column = 0; column < this.width; ) {
      const owner = this.owner[row * this.width + column]!;
      let text = '';
      for (; column < this.width && this.owner[row * this.width + column] === owner; column++) {
        if (owner < 0) text += ' ';
        else text += this.braille ? String.fromCodePoint(0x2800 + this.bits[row * this.width + column]!) : markOf(owner);
      }
      line += owner < 0 ? text : paint(text, owner);
    }
    return line;
  }

  private set(x: number, y: number, series: number): void {
    const cell = this.braille ? (y >> 2) * this.width + (x >> 1) : y * this.width + x;
    if (this.braille) this.bits[cell]! |= dots[(y & 3) as 0 | 1 | 2 | 3][(x & 1) as 0 | 1];
    this.owner[cell] = series;
  }
}

function markOf(series: number): string {
  return asciiMarks[series % asciiMarks.length]!;
}

function isDrawn([x, y]: readonly [number, number]): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

/** The minimum and the maximum, widened where they are the same. */
function range(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const room = low === high ? Math.abs(low) * 0.1 || 1 : 0;
  return [low - room, high + room];
}

function xAxisLabels([left, right]: readonly [string, string], name: string, width: number, terminal: Terminal): string {
  const room = width - textWidth(left) - textWidth(right) - 2;
  const middle = room > 0 ? truncate(name, room, terminal.unicode) : '';
  const before = Math.max(1, Math.floor((width - textWidth(middle)) / 2) - textWidth(left));
  const after = Math.max(1, width - textWidth(left) - before - textWidth(middle) - textWidth(right));
  return truncate(left + ' '.repeat(before) + middle + ' '.repeat(after) + right, width, terminal.unicode);
}

/** The names of the series with their marks, on as many as fit on one line. */
function legend(
  series: readonly PlotSeries[],
  columns: number,
  terminal: Terminal,
  mark: (series: number) => string,
): string {
  const room = Math.floor(columns / series.length) - 4;
  return series.map(({ name }, s) => `${mark(s)} ${truncate(name, terminal.isTTY ? Math.max(1, room) : Infinity, terminal.unicode)}`).join('  ');
}
