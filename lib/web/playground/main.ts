import { drawLosses, drawPlane, drawWeights } from './draw';
import { extent } from './messages';
import type { Answer, Plane, Point, Request, Rows, Settings } from './messages';
import { samples } from './samples';

/* The page: reads settings, asks the worker, and draws what that answers. */

function element(id: string): unknown {
  return document.getElementById(id);
}
const input = (id: keyof Settings): HTMLInputElement => element(id) as HTMLInputElement;

const form = element('settings') as HTMLFormElement;
const canvas = element('plane') as HTMLCanvasElement;
const sample = element('sample') as HTMLSelectElement;
const table = element('table') as HTMLTextAreaElement;
const paste = element('paste') as HTMLDetailsElement;
const status = element('status') as HTMLElement;
const gradients = element('gradients') as HTMLElement;
const [trainButton, stopButton, checkButton] = ['train', 'stop', 'check'].map(element) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
let points: Point[] = [];
let plane: Plane | undefined;
let cross: { x: number; y: number } | undefined;
let batch: (readonly [number, number])[] = [];
let validation: (readonly [number, number])[] = [];

function redraw(): void {
  drawPlane(canvas, points, plane, document.activeElement === canvas ? cross ?? { x: 0, y: 0 } : undefined);
  canvas.setAttribute('aria-label', `${String(points.length)} points, ${String(points.filter(({ label }) => label === 0).length)} of class A${plane === undefined ? '' : ', and where the net decides for each class'}`);
}

function settings(): Settings {
  const number = (id: keyof Settings): number => input(id).valueAsNumber;
  return {
    hidden: number('hidden'), activation: input('activation').value as Settings['activation'], learningRate: number('learningRate'), epochs: number('epochs'),
    batchSize: number('batchSize'), seed: number('seed'), backend: input('backend').value as Settings['backend'],
  };
}

function rows(): Rows {
  return paste.open && table.value.trim() !== '' ? { table: table.value } : { points };
}

function ask(request: Request): void {
  worker.postMessage(request);
}

function setBusy(isBusy: boolean): void {
  trainButton.disabled = isBusy;
  checkButton.disabled = isBusy;
  stopButton.disabled = !isBusy;
}

function say(place: HTMLElement, text: string, isError = false): void {
  place.textContent = text;
  place.classList.toggle('error', isError);
}

const percent = (share: number | undefined): string => (share === undefined || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`);

worker.onmessage = ({ data }: MessageEvent<Answer>) => {
  switch (data.type) {
    case 'losses': {
      batch.push(...data.steps);
      validation.push(...data.evaluations);
      drawLosses((element('loss') as SVGElement), batch, validation, data.all);
      const [step, loss] = batch.at(-1) ?? [0, Number.NaN];
      say(status, `Step ${String(step)} of ${String(data.all)}: loss ${loss.toPrecision(4)}, validation accuracy ${percent(data.accuracy)}`);
      break;
    }
    case 'model':
      requestAnimationFrame(() => {
        plane = data.plane;
        drawWeights(element('weights') as HTMLElement, data.weights);
        redraw();
        ask({ type: 'drawn' });
      });
      break;
    case 'done':
      setBusy(false);
      say(status, `${data.ended === 'stopped' ? 'Stopped' : 'Finished'} after ${String(data.steps)} steps in ${data.seconds.toFixed(2)} s on ${data.backend}: accuracy ${percent(data.trainAccuracy)} in training, ${percent(data.valAccuracy)} in validation`);
      break;
    case 'checked':
      setBusy(false);
      say(gradients, `${data.passed ? 'Gradients are right' : 'Gradients are wrong'}: backpropagation and central differences of ${String(data.elements)} parameters differ by ${data.largest.toExponential(1)} at most (${data.backend}, float64)`, !data.passed);
      break;
    case 'failed':
      setBusy(false);
      say(status, data.message, true);
  }
};
worker.onerror = (event) => {
  setBusy(false);
  say(status, `The worker ended: ${event.message}`, true);
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  [batch, validation, plane] = [[], [], undefined];
  setBusy(true);
  say(status, 'Training …');
  redraw();
  ask({ type: 'train', rows: rows(), settings: settings() });
});
stopButton.addEventListener('click', () => { ask({ type: 'stop' }); });
checkButton.addEventListener('click', () => {
  if (!form.reportValidity()) return;
  setBusy(true);
  say(gradients, 'Comparing gradients …');
  ask({ type: 'check', rows: rows(), settings: settings() });
});

function addPoint(x: number, y: number): void {
  const label = Number(new FormData(form).get('class'));
  points = [...points, { x, y, label }];
  redraw();
}

canvas.addEventListener('pointerdown', (event) => {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  cross = { x: extent * ((2 * (event.clientX - left)) / width - 1), y: extent * (1 - (2 * (event.clientY - top)) / height) };
  addPoint(cross.x, cross.y);
});
const moves: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
canvas.addEventListener('keydown', (event) => {
  const place = cross ?? { x: 0, y: 0 };
  const move = moves[event.key];
  if (move !== undefined) {
    const moved = (from: number, by: number): number => Math.max(-extent, Math.min(extent, from + 0.05 * by));
    cross = { x: moved(place.x, move[0]), y: moved(place.y, move[1]) };
    redraw();
  } else if (event.key === 'Enter' || event.key === ' ') addPoint(place.x, place.y);
  else return;
  event.preventDefault();
});
/** A table has no picture in the plane. */
function showPlane(): void {
  (element('planeSection') as HTMLElement).hidden = 'table' in rows();
}
paste.addEventListener('toggle', showPlane);
table.addEventListener('input', showPlane);
for (const name of ['focus', 'blur']) canvas.addEventListener(name, redraw);
(element('clear') as HTMLButtonElement).addEventListener('click', () => {
  [points, plane] = [[], undefined];
  redraw();
});

sample.append(...Object.keys(samples).map((name) => new Option(name)));
sample.addEventListener('change', () => {
  points = samples[sample.value]!();
  plane = undefined;
  redraw();
});
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
points = samples[sample.value]!();
redraw();
