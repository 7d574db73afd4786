/**
 * Sums over the rows of some steps, from which all means of a training are computed: over rows, not over steps, so that a short last
 * batch counts by its rows; losses are weighted by class weights. A batch of weight 0 does not change the mean loss.
 */
export interface RunningSums {
  rows: number;
  /** Rows classified correctly; NaN for a regression. */
  correct: number;
  /** Divisor of `lossSum` for the mean loss. */
  weight: number;
  /** Σ weight · loss. */
  lossSum: number;
}

/** Contribution of one step. */
export interface StepSums {
  readonly rows: number;
  readonly correct: number;
  readonly weight: number;
  /** Mean over the step's rows. */
  readonly loss: number;
}

export function emptySums(): RunningSums {
  return { rows: 0, correct: 0, weight: 0, lossSum: 0 };
}

export function clearSums(sums: RunningSums): void {
  sums.rows = 0;
  sums.correct = 0;
  sums.weight = 0;
  sums.lossSum = 0;
}

export function addStep(sums: RunningSums, { rows, correct, weight, loss }: StepSums): void {
  sums.rows += rows;
  sums.correct += correct;
  if (weight > 0) {
    sums.weight += weight;
    sums.lossSum += weight * loss;
  }
}

/** NaN where the weight is 0. */
export function meanLoss({ weight, lossSum }: RunningSums): number {
  return lossSum / weight;
}

/** NaN without rows and for a regression. */
export function accuracyOf({ rows, correct }: RunningSums): number {
  return correct / rows;
}

/** Sums in checkpoints of earlier versions, which averaged losses over steps. */
interface SumsOfSteps extends Omit<RunningSums, 'weight'> {
  readonly steps: number;
}

export function isOfSteps(sums: RunningSums | SumsOfSteps): sums is SumsOfSteps {
  return 'steps' in sums;
}

/** The sums of a checkpoint; a mean over steps is given the weight of its rows. */
export function upgradeSums(sums: RunningSums | SumsOfSteps): RunningSums {
  if (!isOfSteps(sums)) return sums;
  const { steps, rows, correct, lossSum } = sums;
  return { rows, correct, weight: rows, lossSum: steps === 0 ? 0 : (lossSum / steps) * rows };
}
