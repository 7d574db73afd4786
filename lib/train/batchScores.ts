import type { TargetReader } from '../data/targets';
import { unscaledSquares } from '../data/targetScale';
import type { TargetScale } from '../data/targetScale';
import type { FloatArray } from '../kernels/contract';
import type { Objective } from './objective';
import { labelThreshold } from './scores/labels';
import { hasRmse } from './scoring';

/** What is summed over the rows of a batch beside its loss. Allocates on construction only. */
export class BatchScores {
  /** Σ weights of the rows: their number where they have none. */
  rowWeight = 0;
  /** Weight of the rows that are classified rightly; NaN where nothing is classified. */
  correct = 0;
  /** Σ weight·squared error in the units that the targets had, over rows and outputs; NaN where no numbers are predicted. */
  squares = 0;
  /** [maxBatch], most probable classes. */
  readonly predicted: Int32Array;

  constructor(private readonly objective: Objective, private readonly targetScale: TargetScale | null | undefined) {
    this.predicted = new Int32Array(objective.model.maxBatch);
  }

  /**
   * Of m rows that the objective has predicted and whose targets were read last.
   * @param sum of their losses.
   */
  measure(m: number, targets: TargetReader, sum: number): void {
    const { objective: { predicts, evaluationLoss }, targetScale } = this;
    const { weights } = targets;
    this.rowWeight = weights === undefined ? m : total(m, weights);
    this.correct = predicts === 'classes' ? this.rightClasses(m, targets) : predicts === 'labels' ? this.rightLabels(m, targets) : Number.NaN;
    if (!hasRmse(predicts)) this.squares = Number.NaN;
    else this.squares = evaluationLoss.name === 'mse' && !targetScale && weights === undefined ? sum : this.squaredErrors(m, targets);
  }

  /** The most probable class of each of m rows, see {@link predicted}. */
  classify(m: number): Int32Array {
    const { model, predictions } = this.objective;
    model.kernels.argmax(m, model.outputSize, predictions, this.predicted);
    return this.predicted;
  }

  private rightClasses(m: number, { labels, weights }: TargetReader): number {
    const predicted = this.classify(m);
    let count = 0;
    if (weights === undefined) for (let i = 0; i < m; i++) count += predicted[i] === labels[i] ? 1 : 0;
    else for (let i = 0; i < m; i++) count += predicted[i] === labels[i] ? weights[i]! : 0;
    return count;
  }

  private rightLabels(m: number, { numbers, weights }: TargetReader): number {
    const { predictions, model: { outputSize } } = this.objective;
    let count = 0;
    for (let i = 0, at = 0; i < m; i++, at += outputSize) {
      let isRight = true;
      for (let j = at; j < at + outputSize; j++) if (predictions[j]! >= labelThreshold !== (numbers![j] === 1)) isRight = false;
      if (isRight) count += weights === undefined ? 1 : weights[i]!;
    }
    return count;
  }

  private squaredErrors(m: number, { numbers, weights }: TargetReader): number {
    const { targetScale, objective: { predictions, model: { outputSize } } } = this;
    if (targetScale) return unscaledSquares(m, predictions, numbers!, targetScale, weights);
    let sum = 0;
    for (let i = 0, at = 0; i < m; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      for (let j = 0; j < outputSize; j++, at++) sum += weight * (predictions[at]! - numbers![at]!) ** 2;
    }
    return sum;
  }
}

function total(m: number, weights: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += weights[i]!;
  return sum;
}
