import { checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { replaceFile } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { Dataset, ImageShape, StoredDataset } from '../data/dataset';
import { checkGivenRows } from '../data/givenRows';
import type { GivenRows } from '../data/givenRows';
import type { Column } from '../data/columns/column';
import { featuresOf } from '../data/columns/records';
import type { RowRecord } from '../data/columns/records';
import { refuseOverflow } from '../data/normalize/normalization';
import { weightsOnFeatures } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { TargetScale } from '../data/targetScale';
import { losses } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { summarize } from '../model/summary';
import type { ModelSummary } from '../model/summary';
import type { Evaluation } from '../train/evaluate';
import type { ReportOptions } from '../train/metrics';
import { modelChunks } from '../train/modelFile';
import type { ModelFacts, ModelMetrics, StoredDtype } from '../train/modelFile';
import { labelThreshold } from '../train/scores/labels';
import type { TrainSpec } from '../spec/spec';
import { evaluateClasses, evaluateNumbers } from './evaluateModel';
import type { DetailedEvaluation, RegressionEvaluation } from './evaluateModel';
import { Net } from './net';
import { readTrained } from './source';
import type { LoadOptions } from './source';
import { setWeightsOf, weightsOf } from './weights';
import type { ModelWeights } from './weights';

/** One predicted row. */
export interface Prediction {
  readonly label: number;
  readonly className: string;
  /** Probability of every class, in the order of `classNames`. */
  readonly probabilities: readonly number[];
}

/** The labels of one row. */
export interface LabelsPrediction {
  /** Names of the labels whose probability is at least 0.5; numbers from 0 where the targets have no names. */
  readonly labels: readonly string[];
  /** Of every label, in the order of `targetNames`. */
  readonly probabilities: readonly number[];
}

/** How a model is saved. */
export interface SaveOptions {
  /**
   * float32 rounds a model in float64; bfloat16 rounds parameters to 8 bits of precision, by at most 1/256 of each, which halves the file.
   * By default they are stored as they are.
   */
  readonly dtype?: StoredDtype;
}

/** A trained model with everything needed for prediction: parameters, normalisation, class names. */
export class Model {
  /** What its features are, where it was trained on a table whose columns have names. */
  readonly columns: readonly Column[] | undefined;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape | undefined;
  /** Names of the columns that it predicts, where it was trained on such a table. */
  readonly targetNames: readonly string[] | undefined;
  /** SHA-256 of the data set that it was trained on. */
  readonly dataDigest: string;
  /** Number of steps that it was trained for. */
  readonly step: number;
  /** What the best evaluation of the training found; null where there was none. */
  readonly metrics: ModelMetrics | null;
  private readonly net: Net;

  private constructor(private readonly known: ModelFacts, net: Net) {
    const { facts, step, metrics } = known;
    this.columns = facts.columns;
    this.classNames = facts.classNames;
    this.imageShape = facts.imageShape;
    this.targetNames = facts.targetNames;
    this.dataDigest = facts.dataDigest;
    this.step = step;
    this.metrics = metrics;
    this.net = net;
  }

  /**
   * Loads a model: the path of a model file that {@link save} wrote, of a checkpoint or of a run's folder, or the bytes of one of these files. With weight
   * averaging a checkpoint gives the averages; a folder gives the best checkpoint where the run has `restoreBest`, else the last.
   * Throws ERR_IO, ERR_CHECKPOINT for a damaged file and for one of another program, ERR_BACKEND, ERR_CONFIG where the run's spec.json is damaged.
   */
  static load(from: string | Uint8Array, options: LoadOptions = {}): Model {
    const trained = readTrained(from, options);
    return new Model(trained, new Net(trained, options));
  }

  /** The spec of its training. */
  get spec(): TrainSpec {
    return this.net.spec;
  }

  /** Numbers of a row: columns, or pixels of all colours. */
  get featureSize(): number {
    return this.net.featureSize;
  }

  /** What logits are divided by before they become probabilities: 1, or fitted to validation rows, see the key `calibration` of a spec. */
  get temperature(): number {
    return this.net.temperature;
  }

  /**
   * Writes a model file, replacing an earlier one at once: safetensors with the parameters and buffers that the model predicts with, under the keys of a
   * torch nn.Sequential, and all else that prediction needs as JSON in the metadata; see docs/models.md. Throws ERR_CONFIG, ERR_IO.
   */
  save(path: string, options: SaveOptions = {}): void {
    checkText(path, 'path');
    replaceFile(path, this.chunks(options));
  }

  /** The bytes of the file that {@link save} writes. Throws ERR_CONFIG. */
  toBytes(options: SaveOptions = {}): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks(options)));
  }

  private chunks(options: SaveOptions): Uint8Array[] {
    checkOptions(options);
    const { dtype } = options;
    if (dtype !== undefined && !['float32', 'bfloat16'].includes(dtype)) throw expected('ERR_CONFIG', 'float32 or bfloat16', 'dtype', dtype, { path: 'dtype' });
    const facts = { ...this.known.facts, temperature: this.temperature }; // 1 for the initial parameters
    return modelChunks(this.net.model, { ...this.known, facts }, dtype);
  }

  /** A copy of all parameters and buffers by name, such as `0.weight` [outputs, inputs] and `0.bias`: as in a model file. */
  weights(): ModelWeights {
    return weightsOf(this.net.model);
  }

  /**
   * Replaces the parameters and buffers that are given, each as a flat array; none of them where one is refused. Throws ERR_CONFIG for a name that the model
   * lacks, ERR_SHAPE for another number of values, ERR_DATA for a value that is no finite number and for a negative variance.
   */
  setWeights(weights: Readonly<Record<string, ArrayLike<number>>>): void {
    setWeightsOf(this.net.model, weights);
  }

  /**
   * Accuracy and loss on all rows of a data set. Where columns and classes have names they are matched by name: another order changes nothing, and
   * further columns are left out. Throws ERR_DATA, naming them, for columns that are missing, other classes, and values that training refuses; ERR_SHAPE when features
   * without names do not fit.
   */
  evaluate(data: Dataset | StoredDataset): Evaluation {
    return this.net.evaluator.evaluate(this.net.labelled(data));
  }

  /**
   * Accuracy and loss, what a ClassificationReport holds (by class, confusion matrix, calibration), and the scores of `classScores`. Throws as
   * {@link evaluate} does, ERR_CONFIG for a regression, which has no classes.
   */
  evaluateInDetail(data: Dataset | StoredDataset, options?: ReportOptions): DetailedEvaluation {
    return evaluateClasses(this.net, data, options);
  }

  /**
   * Loss and root mean squared error, or of labels accuracy, and the scores of what the model predicts: numbers, counts, quantiles or labels.
   * Throws as {@link evaluate} does, ERR_CONFIG for rows with classes.
   */
  evaluateRegression(data: Dataset | StoredDataset): RegressionEvaluation {
    return evaluateNumbers(this.net, data);
  }

  /** The most probable class of every row of a data set [size], whose columns are matched as by {@link evaluate}. Throws as that does, but for classes. */
  classify(data: Dataset | StoredDataset): Int32Array {
    return this.net.outputsOf(this.net.aligned(data)).labels;
  }

  /** Probability of every class for every row of a data set [size, classes], whose columns are matched as by {@link evaluate}. Throws as that does, but for classes. */
  probabilities(data: Dataset | StoredDataset): FloatArray {
    return this.net.outputsOf(this.net.aligned(data)).predictions;
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
    const { outputSize } = this.net.model;
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
    const { spec: { loss }, net: { model: { outputSize } }, targetNames } = this;
    if (losses[loss].predicts !== 'labels') throw expected('ERR_CONFIG', 'a model that was trained with loss bce', 'predictLabels', `one of loss ${loss}`);
    const { predictions } = this.outputsFor(features);
    return Array.from({ length: predictions.length / outputSize }, (_, row) => {
      const probabilities = Array.from(predictions.subarray(row * outputSize, (row + 1) * outputSize));
      return { labels: probabilities.flatMap((p, j) => (p >= labelThreshold ? [targetNames?.[j] ?? String(j)] : [])), probabilities };
    });
  }

  /** What each output of {@link predictNumbers} is, in order: the target by name or number, and for quantiles the level. */
  get outputNames(): readonly string[] {
    const { classNames, net: { model: { outputSize } }, spec: { loss, quantiles }, targetNames } = this;
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
    const { model: { inputWeights, kernels }, normalization } = this.net;
    if (inputWeights === undefined) return undefined;
    const units = inputWeights.shape[0]!;
    return { weights: weightsOnFeatures(inputWeights.value, units, normalization, kernels), units };
  }

  /** What the model is made of, for its forms in other programs' formats; nothing of it may be changed. */
  get parts(): { readonly net: Sequential; readonly normalization: Normalization; readonly targetScale: TargetScale | undefined } {
    const { net: { model, normalization }, known: { facts: { targetScale } } } = this;
    return { net: model, normalization, targetScale };
  }

  /** Layers, parameters and FLOPs of the model. */
  summary(): ModelSummary {
    return summarize(this.net.model);
  }

  private outputsFor(given: GivenRows | readonly RowRecord[]): ReturnType<Net['outputsOf']> {
    const { classNames, columns, net: { featureSize, normalization, model: { kernels: { dtype } } } } = this;
    // Floats are centred before they are rounded, so that it is refuseOverflow which knows whether the dtype holds them.
    const isEncoded = 'columns' in normalization;
    const features = areRecords(given) ? featuresOf(given, this.namedColumns())
      : checkGivenRows(given, featureSize, isEncoded || 'mean' in normalization ? 'float64' : dtype, isEncoded && columns !== undefined);
    if (!isEncoded && areRecords(given)) checkGivenRows(features, featureSize, 'float64');
    const size = features.length / featureSize;
    const rows: Dataset = { name: 'features', split: 'test', features, labels: new Int32Array(size), size, featureSize, classNames, ...(columns && { columns }) };
    refuseOverflow(rows, normalization, dtype);
    return this.net.outputsOf(rows);
  }

  /** Throws ERR_CONFIG for a model whose features have no names. */
  private namedColumns(): readonly Column[] {
    if (this.columns === undefined) throw expected('ERR_CONFIG', 'an array of numbers, as the columns of this model have no names,', 'features', 'records', { path: 'features' });
    return this.columns;
  }
}

function areRecords(given: GivenRows | readonly RowRecord[]): given is readonly RowRecord[] {
  const first: unknown = Array.isArray(given) ? given[0] : undefined;
  return typeof first === 'object' && first !== null && !Array.isArray(first);
}
