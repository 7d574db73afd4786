import { parameterAxis } from '../../../report/search/parameterAxis';
import type { TrialSummary } from '../../../history/searchHistory';
import type { Parameter } from '../../../search/types';
import { formatMetric } from '../../../numbers';
import { svg } from '../dom';

const height = 300;
const top = 40;
const bottom = 20;
/** Width of an axis with its labels, and margin beside the outer ones, in pixels. */
const minSpacing = 96;
const [left, right] = [64, 64];
/** At most this many trials are drawn, the best. */
const maxDrawn = 400;

export interface ParallelChart {
  readonly element: Element;
  /** Highlights a trial, or none. */
  choose(trial: number | undefined): void;
}

/** What trials are compared by. */
export interface Score {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
}

/** One axis for each parameter and one for the score, as wide as the page allows; a line for each of the trials, the best first. */
export function parallelCoordinates(
  parameters: readonly Parameter[], ranking: readonly TrialSummary[], { metric, better }: Score, room: number, chosen: (trial: number | undefined) => void,
): ParallelChart {
  const drawn = ranking.slice(0, maxDrawn);
  const scores = drawn.map(({ score }) => score);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  // The best score stands at the top.
  const heat = (score: number): number => (high > low ? (better === 'higher' ? score - low : high - score) / (high - low) : 1);
  const y = (at: number): number => top + (1 - at) * (height - top - bottom);
  const spacing = Math.max(minSpacing, (room - left - right) / parameters.length);
  const x = (axis: number): number => left + axis * spacing;
  const width = Math.floor(x(parameters.length) + right);
  const axes = parameters.map(({ domain }) => parameterAxis(domain));
  const lines = new Map<number, Element>();

  const choose = (trial: number | undefined): void => {
    for (const [number, line] of lines) line.classList.toggle('chosen', number === trial);
    root.classList.toggle('choosing', trial !== undefined);
  };
  const root = svg('svg', {
    class: 'parallel', width, height, role: 'img',
    'aria-label': `Parallel coordinates of ${String(drawn.length)} trials; the table below holds the same numbers`,
  });
  const last = x(parameters.length);
  root.append(...[...parameters.keys(), parameters.length].map((i) => axisLine(x(i))));

  // The best are drawn last, over the others.
  for (const { trial, assignment, score } of [...drawn].reverse()) {
    const points = parameters.flatMap(({ name }, i) => {
      const value = assignment[name];
      return value === undefined ? [] : [`${String(x(i))},${y(axes[i]!.place(value, trial)).toFixed(1)}`];
    });
    const line = svg('polyline', { points: [...points, `${String(last)},${y(heat(score)).toFixed(1)}`].join(' ') }, svg('title', {}, `trial ${String(trial)}: ${metric} ${formatMetric(metric, score)}`));
    line.style.setProperty('--heat', `${(100 * heat(score)).toFixed(0)}%`);
    line.addEventListener('pointerenter', () => {
      choose(trial);
      chosen(trial);
    });
    line.addEventListener('pointerleave', () => {
      choose(undefined);
      chosen(undefined);
    });
    lines.set(trial, line);
    root.append(line);
  }
  // Labels stand over the lines, so that they can be read.
  parameters.forEach(({ name }, i) => {
    root.append(label(x(i), 16, name, 'name'), ...axes[i]!.ticks.map((tick) => label(x(i) - 6, y(tick.at) + 4, tick.label, 'tick')));
  });
  const ends = high > low ? [low, (low + high) / 2, high] : [high];
  root.append(label(last, 16, metric, 'name'));
  if (drawn.length > 0) root.append(...ends.map((score) => label(last + 56, y(heat(score)) + 4, formatMetric(metric, score), 'tick')));
  return { element: root, choose };
}

function axisLine(x: number): Element {
  return svg('line', { x1: x, x2: x, y1: top, y2: height - bottom });
}

function label(x: number, y: number, text: string, kind: string): Element {
  return svg('text', { x, y, class: kind }, text);
}
