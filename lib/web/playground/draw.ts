import { extent } from './messages';
import type { LayerWeights, Plane, Point } from './messages';

function style(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The plane with a pixel for each probability, to be stretched. */
const small = document.createElement('canvas');

/** Draws what the model says of the plane, the points, and the cross where the keyboard would add one. */
export function drawPlane(canvas: HTMLCanvasElement, points: readonly Point[], plane: Plane | undefined, cross: { readonly x: number; readonly y: number } | undefined): void {
  const context = canvas.getContext('2d')!;
  const side = canvas.width;
  context.fillStyle = style('--card');
  context.fillRect(0, 0, side, side);
  if (plane !== undefined) {
    const [a, b] = ['--a-soft', '--b-soft'].map((name) => style(name).split(' ').map(Number)) as [number[], number[]];
    const pixels = new ImageData(plane.size, plane.size);
    for (let i = 0; i < plane.size ** 2; i++) {
      const p = plane.probabilities[i * plane.classes + 1]!;
      for (let j = 0; j < 3; j++) pixels.data[4 * i + j] = a[j]! + (b[j]! - a[j]!) * p;
      pixels.data[4 * i + 3] = 255;
    }
    [small.width, small.height] = [plane.size, plane.size];
    small.getContext('2d')!.putImageData(pixels, 0, 0);
    context.drawImage(small, 0, 0, side, side);
    drawBoundary(context, plane, side);
  }
  for (const { x, y, label } of points) {
    const [left, top] = [side * (x / extent + 1) / 2, side * (1 - y / extent) / 2];
    context.fillStyle = style(label === 0 ? '--a' : '--b');
    context.strokeStyle = style('--card');
    context.lineWidth = 1.5;
    context.beginPath();
    if (label === 0) context.arc(left, top, 6, 0, 2 * Math.PI);
    else context.rect(left - 5, top - 5, 10, 10);
    context.fill();
    context.stroke();
  }
  if (cross !== undefined) {
    const [left, top] = [side * (cross.x / extent + 1) / 2, side * (1 - cross.y / extent) / 2];
    context.strokeStyle = style('--text');
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(left - 12, top);
    context.lineTo(left + 12, top);
    context.moveTo(left, top - 12);
    context.lineTo(left, top + 12);
    context.stroke();
  }
}

/** The line on which both classes are as probable, through each square of four neighbouring points by straight parts. */
function drawBoundary(context: CanvasRenderingContext2D, { size, classes, probabilities }: Plane, side: number): void {
  const at = (row: number, column: number): number => probabilities[(row * size + column) * classes + 1]! - 0.5;
  const cell = side / size;
  context.strokeStyle = style('--text');
  context.lineWidth = 2;
  context.beginPath();
  for (let row = 0; row + 1 < size; row++) {
    for (let column = 0; column + 1 < size; column++) {
      const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]] as const;
      const crossings = corners.flatMap(([fromRow, fromColumn], i) => {
        const [toRow, toColumn] = corners[(i + 1) % 4]!;
        const [p, q] = [at(fromRow, fromColumn), at(toRow, toColumn)];
        if (p > 0 === q > 0) return [];
        const share = p / (p - q);
        return [[cell * (fromColumn + share * (toColumn - fromColumn) + 0.5), cell * (fromRow + share * (toRow - fromRow) + 0.5)] as const];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        context.moveTo(...crossings[i]!);
        context.lineTo(...crossings[i + 1]!);
      }
    }
  }
  context.stroke();
}

type Curve = readonly (readonly [step: number, loss: number])[];

/** Draws the losses of batches and of the validation rows, on a logarithmic axis. */
export function drawLosses(svg: SVGElement, batch: Curve, validation: Curve, all: number): void {
  const losses = [...batch, ...validation].map(([, loss]) => loss).filter((loss) => loss > 0 && Number.isFinite(loss));
  if (losses.length === 0) {
    svg.replaceChildren();
    return;
  }
  const most = Math.max(...losses);
  const least = Math.min(...losses, most / 2);
  const [left, right, top, bottom] = [78, 550, 12, 262];
  const x = (step: number): number => left + ((right - left) * step) / Math.max(1, all);
  const y = (loss: number): number => bottom - ((bottom - top) * Math.log(Math.max(loss, least) / least)) / Math.log(most / least);
  const path = (curve: Curve): string => curve.map(([step, loss], i) => `${i === 0 ? 'M' : 'L'}${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join('');
  const element = (name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    made.textContent = text;
    return made;
  };
  const label = (value: number): string => (value < 0.01 ? value.toExponential(1) : value.toPrecision(2));
  svg.replaceChildren(
    element('path', { class: 'axis', d: `M${String(left)},${String(top)}V${String(bottom)}H${String(right)}` }),
    element('text', { 'x': left - 6, 'y': top + 8, 'text-anchor': 'end' }, label(most)),
    element('text', { 'x': left - 6, 'y': bottom, 'text-anchor': 'end' }, label(least)),
    element('text', { 'x': right, 'y': 290, 'text-anchor': 'end' }, `step ${String(all)}`),
    element('path', { class: 'batch', d: path(batch) }),
    element('path', { class: 'validation', d: path(validation) }),
  );
  const last = validation.at(-1);
  svg.setAttribute('aria-label', last === undefined ? 'Loss by step' : `Loss by step: the validation loss is ${label(last[1])} after step ${String(last[0])}`);
}

/** A row a hidden unit: its weights from the inputs, then those to the classes. */
export function drawWeights(place: HTMLElement, layers: readonly LayerWeights[]): void {
  const [first, second] = layers;
  if (first === undefined || second === undefined) return;
  const scale = (layer: LayerWeights): number => Math.max(...layer.values.map(Math.abs), 1e-9);
  const [incoming, outgoing] = [scale(first), scale(second)];
  const cell = (value: number, largest: number): HTMLElement => {
    const one = document.createElement('i');
    const share = Math.abs(value) / largest;
    one.style.background = `color-mix(in srgb, var(${value >= 0 ? '--a' : '--b'}) ${String(Math.round(100 * share))}%, transparent)`;
    one.title = value.toPrecision(3);
    return one;
  };
  place.replaceChildren(...Array.from({ length: first.outputs }, (_, unit) => {
    const row = document.createElement('div');
    row.className = 'unit';
    const gap = document.createElement('i');
    gap.className = 'gap';
    const own = Array.from({ length: first.inputs }, (__, input) => first.values[unit * first.inputs + input]!);
    const out = Array.from({ length: second.outputs }, (__, output) => second.values[output * second.inputs + unit]!);
    row.append(...own.map((value) => cell(value, incoming)), gap, ...out.map((value) => cell(value, outgoing)));
    return row;
  }));
}
