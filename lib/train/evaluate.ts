import { allocate } from '../kernels/contract';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from '../data/dataset';
import { InputReader } from '../data/inputs';
import type { Normalization } from '../data/normalize/transform';
import { TargetReader } from '../data/targets';
import type { WeightAverage } from '../optim/average';
import type { Objective } from './objective';

/** How well a model does on a set of rows. */
export interface Evaluation {
  /** Share of the rows whose most probable class is the label; NaN where rows have numbers instead of labels. */
  readonly accuracy: number;
  /** Mean loss + λ‖W‖²: plain cross-entropy, without label smoothing and class weights, or the mean squared error. */
  readonly loss: number;
  /** Root of the mean squared error; present for a regression only. */
  readonly rmse?: number;
}

/** Runs a model over data sets in batches of the model's `maxBatch`; its buffers are allocated once. */
export class Evaluator {
  /** [maxBatch, inputSize], the inputs of a batch. */
  private readonly inputBuffer: FloatArray;
  private readonly rows: Int32Array;
  /** Predicted class of each row of the last batch. */
  private readonly predicted: Int32Array;

  /** @param average where given, its parameters are evaluated, not the model's. */
  constructor(
    private readonly objective: Objective,
    private readonly normalization: Normalization,
    private readonly average: WeightAverage | null = null,
  ) {
    const { model } = objective;
    this.inputBuffer = allocate(model.kernels.dtype, model.maxBatch * model.inputSize);
    this.rows = new Int32Array(model.maxBatch);
    this.predicted = new Int32Array(model.maxBatch);
  }

  /**
   * Accuracy and loss on all rows of the data set; NaN for an empty one.
   * @param untilFault ends with the batch whose loss is not finite, so that its activations stay in the model for whoever looks
   * for the layer.
   */
  evaluate(data: Dataset | StoredDataset, { untilFault = false } = {}): Evaluation {
    const { objective } = this;
    if (data.size === 0) return { accuracy: Number.NaN, loss: Number.NaN, ...(objective.classifies ? {} : { rmse: Number.NaN }) };
    const targets = new TargetReader(objective.model.kernels, data, objective.model.maxBatch);
    let correct = 0;
    let sum = 0;
    let weight = 0;
    let penalty = 0;
    this.averaged(() => {
      this.forEachBatch(data, (m, x) => {
        sum += objective.sum(m, x, targets.read(m, this.rows), 'evaluate');
        weight += objective.weight;
        correct += countEqual(m, this.classify(m), targets.labels);
        return !untilFault || Number.isFinite(sum);
      });
      penalty = objective.penalty();
    });
    return {
      accuracy: data.targets === undefined ? correct / data.size : Number.NaN,
      loss: sum / weight + penalty,
      ...(objective.classifies ? {} : { rmse: Math.sqrt(sum / weight) }),
    };
  }

  /** What the model says of every row [size, outputs], see {@link Objective.predictions}, and its most probable class. */
  predict(data: Dataset | StoredDataset): { predictions: FloatArray; labels: Int32Array } {
    const { model } = this.objective;
    const { outputSize } = model;
    const all = allocate(model.kernels.dtype, data.size * outputSize);
    const labels = new Int32Array(data.size);
    this.averaged(() => {
      this.forEachBatch(data, (m, x, from) => {
        const predictions = this.objective.predict(m, x);
        all.set(predictions.subarray(0, m * outputSize), from * outputSize);
        labels.set(this.classify(m).subarray(0, m), from);
        return true;
      });
    });
    return { predictions: all, labels };
  }

  /** Runs `work` with the averaged parameters in the model's place, where there are some. */
  averaged<Result>(work: () => Result): Result {
    this.average?.exchange();
    try {
      return work();
    } finally {
      this.average?.exchange();
    }
  }

  private classify(m: number): Int32Array {
    const { model, predictions } = this.objective;
    model.kernels.argmax(m, model.outputSize, predictions, this.predicted);
    return this.predicted;
  }

  /** Until `visit` returns false. */
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
