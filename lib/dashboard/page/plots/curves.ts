import type { RunHistory } from '../../../history/runHistory';
import { centredMeans, lossWeights } from '../../../report/drawing/thin';
import type { Line } from './chart';

/** How curves are drawn; shared by all views of the page. */
export interface CurveSettings {
  /** Width of the smoothing window as a share of the curve, 0 to 1. */
  smoothing: number;
  log: boolean;
  /** The unit of x. */
  x: 'step' | 'epoch';
}

interface Placed {
  readonly step: number;
  readonly epoch: number;
}

/** A curve over steps or epochs; `series` is the number of its colour. */
export function line<Event extends Placed>(
  label: string, events: readonly Event[], y: (event: Event) => number, { x }: CurveSettings, style: Pick<Line, 'series' | 'faint' | 'dashed' | 'dots'>,
): Line {
  return { label, x: events.map((event) => event[x]), y: events.map(y), ...style };
}

/** A curve; where it is smoothed, with its raw points faintly behind it; `weights` are those of `centredMean`. */
export function smoothed(raw: Line, { smoothing }: CurveSettings, weights?: readonly number[]): Line[] {
  const window = 2 * Math.floor((smoothing * raw.x.length) / 4) + 1;
  if (window < 3) return [raw];
  return [{ ...raw, label: `${raw.label}, single`, faint: true }, { ...raw, y: centredMeans(raw.y, window, weights) }];
}

/** Curves of fewer points have dots. */
const fewPoints = 40;

export function lossLines({ steps, evaluations }: RunHistory, settings: CurveSettings): Line[] {
  return [
    ...smoothed(line('train', steps, ({ loss }) => loss, settings, { series: 0 }), settings, lossWeights(steps)),
    line('validation', evaluations, ({ valLoss }) => valLoss, settings, { series: 1, dots: evaluations.length < fewPoints }),
  ];
}

export function accuracyLines({ steps, evaluations }: RunHistory, settings: CurveSettings): Line[] {
  const dots = evaluations.length < fewPoints;
  return [
    line('batch', steps, ({ batchAccuracy = NaN }) => batchAccuracy, settings, { series: 0, faint: true }),
    line('train, running', evaluations, ({ trainAccuracy = NaN }) => trainAccuracy, settings, { series: 0, dots }),
    line('validation', evaluations, ({ valAccuracy = NaN }) => valAccuracy, settings, { series: 1, dots }),
  ];
}

export function rmseLines({ evaluations }: RunHistory, settings: CurveSettings): Line[] {
  const dots = evaluations.length < fewPoints;
  return [
    line('train, running', evaluations, ({ trainRmse = NaN }) => trainRmse, settings, { series: 0, dots }),
    line('validation', evaluations, ({ valRmse = NaN }) => valRmse, settings, { series: 1, dots }),
  ];
}

export function rateLines({ steps }: RunHistory, settings: CurveSettings): Line[] {
  return [line('learning rate', steps, ({ learningRate }) => learningRate, settings, { series: 3 })];
}

export function throughputLines({ epochs }: RunHistory, settings: CurveSettings): Line[] {
  return [line('training rows per second', epochs, ({ samplesPerSecond }) => samplesPerSecond, settings, { series: 4, dots: epochs.length < fewPoints })];
}
