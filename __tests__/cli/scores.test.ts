import { renderScores } from '../../lib/cli/scores';
import type { RunEvaluation } from '../../lib/inference/evaluateRun';
import { classificationReport } from '../../lib/train/metrics';

/** What is said of the calibration of a model that gives 0.9 to every row and is right on that share of them. */
function calibration(rows: number, right: number): string {
  const classNames = ['a', 'b'];
  const labels = Array.from({ length: rows }, (_, row) => (row < right * rows ? 0 : 1));
  const report = classificationReport(labels.flatMap(() => [0.9, 0.1]), labels, classNames);
  const evaluation: RunEvaluation = { run: 'r', split: 'validation', when: '', dataDigest: 'd', loss: 0.3, ...report };
  const text = renderScores(evaluation, 'validation rows', { isTTY: false, columns: 80, colour: false, unicode: true });
  return /calibration error \S+ %: (.*)\n/.exec(text)![1]!;
}

test.each([
  [10, 0.7, 'what chance gives on so many rows'], [10, 1, 'what chance gives on so many rows'], [1, 0, 'what chance gives on so many rows'],
  [1000, 0.7, 'on the whole too sure of itself'], [1000, 1, 'on the whole not sure enough of itself'], [1000, 0.9, 'what chance gives on so many rows'],
])('of %i rows, %f of them right where 0.9 were foretold: %s', (rows, right, verdict) => {
  expect(calibration(rows, right)).toBe(verdict);
});

test.each<[string, Partial<RunEvaluation>, readonly string[]]>([
  ['a regression', { rmse: 2, scores: { r2: 0.9712, mae: 1.25, mape: 0.125 } }, ['R² 0.9712', 'mean absolute error 1.250', 'of the target 12.5 %']],
  ['one of an earlier version', { rmse: 2 }, []],
  ['a score that is not defined', { rmse: 2, scores: { r2: NaN } }, ['R² –']],
])('the scores of %s, in 80 columns', (_, changes, parts) => {
  const evaluation: RunEvaluation = { run: 'r', split: 'test', when: '', dataDigest: 'd', rows: 5, accuracy: NaN, loss: 4, ...changes };
  const text = renderScores(evaluation, 'validation rows', { isTTY: false, columns: 200, colour: false, unicode: true });
  for (const part of parts) expect(text).toContain(part);
  expect(text.trimEnd().split('\n')).toHaveLength(parts.length === 0 ? 1 : 2);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
