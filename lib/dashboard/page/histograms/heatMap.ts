import { tickFormat, ticksWithin } from '../../../report/drawing/ticks';
import { colour } from '../dom';

/** Room for the labels of the axes, in pixels. */
const [left, right, top, bottom] = [62, 10, 8, 34];
/** A label nearer to an edge than this begins or ends there. */
const edge = 24;
const font = '12px system-ui, sans-serif';
/** The colour of cells is full from this share of all cells on: a bin with most of the values, as that of 0 behind a ReLU, would leave no others to see. */
const fullFrom = 0.98;

/** Counts over time. */
export interface HeatMap {
  /** Where moments stand on the axis of x, in rising order. */
  readonly x: readonly number[];
  readonly visible: readonly [number, number];
  /** A column for each moment, see {@link cellsOf}; undefined where there is nothing. */
  readonly cells: OffscreenCanvas | undefined;
  /** The values of the lowest and the highest cell's edges. */
  readonly range: readonly [number, number];
  /** The moment that is marked. */
  readonly chosen: number;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xTicks: readonly number[];
  readonly xText: (x: number) => string;
}

/** Draws it on a canvas as wide as its place. */
export function drawHeatMap(canvas: HTMLCanvasElement, map: HeatMap): void {
  const [width, height] = [Math.max(200, canvas.clientWidth), 200];
  const scale = devicePixelRatio;
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  context.fillStyle = colour('panel');
  context.fillRect(0, 0, width, height);
  const [across, down] = [width - left - right, height - top - bottom];
  const xAt = (x: number): number => left + ((x - map.visible[0]) / (map.visible[1] - map.visible[0])) * across;
  const yAt = (value: number): number => top + down - ((value - map.range[0]) / (map.range[1] - map.range[0])) * down;
  drawCells(context, map, xAt, down);
  drawAxes(context, map, { width, height, across, down, xAt, yAt });
}

/** The moment whose column is at a pixel from the left of the canvas; undefined beside them. */
export function momentAt(canvas: HTMLCanvasElement, { x, visible }: Pick<HeatMap, 'x' | 'visible'>, pixel: number): number | undefined {
  const across = canvas.clientWidth - left - right;
  const at = visible[0] + ((pixel - left) / across) * (visible[1] - visible[0]);
  const found = x.findIndex((_, i) => at >= edgeBefore(x, i) && at <= edgeBefore(x, i + 1));
  return found < 0 ? undefined : found;
}

/** Where the column of moment i begins: half-way from the one before; of one alone it is about a fortieth of its x wide. */
function edgeBefore(x: readonly number[], i: number): number {
  if (x.length === 1) return x[0]! + (i - 0.5) * (Math.abs(x[0]!) / 40 || 1);
  if (i === 0) return x[0]! - (x[1]! - x[0]!) / 2;
  if (i === x.length) return x[i - 1]! + (x[i - 1]! - x[i - 2]!) / 2;
  return (x[i - 1]! + x[i]!) / 2;
}

/** A pixel for each cell: columns of counts from the lowest value up, undefined where a moment has none. Fuller cells are stronger, by logarithms where that is asked for. */
export function cellsOf(columns: readonly (Float64Array | undefined)[], isLog: boolean): OffscreenCanvas | undefined {
  const rows = columns.find((column) => column !== undefined)?.length ?? 0;
  if (rows === 0) return undefined;
  const depth = (count: number): number => (isLog ? Math.log1p(count) : count);
  const all = columns.flatMap((column) => Array.from(column ?? [], depth)).sort((a, b) => a - b);
  const full = isLog ? all[all.length - 1]! : all[Math.floor(fullFrom * (all.length - 1))]! || all[all.length - 1]!;
  const cells = new OffscreenCanvas(columns.length, rows);
  const image = new ImageData(columns.length, rows);
  const [none, middle, most] = ['panel', 'series0', 'text'].map((name) => (colour(name).match(/\d+/g) ?? []).map(Number)) as [number[], number[], number[]];
  columns.forEach((column, i) => column?.forEach((count, row) => {
    const share = full > 0 ? Math.min(1, depth(count) / full) : 0;
    const [from, to, part] = share < 0.7 ? [none, middle, share / 0.7] : [middle, most, (share - 0.7) / 0.6];
    const at = 4 * ((rows - 1 - row) * columns.length + i);
    for (let channel = 0; channel < 3; channel++) image.data[at + channel] = from[channel]! + part * (to[channel]! - from[channel]!);
    image.data[at + 3] = 255;
  }));
  cells.getContext('2d')!.putImageData(image, 0, 0);
  return cells;
}

function drawCells(context: CanvasRenderingContext2D, { x, cells }: HeatMap, xAt: (x: number) => number, down: number): void {
  if (cells === undefined) return;
  context.save();
  context.beginPath();
  context.rect(left, top, context.canvas.width / devicePixelRatio - left - right, down);
  context.clip();
  context.imageSmoothingEnabled = false;
  x.forEach((_, i) => {
    const [from, to] = [xAt(edgeBefore(x, i)), xAt(edgeBefore(x, i + 1))];
    context.drawImage(cells, i, 0, 1, cells.height, from, top, Math.max(1, to - from), down);
  });
  context.restore();
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
  readonly xAt: (x: number) => number;
  readonly yAt: (value: number) => number;
}

function drawAxes(context: CanvasRenderingContext2D, { x, range, chosen, xTitle, yTitle, xTicks, xText }: HeatMap, { height, across, down, xAt, yAt }: Frame): void {
  context.font = font;
  context.strokeStyle = colour('grid');
  context.strokeRect(left, top, across, down);
  context.fillStyle = colour('muted');
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const ticks = ticksWithin(...range, 5);
  const format = tickFormat(ticks);
  for (const tick of ticks) context.fillText(format(tick), left - 6, yAt(tick));
  context.textBaseline = 'top';
  for (const tick of xTicks) {
    const at = xAt(tick);
    context.textAlign = at < left + edge ? 'left' : at > left + across - edge ? 'right' : 'center';
    context.fillText(xText(tick), at, top + down + 4);
  }
  context.textAlign = 'center';
  context.fillText(xTitle, left + across / 2, height - 14);
  context.save();
  context.translate(4, top + down / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(yTitle, 0, 0);
  context.restore();
  const at = xAt(x[chosen] ?? NaN);
  if (!(at >= left && at <= left + across)) return;
  context.strokeStyle = colour('series1');
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(at, top);
  context.lineTo(at, top + down);
  context.stroke();
}
