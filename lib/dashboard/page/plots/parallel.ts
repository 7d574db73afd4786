import { parameterAxis } from '../../../report/search/parameterAxis';
import type { ParameterAxis } from '../../../report/search/parameterAxis';
import type { TrialSummary } from '../../../history/searchHistory';
import type { Parameter } from '../../../search/types';
import { formatMetric } from '../../../numbers';
import { onPointing, svg } from '../dom';

const height = 330;
const top = 56;
const bottom = 20;
/** Width of an axis with its labels, and margin beside the outer ones, in pixels. */
const minSpacing = 96;
const [left, right] = [64, 76];
/** At most this many trials are drawn, the best. */
const maxDrawn = 400;

/** The part of an axis that trials must lie in, as places from 0 to 1. */
export type Range = readonly [low: number, high: number];

export interface ParallelChart {
  readonly element: Element;
  /** Trials that are drawn. */
  readonly drawn: number;
  /** Highlights a trial, or none. */
  choose(trial: number | undefined): void;
  /** Draws the ranges, and trials outside of them faintly. */
  filter(ranges: ReadonlyMap<string, Range>, matches: (trial: number) => boolean): void;
}

/** What trials are compared by. */
export interface Score {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
}

export interface ParallelOptions {
  /** Width that the page allows, in pixels. */
  readonly room: number;
  readonly score: Score;
  /** Called with the trial that is pointed at. */
  readonly chosen: (trial: number | undefined) => void;
  /** Called when a range of an axis was dragged; undefined takes it away. */
  readonly brushed: (name: string, range: Range | undefined) => void;
}

/** A parameter with its axis. */
export interface Axis extends ParameterAxis {
  readonly name: string;
  readonly isLog: boolean;
}

export function axisOf({ name, domain }: Parameter): Axis {
  return { name, isLog: domain.type.startsWith('log-'), ...parameterAxis(domain) };
}

/** One axis for each parameter and one for the score, as wide as the page allows; a line for each of the trials, the best first. */
export function parallelCoordinates(axes: readonly Axis[], ranking: readonly TrialSummary[], { room, score: { metric, better }, chosen, brushed }: ParallelOptions): ParallelChart {
  const drawn = ranking.slice(0, maxDrawn);
  const scores = drawn.map(({ score }) => score);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  // The best score stands at the top.
  const heat = (score: number): number => (high > low ? (better === 'higher' ? score - low : high - score) / (high - low) : 1);
  const spacing = Math.max(minSpacing, (room - left - right) / axes.length);
  const x = (axis: number): number => left + axis * spacing;
  const width = Math.floor(x(axes.length) + right);
  const lines = new Map<number, Element>();

  const choose = (trial: number | undefined): void => {
    for (const [number, line] of lines) line.classList.toggle('chosen', number === trial);
    root.classList.toggle('choosing', trial !== undefined);
  };
  const root = svg('svg', {
    class: 'parallel', width, height, role: 'img',
    'aria-label': `Parallel coordinates of ${String(drawn.length)} trials; the table below holds the same numbers`,
  });
  const last = x(axes.length);
  root.append(...[...axes.keys(), axes.length].map((i) => svg('line', { x1: x(i), x2: x(i), y1: top, y2: height - bottom })));

  // The best are drawn last, over the others.
  for (const { trial, assignment, score } of [...drawn].reverse()) {
    const points = axes.flatMap((axis, i) => {
      const value = assignment[axis.name];
      return value === undefined ? [] : [`${String(x(i))},${y(axis.place(value, trial)).toFixed(1)}`];
    });
    const line = svg('polyline', { points: [...points, `${String(last)},${y(heat(score)).toFixed(1)}`].join(' ') }, svg('title', {}, `trial ${String(trial)}: ${metric} ${formatMetric(metric, score)}`));
    line.style.setProperty('--heat', `${(100 * heat(score)).toFixed(0)}%`);
    onPointing(line, (isPointedAt) => {
      const which = isPointedAt ? trial : undefined;
      choose(which);
      chosen(which);
    });
    lines.set(trial, line);
    root.append(line);
  }
  // Labels stand over the lines, so that they can be read.
  axes.forEach(({ name, isLog, ticks }, i) => {
    root.append(label(x(i), 16, name, 'name'), ...(isLog ? [label(x(i), 31, 'log scale', 'scale')] : []), ...ticks.map((tick) => label(x(i) - 6, y(tick.at) + 4, tick.label, 'tick')));
  });
  const ends = high > low ? [low, (low + high) / 2, high] : [high];
  root.append(label(last, 16, metric, 'name'), label(last, 31, `${better} is better`, 'scale'));
  if (drawn.length > 0) root.append(...ends.map((score) => label(last + 68, y(heat(score)) + 4, formatMetric(metric, score), 'tick')));
  const brushes = axes.map((axis, i) => new Brush(x(i), (range) => { brushed(axis.name, range); }));
  root.append(...brushes.map(({ element }) => element));
  return {
    element: root, drawn: drawn.length, choose,
    filter: (ranges, matches) => {
      axes.forEach(({ name }, i) => { brushes[i]!.show(ranges.get(name)); });
      for (const [trial, line] of lines) line.classList.toggle('out', !matches(trial));
    },
  };
}

/** A strip over an axis: dragging along it selects a range, a click takes it away. */
class Brush {
  readonly element: SVGGElement;
  private readonly band: SVGRectElement;
  private from: number | undefined;

  constructor(at: number, private readonly changed: (range: Range | undefined) => void) {
    this.band = svg('rect', { class: 'band', x: at - 7, width: 14, y: top, height: 0 });
    const strip = svg('rect', { class: 'strip', x: at - 12, width: 24, y: top - 6, height: height - top - bottom + 12 });
    this.element = svg('g', {}, this.band, strip);
    strip.addEventListener('pointerdown', (event) => {
      strip.setPointerCapture(event.pointerId);
      this.from = this.placeOf(event);
    });
    strip.addEventListener('pointermove', (event) => {
      if (this.from !== undefined) this.show(this.rangeTo(event));
    });
    strip.addEventListener('pointerup', (event) => {
      const range = this.from === undefined ? undefined : this.rangeTo(event);
      this.from = undefined;
      this.changed(range !== undefined && range[1] - range[0] > 0.02 ? range : undefined);
    });
  }

  show(range: Range | undefined): void {
    if (range !== undefined) this.band.setAttribute('y', y(range[1]).toFixed(1));
    this.band.setAttribute('height', range === undefined ? '0' : (y(range[0]) - y(range[1])).toFixed(1));
  }

  private rangeTo(event: PointerEvent): Range {
    const [a, b] = [this.from!, this.placeOf(event)];
    return [Math.min(a, b), Math.max(a, b)];
  }

  private placeOf({ clientY }: PointerEvent): number {
    const at = 1 - (clientY - this.element.ownerSVGElement!.getBoundingClientRect().top - top) / (height - top - bottom);
    return Math.min(1, Math.max(0, at));
  }
}

function y(at: number): number {
  return top + (1 - at) * (height - top - bottom);
}

function label(x: number, at: number, text: string, kind: string): Element {
  return svg('text', { x, y: at, class: kind }, text);
}
