import { evaluateSplit, recordEvaluation } from './evaluateRun';
import type { EvaluateSplitOptions, RunEvaluation } from './evaluateRun';
import { recordTest } from './ledger';
import type { TestResult } from './ledger';

/**
 * Evaluates a run's model on the test split of its spec's data. Records the evaluation in the ledger beside the runs, and the scores in
 * the run's evaluation.json; the data are loaded where they are not given. `leftOut` has a sentence for each line of the ledger that is
 * left out. Throws as {@link evaluateRun} does.
 */
export function testRun(folder: string, name: string, options?: EvaluateSplitOptions): TestResult & { readonly evaluation: RunEvaluation; readonly leftOut: readonly string[] } {
  const { evaluation } = evaluateSplit(folder, name, 'test', options);
  const { result, leftOut } = recordTest(folder, evaluation, evaluation.rows);
  recordEvaluation(folder, evaluation);
  return { ...result, evaluation, leftOut };
}
