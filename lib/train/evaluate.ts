import { checkObject } from '../arguments';
import { allocate } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from '../data/dataset';
import { InputReader } from '../data/inputs';
import type { Views } from '../data/views';
import { checkNormalization } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { TargetReader } from '../data/targets';
import { unscale } from '../data/targetScale';
import type { TargetScale } from '../data/targetScale';
import type { Sequential } from '../model/sequential';
import type { WeightAverage } from '../optim/average';
import type { Objective } from './objective';
import { BatchScores } from './batchScores';
import { hasAccuracy, hasRmse, scorers } from './scoring';
import type { PredictedRows } from './scoring';
import { accuracyOf, emptySums, meanLoss, rmseOf } from './sums';
import { applyTemperature, logLossAt } from './temperature';

/** Scores of a model on a set of rows. */
export interface Evaluation {
  /**
   * Share of rows whose most probable class is the label, weighted where rows have weights; of several labels of those all of whose labels
   * are predicted. Not of a regression.
   */
  readonly accuracy?: number | undefined;
  /** Mean loss + λ‖W‖², cross-entropy without label smoothing and class weights. */
  readonly loss: number;
  /** Root mean squared error in the units of the targets; of a regression on numbers or counts only. */
  readonly rmse?: number | undefined;
}

/** An evaluation with the value of a metric that was asked for. */
export interface MonitoredEvaluation extends Evaluation {
  readonly monitored?: number;
}

export interface EvaluateOptions {
  /** Stops after a batch with a non-finite loss, so that its activations stay in the model, where the layer at fault can be found. */
  readonly untilFault?: boolean;
  /** A metric to return as `monitored`: see `metricsOf` in lib/train/scoring.ts. */
  readonly metric?: string;
}

