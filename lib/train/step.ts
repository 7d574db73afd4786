import { allocate } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Batches } from '../data/batches';
import type { Dataset } from '../data/dataset';
import type { Normalization } from '../data/preprocess';
import type { Optimizer } from '../optim/optimizer';
import { countEqual } from './evaluate';
import type { Objective } from './objective';

/** One training step: draw a batch, forward, loss, backward, update. Allocates nothing after construction. */
export class TrainingStep {
  private readonly x: FloatArray;
  private readonly labels: Int32Array;
  private readonly predicted: Int32Array;
  /** J̃ on the last batch, before the update. */
  loss = Number.NaN;
  /** Rows of the last batch that were classified rightly before the update. */
  correct = 0;
  /** Rows of the last batch. */
  rows = 0;

  constructor(
    private readonly objective: Objective,
    private readonly optimizer: Optimizer,
    private readonly batches: Batches,
    private readonly data: Dataset,
    private readonly normalization: Normalization,
  ) {
    const { model } = objective;
    this.x = allocate(model.kernels.dtype, model.maxBatch * model.inputSize);
    this.labels = new Int32Array(model.maxBatch);
    this.predicted = new Int32Array(model.maxBatch);
  }

  /** Returns false, without an update, when the loss is not finite. */
  run(learningRate: number): boolean {
    const { objective, data, normalization, x, labels } = this;
    const { kernels, inputSize, outputSize } = objective.model;
    const rows = this.batches.next();
    const m = rows.length;
    kernels.gatherRows(m, inputSize, rows, data.features, normalization.scale, normalization.shift, x);
    for (let i = 0; i < m; i++) labels[i] = data.labels[rows[i]!]!;

    this.rows = m;
    this.loss = objective.lossAndGradient(m, x, labels);
    kernels.argmax(m, outputSize, objective.probabilities, this.predicted);
    this.correct = countEqual(m, this.predicted, labels);
    if (!Number.isFinite(this.loss)) return false;
    this.optimizer.step(learningRate);
    return true;
  }
}
