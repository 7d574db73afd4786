import type { ScoredRows } from '../inference/evaluateRun';
import type { ClassificationReport } from '../train/metrics';

/** Whether an evaluation is of a model that classifies, and so has scores by class. */
export function isClassified<Evaluation extends ScoredRows>(evaluation: Evaluation): evaluation is Evaluation & ClassificationReport {
  return evaluation.classes !== undefined;
}
