import type { DepthReport } from '../../lib/studies/depth';
import type { EvaluationEvent, ResultEvent, StartEvent } from '../../lib/train/events';

/** The first event of a run, as it is written, with changes. */
export function startEvent(changes: Partial<StartEvent> = {}): StartEvent {
  return {
    type: 'start', run: 'x', layers: [4, 2], parameters: 10, steps: 40, stepsPerEpoch: 10, batchSize: 5, backend: 'native', dtype: 'float32', threads: 1,
    seed: 0, data: 'synthetic', dataDigest: 'd', ...changes,
  };
}

export function evaluationEvent(step: number, changes: Partial<EvaluationEvent> = {}): EvaluationEvent {
  return { type: 'evaluation', step, epoch: step / 10, trainAccuracy: 0.5, trainLoss: 1, valAccuracy: 0.4, valLoss: 1.5, ...changes };
}

export function resultEvent(changes: Partial<ResultEvent> = {}): ResultEvent {
  return {
    type: 'result', run: 'x', ended: 'finished', trainAccuracy: 0.5, valAccuracy: 0.45, valLoss: 1.25, bestStep: 40, bestValAccuracy: 0.45, modelStep: 40,
    epochs: 4, steps: 40, seconds: 1, stepMilliseconds: 9, backend: 'native', dtype: 'float32', threads: 1, parametersDigest: 'd', ...changes,
  };
}

/** What a depth.json says of runs with these validation accuracies; the last is the best. */
export function depthReport(accuracies: Readonly<Record<string, number>>): DepthReport {
  const names = Object.keys(accuracies);
  const best = names[names.length - 1]!;
  return {
    type: 'depth', name: 'depth', best,
    results: names.map((run) => (
      { run, depth: 2, norm: 'none', layers: [3072, 4, 10], parameters: 9, trainAccuracy: 0.5, valAccuracy: accuracies[run]!, seconds: 1 })),
    test: { run: best, when: '2026-01-01T00:00:00.000Z', testAccuracy: 0.4, testLoss: 1, testRows: 9, dataDigest: 'd', look: 1 },
  };
}

/** Events as the lines of metrics.jsonl. */
export function linesOf(...events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
