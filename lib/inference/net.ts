import { expected, toPlain } from '../errors';
import { fileError } from '../files';
import { defaultKernels } from '../kernels';
import type { FloatArray, Kernels } from '../kernels/contract';
import { buildModel } from '../build/buildModel';
import { alignColumns, alignRows, refuseMissing } from '../data/columns/align';
import type { Dataset, ImageShape, StoredDataset } from '../data/dataset';
import { checkOutputs } from '../data/givenRows';
import { refuseOddRows } from '../data/givenTargets';
import { refuseOverflow } from '../data/normalize/normalization';
import { featureSizeOf, inputLayoutOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { refuseLostTargets } from '../data/targets';
import { refuseScaledOverflow } from '../data/targetScale';
import { Views } from '../data/views';
import type { TestTimeAugmentation } from '../data/views';
import { generatorOf, initialize } from '../model/init';
import { losses, makeEvaluationLoss, makeLoss } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { precisionOf, trainedSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import type { CheckpointFacts } from '../train/checkpointShape';
import { Evaluator } from '../train/evaluate';
import type { TrainedModel } from '../train/modelFile';
import { Objective } from '../train/objective';
import type { LoadOptions } from './trainedModel';

/** Rows to predict. */
export interface RowsToPredict {
  readonly rows: Dataset | StoredDataset;
  /** Throws for features that are not finite or whose inputs overflow; called where a batch's inputs may be of these. Absent where they have been checked. */
  readonly check?: () => void;
}

/** Rows of a batch at most: of small rows more, as what a call costs is then a good part of the time. */
function maxBatchFor(inputSize: number): number {
  return Math.min(Math.max(Math.floor(inputsPerBatch / inputSize), 200), 2048);
}
const inputsPerBatch = 2 ** 16;

/** What outputs are computed with: the layers with their parameters, the normalisation, and what rows must be like. */
export class Net {
  readonly spec: TrainSpec;
  readonly facts: CheckpointFacts;
  readonly model: Sequential;
  readonly normalization: Normalization;
  readonly evaluator: Evaluator;
  /** What logits are divided by before they become probabilities. */
  readonly temperature: number;
  /** The test-time augmentation, where there is one. */
  readonly tta: TestTimeAugmentation | undefined;

  /** Throws ERR_CHECKPOINT where the parts of a model do not fit together, ERR_BACKEND, ERR_CONFIG for `tta` on rows that are no pictures. */
  constructor(trained: TrainedModel, { backend, untrained, tta }: LoadOptions) {
    const { facts, normalization, source } = trained;
    this.facts = facts;
    this.spec = trainedSpec(trained);
    this.normalization = normalization;
    this.model = modelOf(trained, this.spec, defaultKernels(precisionOf(this.spec), backend));
    if (untrained === true) initialize(this.model, this.spec.init, this.spec.initStd, generatorOf(this.spec.generator, this.spec.seed));
    else trained.restore(this.model);
    if (facts.imageShape !== undefined && pixelsOf(facts.imageShape) !== this.featureSize) {
      throw fileError('ERR_CHECKPOINT', `pictures of ${String(this.featureSize)} bytes`, source, `a shape of ${String(pixelsOf(facts.imageShape))}`);
    }
    const { l2, decayBiases, weightDecays, huberDelta, quantiles } = this.spec;
    const objective = new Objective(this.model, l2, {
      loss: makeLoss(this.spec.loss, this.model, { huberDelta, quantiles }), evaluationLoss: makeEvaluationLoss(this.spec.loss, this.model, this.spec), decayBiases, weightDecays,
    });
    this.evaluator = new Evaluator(objective, this.normalization, null, facts.targetScale ?? null);
    this.tta = tta;
    if (tta !== undefined) {
      if (facts.imageShape === undefined) throw expected('ERR_CONFIG', 'a model of pictures', 'tta', source, { path: 'tta' });
      this.evaluator.views = new Views(tta, facts.imageShape, this.model.maxBatch);
    }
    this.temperature = this.evaluator.temperature = untrained === true ? 1 : facts.temperature ?? 1;
  }

  /** Numbers of a row of features. */
  get featureSize(): number {
    return featureSizeOf(this.normalization);
  }

  /** Predictions and classes of rows. Throws what `check` does, ERR_DATA for a row whose outputs are not finite. */
  outputsOf({ rows, check }: RowsToPredict): { readonly predictions: FloatArray; readonly labels: Int32Array } {
    const outputs = this.evaluator.predict(rows, check);
    checkOutputs(outputs.predictions, this.model.outputSize, rows.name);
    return outputs;
  }

  /** Rows of another table with the model's columns and classes, checked. Throws ERR_DATA and ERR_SHAPE as `Model.evaluate` does. */
  labelled(data: Dataset | StoredDataset): Dataset | StoredDataset {
    const { columns, classNames, targetNames } = this.facts;
    return this.checked(alignRows(data, { columns, classNames, targetNames }));
  }

  /** As {@link labelled}, but for labels, which do not count. */
  aligned(data: Dataset | StoredDataset): RowsToPredict {
    const { columns } = this.facts;
    return { rows: this.checked(columns === undefined ? data : alignColumns(data, columns)) };
  }

  private checked(data: Dataset | StoredDataset): Dataset | StoredDataset {
    const { featureSize } = data;
    if (featureSize !== this.featureSize) throw expected('ERR_SHAPE', `${String(this.featureSize)} features per row`, 'the data set', featureSize);
    const { dtype } = this.model.kernels;
    refuseOddRows(data, losses[this.spec.loss].predicts);
    if (!('columns' in this.normalization)) refuseMissing(data);
    refuseOverflow(data, this.normalization, dtype);
    if (this.facts.targetScale === undefined) refuseLostTargets(data, dtype);
    else refuseScaledOverflow(data, this.facts.targetScale, dtype);
    return data;
  }
}

/** Bytes, or numbers, of a picture. */
function pixelsOf({ channels, height, width }: ImageShape): number {
  return channels * height * width;
}

/** Builds the model that a file describes. Throws ERR_CHECKPOINT where its spec gives no model of the sizes that it states. */
function modelOf({ facts, normalization, source }: TrainedModel, spec: TrainSpec, kernels: Kernels): Sequential {
  try {
    return buildModel(spec, { ...facts, inputLayout: inputLayoutOf(normalization) }, kernels, maxBatchFor(facts.inputSize));
  } catch (error) {
    const { code, message } = toPlain(error);
    if (code !== 'ERR_CONFIG' && code !== 'ERR_SHAPE') throw error;
    throw fileError('ERR_CHECKPOINT', 'the spec of its model', source, `one that gives none: ${message} [${code}]`);
  }
}
