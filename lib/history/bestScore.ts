import type { EvaluationEvent, TrainEvent } from '../train/events';

// Used by the dashboard's page as well: nothing here needs Node.

/** The best value of the metric that a training goes by. */
export interface Best {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly value: number;
  /** Of its evaluation. */
  readonly step: number;
}

/** The metric that a training goes by. Runs of earlier versions went by accuracy, or by loss where there is none. */
export function monitoredOf({ monitored, valAccuracy = NaN, valLoss }: EvaluationEvent): Omit<Best, 'step'> {
  if (monitored !== undefined) return monitored;
  return Number.isFinite(valAccuracy) ? { metric: 'accuracy', better: 'higher', value: valAccuracy } : { metric: 'loss', better: 'lower', value: valLoss };
}

/** The best evaluation of a run, folded from its events: the first of equals; of the result, where there is one. */
export class BestScore {
  best: Best | undefined;

  apply(event: TrainEvent): void {
    if (event.type === 'evaluation') {
      const { metric, better, value } = monitoredOf(event);
      const { best } = this;
      if (Number.isFinite(value) && (best === undefined || best.metric !== metric || (better === 'higher' ? value > best.value : value < best.value))) this.best = { metric, better, value, step: event.step };
    } else if (event.type === 'result') {
      const { monitored, bestStep, bestValAccuracy } = event;
      if (monitored?.best !== undefined && Number.isFinite(monitored.best)) this.best = { metric: monitored.metric, better: monitored.better, value: monitored.best, step: bestStep };
      else if (bestValAccuracy !== undefined && Number.isFinite(bestValAccuracy)) this.best = { metric: 'accuracy', better: 'higher', value: bestValAccuracy, step: bestStep };
    } else if (event.type === 'start' && event.resumedFrom !== undefined && this.best !== undefined && this.best.step > event.resumedFrom) {
      this.best = undefined; // that evaluation is repeated
    }
  }
}
