import { allocate } from '../kernels/contract';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from '../data/dataset';
import { InputReader } from '../data/inputs';
import type { Normalization } from '../data/normalize/transform';
import { TargetReader } from '../data/targets';
import { unscale, unscaledSquares } from '../data/targetScale';
import type { TargetScale } from '../data/targetScale';
import type { WeightAverage } from '../optim/average';
import type { Objective } from './objective';
import { applyTemperature, logLossAt } from './temperature';

/** Scores of a model on a set of rows. */
export interface Evaluation {
  /** Share of rows whose most probable class is the label; NaN for a regression. */
  readonly accuracy: number;
  /** Mean loss + λ‖W‖²: cross-entropy without label smoothing and class weights, or the mean squared error. */
  readonly loss: number;
  /** Root mean squared error; for a regression only. */
  readonly rmse?: number;
}

/** Evaluates a model on data sets, in batches of the model's `maxBatch`. */
export class Evaluator {
  /** What the logits of classes are divided by, see temperature.ts. Training evaluates with 1. */
  temperature = 1;
  /** [maxBatch, inputSize], the inputs of a batch. */
  private readonly inputBuffer: FloatArray;
  private readonly rows: Int32Array;
  /** [maxBatch], predicted classes of the last batch. */
  private readonly predicted: Int32Array;

  /**
   * @param average evaluates these averages in place of the model's parameters.
   * @param targetScale of a regression on scaled targets, whose errors and predictions are in the data set's own units.
   */
  constructor(
    private readonly objective: Objective,
    private readonly normalization: Normalization,
    private readonly average: WeightAverage | null = null,
    private readonly targetScale: TargetScale | null = null,
  ) {
    const { model } = objective;
    this.inputBuffer = model.kernels.allocate(model.maxBatch * model.inputSize);
    this.rows = new Int32Array(model.maxBatch);
    this.predicted = new Int32Array(model.maxBatch);
  }

  /**
   * Accuracy and loss on all rows of the data set; NaN for an empty one.
   * @param untilFault stops after a batch with a non-finite loss, so that its activations stay in the model, where the layer at
   * fault can be found.
   */
  evaluate(data: Dataset | StoredDataset, { untilFault = false } = {}): Evaluation {
    const { objective, targetScale } = this;
    if (data.size === 0) return { accuracy: Number.NaN, loss: Number.NaN, ...(objective.classifies ? {} : { rmse: Number.NaN }) };
    const targets = new TargetReader(objective.model.kernels, data, objective.model.maxBatch, undefined, targetScale);
    let correct = 0;
    let sum = 0;
    let weight = 0;
    let squares = 0;
    let penalty = 0;
    this.averaged(() => {
      this.forEachBatch(data, (m, x) => {
        const numbers = targets.read(m, this.rows);
        const plain = objective.sum(m, x, numbers, 'evaluate');
        sum += this.temperature === 1 ? plain
          : logLossAt(this.temperature, m, objective.predictions, targets.labels, objective.model.outputSize);
        if (targetScale !== null) squares += unscaledSquares(m, objective.predictions, numbers as FloatArray, targetScale);
        weight += objective.weight;
        correct += countEqual(m, this.classify(m), targets.labels);
        return !untilFault || Number.isFinite(sum);
      });
      penalty = objective.penalty();
    });
    return {
      accuracy: data.targets === undefined ? correct / data.size : Number.NaN,
      loss: sum / weight + penalty,
      ...(objective.classifies ? {} : { rmse: Math.sqrt((targetScale === null ? sum : squares) / weight) }),
    };
  }

  /** {@link Objective.predictions} of all rows, [size, outputs], and the most probable class of each, [size]. */
  predict(data: Dataset | StoredDataset): { predictions: FloatArray; labels: Int32Array } {
    const { model } = this.objective;
    const { outputSize } = model;
    const all = allocate(model.kernels.dtype, data.size * outputSize); // outlives the model
    const labels = new Int32Array(data.size);
    this.averaged(() => {
      this.forEachBatch(data, (m, x, from) => {
        const predictions = this.objective.predict(m, x);
        all.set(predictions.subarray(0, m * outputSize), from * outputSize);
        labels.set(this.classify(m).subarray(0, m), from);
        return true;
      });
    });
    if (this.targetScale !== null) unscale(all, this.targetScale);
    if (this.temperature !== 1) applyTemperature(all, outputSize, this.temperature);
    return { predictions: all, labels };
  }

  /** Runs `work` with the averages in place of the model's parameters, where there are averages. */
  averaged<Result>(work: () => Result): Result {
    this.average?.exchange();
    try {
      return work();
    } finally {
      this.average?.exchange();
    }
  }

  /** Runs `work` with probabilities as they are before the temperature. */
  uncalibrated<Result>(work: () => Result): Result {
    const { temperature } = this;
    this.temperature = 1;
    try {
      return work();
    } finally {
      this.temperature = temperature;
    }
  }

  private classify(m: number): Int32Array {
    const { model, predictions } = this.objective;
    model.kernels.argmax(m, model.outputSize, predictions, this.predicted);
    return this.predicted;
  }

  /** Calls `visit` for each batch, until it returns false. */
  private forEachBatch(data: Dataset | StoredDataset, visit: (m: number, x: SourceArray, from: number) => boolean): void {
    if (data.size === 0) return;
    const { inputBuffer: buffer, normalization, objective: { model } } = this;
    const { kernels, maxBatch } = model;
    const mayBeBytes = 'scale' in normalization && model.readBytes(normalization);
    const inputs = new InputReader(kernels, { data, normalization, maxBatch, order: 'sequential', buffer, mayBeBytes });
    for (let from = 0; from < data.size; from += maxBatch) {
      const m = Math.min(maxBatch, data.size - from);
      for (let i = 0; i < m; i++) this.rows[i] = from + i;
      inputs.read(m, this.rows);
      if (!visit(m, inputs.x, from)) return;
    }
  }
}

/** How many of the first m entries agree. */
export function countEqual(m: number, a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0; i < m; i++) if (a[i] === b[i]) count++;
  return count;
}
