import type { RunHistory } from '../history/runHistory';
import { isOwn } from './metrics';

const columns = [
  'step', 'epoch', 'loss', 'batchAccuracy', 'learningRate', 'trainLoss', 'trainAccuracy', 'trainRmse', 'valLoss', 'valAccuracy', 'valRmse', 'monitored',
] as const;
type Row = Partial<Record<(typeof columns)[number], number | undefined>>;

/**
 * The steps and evaluations of a run as comma-separated values (RFC 4180, with line feeds): a line per step that was logged or
 * evaluated, named as in metrics.jsonl. A value that is absent or not finite is an empty cell; a column
 * without any value is left out.
 */
export function metricsCsv({ steps, evaluations }: Pick<RunHistory, 'steps' | 'evaluations'>): string {
  const rows = new Map<number, Row>();
  for (const { type, ...values } of steps) rows.set(values.step, values);
  for (const { type, monitored, ...values } of evaluations) rows.set(values.step, { ...rows.get(values.step), ...values, ...(isOwn(monitored) && { monitored: monitored.value }) });
  const sorted = [...rows.values()].sort((a, b) => a.step! - b.step!);
  const filled = columns.filter((column) => column === 'step' || sorted.some((row) => Number.isFinite(row[column])));
  const line = (row: Row): string => filled.map((column) => (Number.isFinite(row[column]) ? String(row[column]) : '')).join(',');
  return [filled.join(','), ...sorted.map(line)].map((text) => `${text}\n`).join('');
}
