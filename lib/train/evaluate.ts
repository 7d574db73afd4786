import { allocate } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Dataset } from '../data/dataset';
import type { Normalization } from '../data/preprocess';
import type { Objective } from './objective';

/** How well a model does on a set of rows. */
export interface Evaluation {
  /** Share of the rows whose most probable class is the label. */
  readonly accuracy: number;
  /** Mean cross-entropy + λ‖W‖². */
  readonly loss: number;
}

/** Runs a model over data sets in batches of the model's `maxBatch`; its buffers are allocated once. */
export class Evaluator {
  private readonly x: FloatArray;
  private readonly rows: Int32Array;
  private readonly labels: Int32Array;
  /** Predicted class of each row of the last batch. */
  private readonly predicted: Int32Array;

  constructor(private readonly objective: Objective, private readonly normalization: Normalization) {
    const { model } = objective;
    this.x = allocate(model.kernels.dtype, model.maxBatch * model.inputSize);
    this.rows = new Int32Array(model.maxBatch);
    this.labels = new Int32Array(model.maxBatch);
    this.predicted = new Int32Array(model.maxBatch);
  }

  /** Accuracy and loss on all rows of the data set; NaN for an empty one. */
  evaluate(data: Dataset): Evaluation {
    let correct = 0;
    let crossEntropy = 0;
    this.forEachBatch(data, (m) => {
      crossEntropy += m * this.objective.crossEntropyLoss(m, this.x, this.labels, 'evaluate');
      correct += countEqual(m, this.classify(m), this.labels);
    });
    return { accuracy: correct / data.size, loss: crossEntropy / data.size + this.objective.penalty() };
  }

  /** Class probabilities [size, classes] and the most probable class of every row. */
  predict(data: Dataset): { probabilities: FloatArray; labels: Int32Array } {
    const { model, probabilities } = this.objective;
    const all = allocate(model.kernels.dtype, data.size * model.outputSize);
    const labels = new Int32Array(data.size);
    this.forEachBatch(data, (m, from) => {
      this.objective.crossEntropyLoss(m, this.x, this.labels, 'evaluate');
      all.set(probabilities.subarray(0, m * model.outputSize), from * model.outputSize);
      labels.set(this.classify(m).subarray(0, m), from);
    });
    return { probabilities: all, labels };
  }

  private classify(m: number): Int32Array {
    const { model, probabilities } = this.objective;
    model.kernels.argmax(m, model.outputSize, probabilities, this.predicted);
    return this.predicted;
  }

  private forEachBatch(data: Dataset, visit: (m: number, from: number) => void): void {
    const { model } = this.objective;
    for (let from = 0; from < data.size; from += model.maxBatch) {
      const m = Math.min(model.maxBatch, data.size - from);
      for (let i = 0; i < m; i++) {
        this.rows[i] = from + i;
        this.labels[i] = data.labels[from + i]!;
      }
      const { scale, shift } = this.normalization;
      model.kernels.gatherRows(m, model.inputSize, this.rows, data.features, scale, shift, this.x);
      visit(m, from);
    }
  }
}

/** How many of the first m entries agree. */
export function countEqual(m: number, a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0; i < m; i++) if (a[i] === b[i]) count++;
  return count;
}
