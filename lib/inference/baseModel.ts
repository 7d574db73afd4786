import { checkOptions } from '../arguments';
import { expected } from '../errors';
import { concatBytes } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { Dataset, ImageShape, StoredDataset } from '../data/dataset';
import type { Column } from '../data/columns/column';
import { weightsOnFeatures } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { TargetScale } from '../data/targetScale';
import type { TestTimeAugmentation } from '../data/views';
import type { Sequential } from '../model/sequential';
import { summarize } from '../model/summary';
import type { ModelSummary } from '../model/summary';
import type { Evaluation } from '../train/evaluate';
import type { ReportOptions } from '../train/metrics';
import { modelChunks } from '../train/modelFile';
import type { ModelFacts, ModelMetrics, StoredDtype } from '../train/modelFile';
import type { TrainSpec } from '../spec/spec';
import { evaluateClasses, evaluateNumbers } from './evaluateModel';
import type { DetailedEvaluation, RegressionEvaluation } from './evaluateModel';
import { rowsFor } from './givenRows';
import type { PredictRows } from './givenRows';
import { Net } from './net';
import { outputNamesOf, predictionsOf } from './prediction';
import type { Outputs, Prediction } from './prediction';
import { decodeModel } from './trainedModel';
import type { LoadOptions } from './trainedModel';
import { setWeightsOf, weightsOf } from './weights';
import type { ModelWeights } from './weights';

/** How a model is saved. */
export interface SaveOptions {
  /**
   * float32 rounds a model in float64; bfloat16 rounds parameters to 8 bits of precision, by at most 1/256 of each, which halves the file.
   * By default they are stored as they are.
   */
  readonly dtype?: StoredDtype;
}

/** A trained model in memory, with everything needed for prediction: parameters, normalisation, class names. */
export class BaseModel {
  /** What its features are, where it was trained on a table whose columns have names. */
  readonly columns: readonly Column[] | undefined;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape | undefined;
  /** Names of the columns that it predicts, where it was trained on such a table. */
  readonly targetNames: readonly string[] | undefined;
  /** SHA-256 of the data set that it was trained on; '' for one that was imported, of which it is not known. */
  readonly dataDigest: string;
  /** Number of steps that it was trained for. */
  readonly step: number;
  /** What the best evaluation of the training found; null where there was none. */
  readonly metrics: ModelMetrics | null;
  protected readonly net: Net;

  protected constructor(protected readonly known: ModelFacts, net: Net) {
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
   * Loads a model from the bytes of a model file or of a checkpoint. With weight averaging a checkpoint gives the averages. Throws ERR_CHECKPOINT for damaged bytes
   * and for those of another program, ERR_BACKEND, ERR_CONFIG for anything but bytes.
   */
  static load(from: Uint8Array, options: LoadOptions = {}): BaseModel {
    const trained = decodeModel(from, options);
    return new BaseModel(trained, new Net(trained, options));
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
   * The bytes of a model file: safetensors with the parameters and buffers that the model predicts with, under the keys of a torch nn.Sequential, and all else that
   * prediction needs as JSON in the metadata; see docs/models.md. Throws ERR_CONFIG.
   */
  toBytes(options: SaveOptions = {}): Uint8Array {
    return concatBytes(this.chunks(options));
  }

  protected chunks(options: SaveOptions): Uint8Array[] {
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

  /** The test-time augmentation that it was loaded with, where there is one. */
  get tta(): TestTimeAugmentation | undefined {
    return this.net.tta;
  }

  /** What each output of {@link outputs} is, in order: the class, label or target by name or number, and for quantiles the level. */
  get outputNames(): readonly string[] {
    return outputNamesOf(this.net);
  }

  /**
   * Predicts rows, of any form that {@link PredictRows} lists: classes with their probabilities, labels with theirs, or numbers by the name of the target. A category
   * that no training row has is encoded as none of theirs; columns of records and data sets are matched by name, and further ones are left out. Throws ERR_SHAPE where the features of a row are too few or
   * too many, ERR_DATA, naming row and column, for anything but finite numbers, for a value of another kind than its column and for a column that is missing, ERR_CONFIG for anything but rows.
   */
  predict(rows: PredictRows): Prediction[] {
    return predictionsOf(this.net, this.outputNames, this.outputsFor(rows));
  }

  /**
   * The outputs [rows, outputs] of rows given as to {@link predict}, as one array: probabilities of classes or labels, or numbers, rates and quantiles in the units of the
   * targets. See {@link outputNames}. Throws as that does.
   */
  outputs(rows: PredictRows): FloatArray {
    return this.outputsFor(rows).predictions;
  }

  /** The most probable class of each row [rows], given as to {@link predict}. Throws as that does, and ERR_CONFIG for a model of anything but classes. */
  classify(rows: PredictRows): Int32Array {
    if (this.classNames.length === 0) throw expected('ERR_CONFIG', 'a model of classes', 'classify', 'a regression');
    return this.outputsFor(rows).labels;
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

  private outputsFor(rows: PredictRows): Outputs {
    return this.net.outputsOf(rowsFor(this.net, rows));
  }
}
