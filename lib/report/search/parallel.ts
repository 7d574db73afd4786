import { formatMetric } from '../../numbers';
import type { TrialSummary } from '../../history/searchHistory';
import { printable } from '../../text';
import { parameterAxis } from './parameterAxis';
import type { ParameterAxis } from './parameterAxis';
import { maxDrawn, trialCounts } from './figureData';
import type { SearchFigureData } from './figureData';
import { axisLine, centred, finish, ink, margin, palette, quietInk, renderSvg, text } from '../drawing/svg';
import { tickFormat, ticksWithin } from '../drawing/ticks';

/** An axis as it is drawn. */
type AxisOfTicks = Omit<ParameterAxis, 'textAt'>;

/** Pixels from one axis to the next, and along one. */
const gap = 120;
const axisHeight = 280;
/** Where the line of a trial crosses the axis of a parameter that it does not use: below the axis, whose length is 1. */
const unused = -0.13;
/** From the worst to the best trial of a rank. */
const shades = [[222, 229, 236], [116, 169, 207], [4, 90, 141]] as const;

/**
 * Parallel coordinates: a vertical axis for each parameter and one for the score, a line for each trial, darker the
 * better it ranks; the best stands out. A self-contained SVG file.
 */
export function parallelSvg(data: SearchFigureData): string {
  const { name, parameters, ranking } = data;
  const title = `${name}: trials across their parameters`;
  const lines = ranking.slice(0, maxDrawn);
  const score = scoreAxis(lines, data.metric);
  const axes = [
    ...parameters.map((parameter) => ({ name: parameter.name, axis: parameterAxis(parameter.domain) })),
    { name: 'validation', axis: score },
  ];
  const width = Math.max(720, 2 * margin + gap * axes.length);
  const top = margin + 84;
  const [left, right] = [margin + gap / 2, width - margin - gap / 2];
  const x = (column: number): number => left + (column / (axes.length - 1)) * (right - left);
  const y = (place: number): number => top + (1 - place) * axisHeight;
  const placesOf = ({ trial, assignment, score: own }: TrialSummary): number[] => [
    ...parameters.map((parameter, p) => {
      const value = assignment[parameter.name];
      return value === undefined ? unused : axes[p]!.axis.place(value, trial);
    }),
    score.place(own, trial),
  ];

  const drawn = lines.map((trial, rank) => ({ places: placesOf(trial), rank, isPruned: trial.state !== 'finished' }));
  const hasUnused = drawn.some(({ places }) => places.includes(unused));
  const height = y(hasUnused ? unused : 0) + margin + 14;
  const svg = renderSvg(width, height, {
    animation: false,
    backgroundColor: '#ffffff',
    graphic: [
      text(title, margin, margin, 17, ink, width, 600),
      text(trialCounts(data), margin, margin + 25, 12.5, quietInk, width),
      ...drawn.reverse().map(({ places, rank, isPruned }) => ({
        type: 'polyline' as const,
        silent: true,
        shape: { points: places.map((place, column) => [x(column), y(place)]) },
        style: {
          fill: 'none', lineJoin: 'round' as const,
          ...(rank === 0
            ? { stroke: palette[1]!, lineWidth: 3 }
            : { stroke: shade(1 - rank / Math.max(1, lines.length - 1)), lineWidth: isPruned ? 1 : 1.7, opacity: isPruned ? 0.7 : 1 }),
        },
      })),
      ...axes.flatMap(({ name: label, axis }, column) => drawAxis(printable(label), axis, x(column), y)),
      ...(hasUnused ? [text('not used', margin, y(unused) - 7, 12, quietInk, width)] : []),
      ...(lines.length === 0 ? [centred('No trials to draw', width / 2, y(0.5), 15, quietInk)] : []),
    ],
  });
  return finish(svg, title, describe(data));
}

function drawAxis(label: string, axis: AxisOfTicks, x: number, y: (place: number) => number) {
  const line = (from: readonly [number, number], to: readonly [number, number]) => ({
    type: 'line' as const, silent: true, shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: axisLine, lineWidth: 1 },
  });
  return [
    line([x, y(0)], [x, y(1)]),
    centred(label, x, y(1) - 28, 12.5, ink),
    ...axis.ticks.flatMap(({ at, label: tick }) => [
      line([x - 4, y(at)], [x + 4, y(at)]),
      // A border in the background colour keeps labels legible on the lines.
      { ...text(tick, x + 7, y(at) - 6, 11.5, ink, Infinity), z: 1 },
    ]).map((part) => ('text' in part.style ? { ...part, style: { ...part.style, stroke: '#ffffff', lineWidth: 3 } } : part)),
  ];
}

/** From the worst score to the best one. */
function scoreAxis(trials: readonly TrialSummary[], metric: string): AxisOfTicks {
  const scores = trials.map(({ score }) => score).filter(Number.isFinite);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const span = high - low || 1;
  const ticks = trials.length === 0 ? [] : ticksWithin(low, low + span, 5);
  const [unit, mark] = metric === 'accuracy' ? [100, ' %'] : [1, ''];
  const format = ticks.length > 1 ? tickFormat(ticks.map((tick) => unit * tick)) : (value: number): string => value.toFixed(1);
  const place = (value: number): number => (trials.length < 2 ? 1 : (value - low) / span);
  return { ticks: ticks.map((tick) => ({ at: place(tick), label: `${format(unit * tick)}${mark}` })), place: (value) => place(value as number) };
}

/** The colour at `place` in [0, 1] between the shades. */
function shade(place: number): string {
  const [from, to, share] = place < 0.5 ? [shades[0], shades[1], 2 * place] : [shades[1], shades[2], 2 * place - 1];
  return `rgb(${from.map((channel, c) => Math.round(channel + share * (to[c]! - channel))).join(',')})`;
}

function describe(data: SearchFigureData): string {
  const [best] = data.ranking;
  const values = best === undefined ? [] : Object.entries(best.assignment).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return (
    `Parallel coordinates of ${data.parameters.map(({ name }) => name).join(', ')} and validation ${data.metric}. ${trialCounts(data)}.` +
    (best === undefined ? '' : ` Best: trial ${best.trial} with ${formatMetric(data.metric, best.score)}, ${values.join(', ')}.`)
  );
}
