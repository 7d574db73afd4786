import type { EvaluationEvent } from '../train/events';

/** Without values that are absent or not finite: accuracies of a regression, or scores on no validation rows. */
export function finite(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

/** Whether the metric that a training goes by is none of those that every evaluation has. */
export function isOwn(monitored: EvaluationEvent['monitored']): monitored is NonNullable<EvaluationEvent['monitored']> {
  return monitored !== undefined && !['loss', 'accuracy', 'rmse'].includes(monitored.metric);
}
