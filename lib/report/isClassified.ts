import type { RunEvaluation } from '../inference/evaluateRun';
import type { ClassificationReport } from '../train/metrics';

/** Whether an evaluation is of a model that classifies, and so has scores by class. */
export function isClassified(evaluation: RunEvaluation): evaluation is RunEvaluation & ClassificationReport {
  return evaluation.classes !== undefined;
}
