import type { Columns } from '../history/curves/columns';
import type { EvaluationEvent } from '../train/events';
import { isOwn } from './metrics';

const ofSteps = ['loss', 'batchAccuracy', 'learningRate'] as const;
const ofEvaluations = ['trainLoss', 'trainAccuracy', 'trainRmse', 'valLoss', 'valAccuracy', 'valRmse', 'monitored'] as const;

/**
 * The steps and evaluations of a run as comma-separated values (RFC 4180, with line feeds): a line per step that was logged or
 * evaluated, named as in metrics.jsonl. A value that is absent or not finite is an empty cell; a column
 * without any value is left out.
 */
export function metricsCsv(steps: Columns, evaluations: readonly EvaluationEvent[]): string {
  const [at, epochs] = [steps.column('step'), steps.column('epoch')];
  const evaluated = evaluations.map(({ monitored, ...values }) => ({ ...values, monitored: isOwn(monitored) ? monitored.value : undefined }));
  const stepCells = ofSteps.map((name) => ({ name, values: steps.column(name) })).filter(({ values }) => values.some(Number.isFinite));
  const evaluationCells = ofEvaluations.filter((name) => evaluated.some((evaluation) => Number.isFinite(evaluation[name])));
  const hasEpoch = epochs.some(Number.isFinite) || evaluated.some(({ epoch }) => Number.isFinite(epoch));
  const cell = (value: number | undefined): string => (Number.isFinite(value) ? String(value) : '');
  const lines = [['step', ...(hasEpoch ? ['epoch'] : []), ...stepCells.map(({ name }) => name), ...evaluationCells].join(',')];
  for (let row = 0, next = 0; row < at.length || next < evaluated.length;) {
    const step = Math.min(at[row] ?? Infinity, evaluated[next]?.step ?? Infinity);
    const isStep = at[row] === step;
    const evaluation = evaluated[next]?.step === step ? evaluated[next] : undefined;
    lines.push([
      String(step), ...(hasEpoch ? [cell(evaluation?.epoch ?? epochs[row])] : []),
      ...stepCells.map(({ values }) => (isStep ? cell(values[row]) : '')), ...evaluationCells.map((name) => cell(evaluation?.[name])),
    ].join(','));
    if (isStep) row++;
    if (evaluation !== undefined) next++;
  }
  return lines.map((line) => `${line}\n`).join('');
}
