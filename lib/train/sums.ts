/**
 * Sums over the rows of some steps. One rule for all means of a training: every row counts once, in a loss by the weight of its
 * class where classes have some, so that a short last batch counts as what it is. Batches that weigh nothing leave a loss as it is.
 */
export interface RunningSums {
  rows: number;
  /** Rows that were classified rightly; NaN where there is nothing to classify. */
  correct: number;
  /** What the sum of losses is to be divided by. */
  weight: number;
  /** Σ weight · loss. */
  lossSum: number;
}

/** What one step adds. */
export interface StepSums {
  readonly rows: number;
  readonly correct: number;
  readonly weight: number;
  /** The mean over the step's rows. */
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

/** NaN where nothing has weight. */
export function meanLoss({ weight, lossSum }: RunningSums): number {
  return lossSum / weight;
}

/** NaN where there are no rows, or nothing to classify. */
export function accuracyOf({ rows, correct }: RunningSums): number {
  return correct / rows;
}

/** Sums as versions kept them that took the mean of a loss over steps. */
interface SumsOfSteps extends Omit<RunningSums, 'weight'> {
  readonly steps: number;
}

export function isOfSteps(sums: RunningSums | SumsOfSteps): sums is SumsOfSteps {
  return 'steps' in sums;
}

/** The sums that a checkpoint holds; a mean over steps goes on with the weight of its rows. */
export function upgradeSums(sums: RunningSums | SumsOfSteps): RunningSums {
  if (!isOfSteps(sums)) return sums;
  const { steps, rows, correct, lossSum } = sums;
  return { rows, correct, weight: rows, lossSum: steps === 0 ? 0 : (lossSum / steps) * rows };
}
