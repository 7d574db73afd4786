import { checkObject, checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import type { BackendName, FloatArray, Kernels } from '../kernels/contract';
import { defaultKernels } from '../kernels';
import type { Dataset, ImageShape, StoredDataset } from '../data/dataset';
import { checkGivenRows, checkOutputs } from '../data/givenRows';
import type { GivenRows } from '../data/givenRows';
import { alignColumns, alignRows, refuseMissing } from '../data/columns/align';
import type { Column } from '../data/columns/column';
import { featuresOf } from '../data/columns/records';
import type { RowRecord } from '../data/columns/records';
import { refuseOverflow } from '../data/normalize/normalization';
import { featureSizeOf, inputLayoutOf, weightsOnFeatures } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { refuseOddRows } from '../data/givenTargets';
import { refuseLostTargets } from '../data/targets';
import { refuseScaledOverflow } from '../data/targetScale';
import type { TargetScale } from '../data/targetScale';
import { initialize } from '../model/init';
import { losses, makeEvaluationLoss, makeLoss } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { summarize } from '../model/summary';
import type { ModelSummary } from '../model/summary';
import { RandomState } from '../random';
import { decodeCheckpoint, restoreNormalization, restoreModel } from '../train/checkpoint';
import type { Checkpoint } from '../train/checkpoint';
import type { CheckpointFacts } from '../train/checkpointShape';
import { Evaluator } from '../train/evaluate';
import type { Evaluation } from '../train/evaluate';
import { classificationReport } from '../train/metrics';
import { classScores, computeScores } from '../train/scores';
import type { ClassScoreName, ScoreName } from '../train/scores';
import { labelThreshold } from '../train/scores/labels';
import { scorers } from '../train/scoring';
import type { ClassificationReport, ReportOptions } from '../train/metrics';
import { Objective } from '../train/objective';
import { fileError, readFile, sizeLimits } from '../files';
import { buildModel } from '../build/buildModel';
import { modelFile } from '../runFolder/runFolder';
import { precisionOf, trainedSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** One predicted row. */
export interface Prediction {
  readonly label: number;
  readonly className: string;
  /** Probability of every class, in the order of `classNames`. */
  readonly probabilities: readonly number[];
}

/** Accuracy and loss of a classifier, with scores by class and of its probabilities. */
export type DetailedEvaluation = Evaluation & ClassificationReport & Calibrated & { readonly scores: Readonly<Record<ClassScoreName, number>> };

/** Of a model whose probabilities are calibrated: its temperature, and what they would score without it. */
export interface Calibrated {
  readonly temperature?: number | undefined;
  readonly uncalibrated?: { readonly loss: number; readonly logLoss: number; readonly brier: number; readonly calibrationError: number } | undefined;
}

/** Loss, and root mean squared error or of labels accuracy, with the scores of what is predicted: see lib/train/scores.ts. */
export type RegressionEvaluation = Evaluation & { readonly scores: Readonly<Partial<Record<ScoreName, number>>> };

/** The labels of one row. */
export interface LabelsPrediction {
  /** Names of the labels whose probability is at least 0.5; numbers from 0 where the targets have no names. */
  readonly labels: readonly string[];
  /** Of every label, in the order of `targetNames`. */
  readonly probabilities: readonly number[];
}

/** How to make a {@link Model} of a checkpoint. */
export interface ModelSource {
  /** Name of the checkpoint in error messages. */
  readonly name: string;
  readonly backend?: BackendName;
  /** Whether to use the initial parameters, which follow from the spec's seed, in place of the trained ones. */
  readonly untrained?: boolean;
}

/** A trained model with everything needed for prediction: parameters, normalisation, class names. */
export class Model {
  readonly spec: TrainSpec;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape | undefined;
  /** What its features are, where it was trained on a table whose columns have names. */
  readonly columns: readonly Column[] | undefined;
  /** Names of the columns that it predicts, where it was trained on such a table. */
  readonly targetNames: readonly string[] | undefined;
  /** SHA-256 of the data set that it was trained on. */
  readonly dataDigest: string;
  /** Number of steps that it was trained for. */
  readonly step: number;
  /** What logits are divided by before they become probabilities: 1, or fitted to validation rows, see the key `calibration` of a spec. */
  readonly temperature: number;
  private readonly model: Sequential;
  private readonly normalization: Normalization;
  private readonly targetScale: TargetScale | undefined;
  private readonly evaluator: Evaluator;

  private constructor(checkpoint: Checkpoint, { backend, untrained }: Omit<ModelSource, 'name'>) {
    const facts: CheckpointFacts = checkpoint.facts;
    this.spec = trainedSpec(checkpoint);
    this.classNames = facts.classNames;
    this.imageShape = facts.imageShape;
    this.columns = facts.columns;
    this.targetNames = facts.targetNames;
    this.targetScale = facts.targetScale;
    this.dataDigest = facts.dataDigest;
    this.step = checkpoint.progress.step;
    const kernels = defaultKernels(precisionOf(this.spec), backend);
    this.normalization = restoreNormalization(checkpoint);
    this.model = modelOf(checkpoint, this.spec, this.normalization, kernels);
    if (untrained === true) initialize(this.model, this.spec.init, this.spec.initStd, new RandomState(this.spec.seed));
    else restoreModel(checkpoint, this.model);
    if (this.imageShape !== undefined && pixelsOf(this.imageShape) !== this.featureSize) {
      throw fileError('ERR_CHECKPOINT', `pictures of ${String(this.featureSize)} bytes`, checkpoint.source, `a shape of ${String(pixelsOf(this.imageShape))}`);
    }
    const { l2, decayBiases, weightDecays, huberDelta, quantiles } = this.spec;
    const objective = new Objective(this.model, l2, {
      loss: makeLoss(this.spec.loss, this.model, { huberDelta, quantiles }), evaluationLoss: makeEvaluationLoss(this.spec.loss, this.model, this.spec), decayBiases, weightDecays,
    });
    this.evaluator = new Evaluator(objective, this.normalization, null, facts.targetScale ?? null);
    this.temperature = this.evaluator.temperature = untrained === true ? 1 : facts.temperature ?? 1;
  }

  /**
   * Loads a checkpoint file. The backend can be another than that of the training.
   * Throws ERR_IO, ERR_CHECKPOINT, ERR_BACKEND.
   */
  static load(file: string, backend?: BackendName): Model {
    checkText(file, 'file');
    return Model.fromBytes(readFile(file, { limit: sizeLimits.checkpoint, follow: true }), { name: file, ...(backend && { backend }) });
  }

  /** Loads the model of a run's folder. Throws as {@link load} does, and ERR_CONFIG where the run's spec.json is damaged. */
  static ofRun(folder: string): Model {
    const file = modelFile(folder);
    return Model.fromBytes(readFile(file, { limit: sizeLimits.checkpoint }), { name: file });
  }

  /** As {@link load}, from the bytes of a checkpoint. */
  static fromBytes(bytes: Uint8Array, source: ModelSource): Model {
    if (!ArrayBuffer.isView(bytes)) throw expected('ERR_CONFIG', 'the bytes of a checkpoint', 'bytes', bytes, { path: 'bytes' });
    checkObject(source, 'source', 'an object with a name', ['name']);
    const { name, ...options } = source;
    return new Model(decodeCheckpoint(bytes, name), options);
  }

  /**
   * Accuracy and loss on all rows of a data set. Where columns and classes have names they are matched by name: another order changes nothing, and
   * further columns are left out. Throws ERR_DATA, naming them, for columns that are missing, other classes, and values that training refuses; ERR_SHAPE when features
   * without names do not fit.
   */
  evaluate(data: Dataset | StoredDataset): Evaluation {
    return this.evaluator.evaluate(this.labelled(data));
  }

  /**
   * Accuracy and loss, what a {@link ClassificationReport} holds (by class, confusion matrix, calibration), and the scores of `classScores`. Throws as
   * {@link evaluate} does, ERR_CONFIG for a regression, which has no classes.
   */
  evaluateInDetail(given: Dataset | StoredDataset, options?: ReportOptions): DetailedEvaluation {
    if (this.classNames.length === 0) throw expected('ERR_CONFIG', 'a model of classes', 'evaluateInDetail', 'a regression');
    const data = this.labelled(given);
    const evaluation = this.evaluator.evaluate(data);
    // What is listed by class counts rows; the accuracy is that of their weights.
    const scored = { ...this.scoreClasses(data, options), accuracy: evaluation.accuracy! };
    if (this.temperature === 1) return { ...evaluation, ...scored };
    const { loss, scores: { logLoss, brier }, calibration: { error: calibrationError } } = this.evaluator.uncalibrated(() =>
      ({ ...this.evaluator.evaluate(data), ...this.scoreClasses(data, options) }));
    return { ...evaluation, ...scored, temperature: this.temperature, uncalibrated: { loss, logLoss, brier, calibrationError } };
  }

  private scoreClasses(data: Dataset | StoredDataset, options?: ReportOptions) {
    const { predictions } = this.outputsOf(data);
    const { classNames, classNames: { length: classes } } = this;
    return {
      ...classificationReport(predictions, data.labels, classNames, options),
      scores: computeScores(classScores, { probabilities: predictions, labels: data.labels, classes, weights: data.weights }),
    };
  }

  /**
   * Loss and root mean squared error, or of labels accuracy, and the scores of what the model predicts: numbers, counts, quantiles or labels.
   * Throws as {@link evaluate} does, ERR_CONFIG for rows with classes.
   */
  evaluateRegression(given: Dataset | StoredDataset): RegressionEvaluation {
    if (given.targets === undefined) throw expected('ERR_CONFIG', 'rows with numeric targets', 'evaluateRegression', `those of ${given.name}`);
    const data = this.labelled(given);
    const evaluation = this.evaluator.evaluate(data);
    const { predictions } = this.outputsOf(data);
    return { ...evaluation, scores: scorers[losses[this.spec.loss].predicts].all(this.evaluator.predictedRows(predictions, data)) };
  }

  /** The most probable class of every row of a data set [size], whose columns are matched as by {@link evaluate}. Throws as that does, but for classes. */
  classify(data: Dataset | StoredDataset): Int32Array {
    return this.outputsOf(this.aligned(data)).labels;
  }

  /** Probability of every class for every row of a data set [size, classes], whose columns are matched as by {@link evaluate}. Throws as that does, but for classes. */
  probabilities(data: Dataset | StoredDataset): FloatArray {
    return this.outputsOf(this.aligned(data)).predictions;
  }

  /**
   * Classifies rows. `features` [rows, featureSize] are raw, as in the data set: bytes for images, a typed or plain array of numbers for
   * tables, or for a table with named columns records by these names, with null for a missing value; they are normalised here. A category
   * that no training row has is encoded as none of theirs. Throws ERR_SHAPE when the length is not a multiple of the feature size, ERR_DATA,
   * naming row and column, for anything but finite numbers and for a value of another kind than its column, ERR_CONFIG for anything but an
   * array and for a regression, see {@link predictNumbers}.
   */
  predict(features: GivenRows | readonly RowRecord[]): Prediction[] {
    if (this.classNames.length === 0) throw expected('ERR_CONFIG', 'a model of classes (predictNumbers and predictLabels are for others)', 'predict', 'a regression');
    const { outputSize } = this.model;
    const { labels, predictions } = this.outputsFor(features);
    return Array.from(labels, (label, row) => ({
      label,
      className: this.classNames[label]!,
      probabilities: Array.from(predictions.subarray(row * outputSize, (row + 1) * outputSize)),
    }));
  }

  /**
   * The labels of rows, of a model that was trained with loss bce, for rows given as to {@link predict}. Throws ERR_CONFIG for a model of anything
   * else, and as that does for its features.
   */
  predictLabels(features: GivenRows | readonly RowRecord[]): LabelsPrediction[] {
    const { spec: { loss }, model: { outputSize }, targetNames } = this;
    if (losses[loss].predicts !== 'labels') throw expected('ERR_CONFIG', 'a model that was trained with loss bce', 'predictLabels', `one of loss ${loss}`);
    const { predictions } = this.outputsFor(features);
    return Array.from({ length: predictions.length / outputSize }, (_, row) => {
      const probabilities = Array.from(predictions.subarray(row * outputSize, (row + 1) * outputSize));
      return { labels: probabilities.flatMap((p, j) => (p >= labelThreshold ? [targetNames?.[j] ?? String(j)] : [])), probabilities };
    });
  }

  /** What each output of {@link predictNumbers} is, in order: the target by name or number, and for quantiles the level. */
  get outputNames(): readonly string[] {
    const { classNames, model: { outputSize }, spec: { loss, quantiles }, targetNames } = this;
    if (classNames.length > 0) return classNames;
    const levels = losses[loss].predicts === 'quantiles' ? quantiles : [undefined];
    const names = Array.from({ length: outputSize / levels.length }, (_, j) => targetNames?.[j] ?? String(j));
    return names.flatMap((name) => levels.map((level) => (level === undefined ? name : `${name} q${String(level)}`)));
  }

  /**
   * The outputs [rows, outputs] of a regression for rows given as to {@link predict}, in the units of the targets: numbers, quantiles [rows, targets,
   * levels], rates of counts, or probabilities of labels; of a classifier the probabilities of the classes. See {@link outputNames}.
   * Throws ERR_SHAPE, ERR_DATA and ERR_CONFIG as that does for its features.
   */
  predictNumbers(features: GivenRows | readonly RowRecord[]): FloatArray {
    return this.outputsFor(features).predictions;
  }

  /**
   * Weights of the first layer on normalised features [units, featureSize], with the whitening included, for pictures; undefined where
   * the first layer with weights is not linear.
   */
  firstLayer(): { weights: FloatArray; units: number } | undefined {
    const { model: { inputWeights, kernels }, normalization } = this;
    if (inputWeights === undefined) return undefined;
    const units = inputWeights.shape[0]!;
    return { weights: weightsOnFeatures(inputWeights.value, units, normalization, kernels), units };
  }

  /** Layers, parameters and FLOPs of the model. */
  summary(): ModelSummary {
    return summarize(this.model);
  }

  private outputsFor(given: GivenRows | readonly RowRecord[]): ReturnType<Evaluator['predict']> {
    const { featureSize, classNames, normalization, columns, model: { kernels: { dtype } } } = this;
    // Floats are centred before they are rounded, so that it is refuseOverflow which knows whether the dtype holds them.
    const isEncoded = 'columns' in normalization;
    const features = areRecords(given) ? featuresOf(given, this.namedColumns())
      : checkGivenRows(given, featureSize, isEncoded || 'mean' in normalization ? 'float64' : dtype, isEncoded && columns !== undefined);
    if (!isEncoded && areRecords(given)) checkGivenRows(features, featureSize, 'float64');
    const size = features.length / featureSize;
    const rows: Dataset = { name: 'features', split: 'test', features, labels: new Int32Array(size), size, featureSize, classNames, ...(columns && { columns }) };
    refuseOverflow(rows, normalization, dtype);
    return this.outputsOf(rows);
  }

  /** Throws ERR_DATA for a row whose outputs are not finite. */
  private outputsOf(data: Dataset | StoredDataset): ReturnType<Evaluator['predict']> {
    const outputs = this.evaluator.predict(data);
    checkOutputs(outputs.predictions, this.model.outputSize, data.name);
    return outputs;
  }

  /** Throws ERR_CONFIG for a model whose features have no names. */
  private namedColumns(): readonly Column[] {
    if (this.columns === undefined) throw expected('ERR_CONFIG', 'an array of numbers, as the columns of this model have no names,', 'features', 'records', { path: 'features' });
    return this.columns;
  }

  private get featureSize(): number {
    return featureSizeOf(this.normalization);
  }

  /** Rows with the model's columns and classes. */
  private labelled(data: Dataset | StoredDataset): Dataset | StoredDataset {
    const rows = alignRows(data, this);
    this.checkRows(rows);
    return rows;
  }

  private aligned(data: Dataset | StoredDataset): Dataset | StoredDataset {
    const rows = this.columns === undefined ? data : alignColumns(data, this.columns);
    this.checkRows(rows);
    return rows;
  }

  private checkRows(data: Dataset | StoredDataset): void {
    const { featureSize } = data;
    if (featureSize !== this.featureSize) {
      throw expected('ERR_SHAPE', `${String(this.featureSize)} features per row`, 'the data set', featureSize);
    }
    const { dtype } = this.model.kernels;
    refuseOddRows(data, losses[this.spec.loss].predicts);
    if (!('columns' in this.normalization)) refuseMissing(data);
    refuseOverflow(data, this.normalization, dtype);
    if (this.targetScale === undefined) refuseLostTargets(data, dtype);
    else refuseScaledOverflow(data, this.targetScale, dtype);
  }
}

function areRecords(given: GivenRows | readonly RowRecord[]): given is readonly RowRecord[] {
  const first: unknown = Array.isArray(given) ? given[0] : undefined;
  return typeof first === 'object' && first !== null && !Array.isArray(first);
}

/** Bytes, or numbers, of a picture. */
function pixelsOf({ channels, height, width }: ImageShape): number {
  return channels * height * width;
}

/** Builds the model that a checkpoint describes. Throws ERR_CHECKPOINT where its spec gives no model of the sizes that it states. */
function modelOf(checkpoint: Checkpoint, spec: TrainSpec, normalization: Normalization, kernels: Kernels): Sequential {
  try {
    return buildModel(spec, { ...checkpoint.facts, inputLayout: inputLayoutOf(normalization) }, kernels, 200);
  } catch (error) {
    const { code, message } = toPlain(error);
    if (code !== 'ERR_CONFIG' && code !== 'ERR_SHAPE') throw error;
    throw fileError('ERR_CHECKPOINT', 'the spec of its model', checkpoint.source, `one that gives none: ${message} [${code}]`);
  }
}
