/**
 * Sums over the rows of some steps, from which all means of a training are computed: over rows, not over steps, so that a short last
 * batch counts by its rows; losses are weighted by class weights. A batch of weight 0 does not change the mean loss.
 */
export interface RunningSums {
  rows: number;
  /** Σ of their weights; the rows where they have none. */
  rowWeight: number;
  /** Weight of the rows classified correctly; NaN for a regression. */
  correct: number;
  /** Σ weight·squared error over rows and outputs, in the units of the targets; NaN but for a regression on numbers. */
  squares: number;
  /** Divisor of `lossSum` for the mean loss. */
  weight: number;
  /** Σ weight · loss. */
  lossSum: number;
}

/** Contribution of one step. */
export interface StepSums {
  readonly rows: number;
  readonly rowWeight: number;
  readonly correct: number;
  readonly squares: number;
  readonly weight: number;
  /** Mean over the step's rows. */
  readonly loss: number;
}

export function emptySums(): RunningSums {
  return { rows: 0, rowWeight: 0, correct: 0, squares: 0, weight: 0, lossSum: 0 };
}

export function clearSums(sums: RunningSums): void {
  sums.rows = 0;
  sums.rowWeight = 0;
  sums.correct = 0;
  sums.squares = 0;
  sums.weight = 0;
  sums.lossSum = 0;
}

export function addStep(sums: RunningSums, { rows, rowWeight, correct, squares, weight, loss }: StepSums): void {
  sums.rows += rows;
  sums.rowWeight += rowWeight;
  sums.correct += correct;
  sums.squares += squares;
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
export function accuracyOf({ rowWeight, correct }: RunningSums): number {
  return correct / rowWeight;
}

/** Root mean squared error; NaN without rows and where no numbers are predicted. */
export function rmseOf({ rowWeight, squares }: RunningSums, outputs: number): number {
  return Math.sqrt(squares / (rowWeight * outputs));
}

/** Sums in checkpoints of earlier versions, which knew no weights of rows and no squares, and once averaged losses over steps. */
type OlderSums = Omit<RunningSums, 'weight' | 'rowWeight' | 'squares'> & Partial<RunningSums> & { readonly steps?: number | undefined };

export function isOfSteps(sums: RunningSums | OlderSums): boolean {
  return 'steps' in sums && sums.steps !== undefined;
}

/** The sums of a checkpoint; a mean over steps is given the weight of its rows. */
export function upgradeSums(sums: RunningSums | OlderSums): RunningSums {
  const { steps, rows, correct, rowWeight = rows, squares = rows === 0 ? 0 : Number.NaN }: OlderSums = sums;
  const known = { rows, rowWeight, correct, squares };
  if (steps === undefined) return { ...known, weight: sums.weight!, lossSum: sums.lossSum };
  return { ...known, weight: rows, lossSum: steps === 0 ? 0 : (sums.lossSum / steps) * rows };
}
