import type { Predicts } from '../model/losses';
import type { Better } from './scores';
import { hasAccuracy, metricsOf } from './scoring';

/** The metric of the validation rows that early stopping, the best checkpoint and searches go by. */
export interface Monitor {
  /** `loss`, `accuracy`, `rmse` or the name of a score, see scoring.ts. */
  readonly metric: string;
  readonly better: Better;
  /** Early stopping counts an evaluation as an improvement from a change of more than this on. */
  readonly minDelta: number;
}

/** The value of the metric that a training goes by. */
export interface Monitored extends Pick<Monitor, 'metric' | 'better'> {
  readonly value: number;
  /** Of a result: the value of the best evaluation. */
  readonly best?: number | undefined;
}

/** All metrics that may be named, for the help of a spec. */
export function metricNames(): readonly string[] {
  return [
    ...new Set((['classes', 'labels', 'numbers', 'rates', 'quantiles'] as const).flatMap((predicts) => Object.keys(metricsOf(predicts)))),
  ];
}

/** The monitor of a spec: by default the accuracy where there is one, else the loss. */
export function monitorOf(predicts: Predicts, metric: string | null, minDelta = 0): Monitor {
  const name = metric ?? (hasAccuracy(predicts) ? 'accuracy' : 'loss');
  return { metric: name, better: metricsOf(predicts)[name]!, minDelta };
}

/** Whether a value is better than another by more than `by`. One that is not defined is worse than all that are. */
export function isBetter({ better }: Pick<Monitor, 'better'>, value: number, than: number, by = 0): boolean {
  if (Number.isNaN(value)) return false;
  if (Number.isNaN(than)) return true;
  return better === 'higher' ? value - than > by : than - value > by;
}