/** Evaluates a model on data sets, in batches of the model's `maxBatch`. */
export class Evaluator {
  /** What the logits of classes are divided by, see temperature.ts. Training evaluates with 1. */
  temperature = 1;
  /** The views of a picture over which outputs are averaged; training evaluates pictures as they are. */
  views: Views | null = null;
  /** [maxBatch, inputSize], the inputs of a batch. */
  private readonly inputBuffer: FloatArray;
  private readonly rows: Int32Array;
  private readonly scores: BatchScores;

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
    checkObject(objective, 'objective', 'an Objective', ['model', 'lossAndGradient']);
    checkNormalization(normalization);
    const { model } = objective;
    this.inputBuffer = model.kernels.allocate(model.maxBatch * model.inputSize);
    this.rows = new Int32Array(model.maxBatch);
    this.scores = new BatchScores(objective, targetScale);
  }

  /** Accuracy or error, and loss, on all rows of the data set, weighted where they have weights; NaN where nothing weighs anything. */
  evaluate(data: Dataset | StoredDataset, { untilFault = false, metric }: EvaluateOptions = {}): MonitoredEvaluation {
    const { objective, objective: { predicts, model: { kernels, maxBatch, outputSize } }, targetScale, temperature } = this;
    const isScore = metric !== undefined && Object.hasOwn(scorers[predicts].facts, metric);
    const all = isScore ? allocate(kernels.dtype, data.size * outputSize) : undefined;
    const targets = new TargetReader(kernels, data, maxBatch, undefined, targetScale);
    const sums = emptySums();
    let penalty = 0;
    this.averaged(() => {
      this.forEachBatch(data, (m, from) => {
        const numbers = targets.read(m, this.rows);
        const plain = objective.sumOfOutputs(m, numbers, 'evaluate', targets.weights);
        const sum = temperature === 1 ? plain : logLossAt(temperature, m, objective.predictions, targets.labels, outputSize, targets.weights);
        this.scores.measure(m, targets, sum);
        sums.lossSum += sum;
        sums.weight += objective.weight;
        sums.rowWeight += this.scores.rowWeight;
        sums.correct += this.scores.correct;
        sums.squares += this.scores.squares;
        all?.set(objective.predictions.subarray(0, m * outputSize), from * outputSize);
        return !untilFault || Number.isFinite(sums.lossSum);
      });
      penalty = objective.penalty();
    });
    const evaluation: Evaluation = {
      ...(hasAccuracy(predicts) ? { accuracy: accuracyOf(sums) } : {}),
      loss: meanLoss(sums) + penalty,
      ...(hasRmse(predicts) ? { rmse: rmseOf(sums, outputSize) } : {}),
    };
    if (metric === undefined) return evaluation;
    if (all === undefined) return { ...evaluation, monitored: evaluation[metric as 'loss' | 'accuracy' | 'rmse']! };
    return { ...evaluation, monitored: Number.isFinite(sums.lossSum) ? scorers[predicts].score(metric, this.predictedRows(this.inUnits(all), data)) : Number.NaN };
  }

  /** Predictions [size, outputs] of all rows of a data set, beside what they are held against. */
  predictedRows(predictions: FloatArray, { labels, targets, weights }: Dataset | StoredDataset): PredictedRows {
    const { model: { outputSize }, evaluationLoss: { levels } } = this.objective;
    return { predictions, outputs: outputSize, labels, targets, weights, levels };
  }

  /** Predictions of all rows, as the objective gives them, in the units of the targets and calibrated. */
  private inUnits(all: FloatArray): FloatArray {
    const { objective: { model: { outputSize }, evaluationLoss: { levels } }, targetScale, temperature } = this;
    if (targetScale !== null) unscale(all, targetScale, levels?.length);
    if (temperature !== 1) applyTemperature(all, outputSize, temperature);
    return all;
  }

  /**
   * {@link Objective.predictions} of all rows, [size, outputs], and the most probable class of each, [size].
   * @param check is called before the first batch whose inputs may not all be finite; a sum of squares tells, in a fraction of the time of a look at each feature.
   */
  predict(data: Dataset | StoredDataset, check?: () => void): { predictions: FloatArray; labels: Int32Array } {
    const { kernels, outputSize } = this.objective.model;
    const all = allocate(kernels.dtype, data.size * outputSize); // outlives the model
    const labels = new Int32Array(data.size);
    this.averaged(() => {
      this.forEachBatch(data, (m, from) => {
        const predictions = this.objective.predictOfOutputs(m);
        all.set(predictions.subarray(0, m * outputSize), from * outputSize);
        labels.set(this.scores.classify(m).subarray(0, m), from);
        return true;
      }, check);
    });
    return { predictions: this.inUnits(all), labels };
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

  /** Calls `visit` for each batch, with its outputs in the model, until it returns false; and once `check`, before inputs that may not all be finite. */
  private forEachBatch(data: Dataset | StoredDataset, visit: (m: number, from: number) => boolean, check?: () => void): void {
    if (data.size === 0) return;
    const { inputBuffer: buffer, normalization, views, objective: { model }, objective: { model: { kernels, maxBatch, inputSize } } } = this;
    const mayBeBytes = 'scale' in normalization && model.readBytes(normalization);
    const inputs = new InputReader(kernels, { data, normalization, maxBatch, order: 'sequential', buffer, mayBeBytes, changes: views ?? undefined });
    const mean = views === null ? undefined : new MeanOutputs(model, views.count);
    let isChecked = check === undefined;
    views?.begin();
    for (let from = 0; from < data.size; from += maxBatch) {
      const m = Math.min(maxBatch, data.size - from);
      for (let i = 0; i < m; i++) this.rows[i] = from + i;
      for (let view = 0; view < (views?.count ?? 1); view++) {
        inputs.read(m, this.rows);
        const x = inputs.x as FloatArray;
        if (!isChecked && !Number.isFinite(kernels.dot(m * inputSize, x, x))) {
          check!();
          isChecked = true;
        }
        model.forward(m, inputs.x, 'evaluate');
        mean?.add(m);
      }
      mean?.take(m);
      if (!visit(m, from)) return;
    }
  }
}

/** The mean of a model's outputs for several views of the same rows. */
class MeanOutputs {
  private readonly sums: FloatArray;
  /** Numbers of a row. */
  private readonly width: number;

  constructor(private readonly model: Sequential, private readonly views: number) {
    this.width = model.outputSize * model.members;
    this.sums = model.kernels.allocate(model.maxBatch * this.width);
  }

  /** Adds the outputs of m rows that the model holds. */
  add(m: number): void {
    this.model.kernels.axpy(m * this.width, 1 / this.views, this.model.output, this.sums);
  }

  /** Puts the mean into the place of the outputs, and begins anew. */
  take(m: number): void {
    this.model.output.set(this.sums.subarray(0, m * this.width));
    this.sums.fill(0);
  }
}
