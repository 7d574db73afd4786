import { dataOptions, dataSources } from '../data/sourceKinds';
import type { DataName, DataOptions } from '../data/sourceKinds';
import { choice, fieldsOf, flag, integer, isNumber, keyOf, number, orNull, path, share } from '../fields';
import type { Field } from '../fields';
import { backendNames } from '../kernels/contract';
import type { BackendName, Dtype, Precision } from '../kernels/contract';
import { normalizationKinds } from '../data/normalize/normalization';
import type { NormalizationKind } from '../data/normalize/normalization';
import { generators, initializers } from '../model/init';
import type { Generator, Initializer } from '../model/init';
import type { LayerDescription } from '../model/layers';
import { activations } from '../model/layers/activations';
import type { Activation } from '../model/layers/activations';
import { numericEmbeddings } from '../model/layers/embedding';
import type { NumericEmbedding } from '../model/layers/embedding';
import { norms } from '../model/layers/hidden';
import type { Norm } from '../model/layers/hidden';
import { parametrizations } from '../model/layers/linear';
import type { Parametrization } from '../model/layers/linear';
import type { LossName } from '../model/loss';
import { losses, lossOptions } from '../model/losses';
import type { LossOptions } from '../model/losses';
import { optimizerOptions, optimizers } from '../optim/optimizers';
import type { OptimizerName, OptimizerOptions } from '../optim/optimizers';
import { shardSums } from '../train/exchange';
import type { ShardSums } from '../train/exchange';
import { metricNames } from '../train/monitor';
import { factorScheduleOptions, scheduleOptions, schedules } from '../optim/scheduleKinds';
import type { FactorScheduleOptions, ScheduleName, ScheduleOptions } from '../optim/scheduleKinds';

/** All options of a training run. Flat, so that `--set learningRate=1e-3` and search spaces name keys in the same way. */
export interface TrainSpec extends DataOptions, LossOptions, OptimizerOptions, ScheduleOptions, FactorScheduleOptions {
  data: DataName;
  trainRows: number | null;
  validationRows: number | null;
  testRows: number | null;
  normalization: NormalizationKind;
  components: number | null;
  whitenEpsilon: number;
  whitenRows: number | null;
  mixup: number;
  layers: readonly number[];
  hidden: readonly number[] | null;
  activation: Activation;
  parametricActivation: boolean;
  norm: Norm;
  numericEmbedding: NumericEmbedding;
  embeddingSize: number;
  dropout: number;
  inputDropout: number;
  inputScale: boolean;
  residual: boolean;
  parametrization: Parametrization;
  members: number | null;
  model: readonly LayerDescription[] | null;
  module: string | null;
  moduleDigest: string | null;
  init: Initializer;
  initStd: number;
  generator: Generator;
  from: string | null;
  freeze: readonly string[] | null;
  loss: LossName;
  optimizer: OptimizerName;
  learningRate: number;
  clipNorm: number | null;
  schedule: ScheduleName;
  emaDecay: number | null;
  batchSize: number | null;
  accumulate: number;
  shards: number | null;
  shardSums: ShardSums;
  localSteps: number | null;
  sampling: 'shuffle' | 'replacement';
  steps: number | null;
  epochs: number | null;
  evaluateEvery: number | null;
  logEvery: number | null;
  keepEvery: number | null;
  earlyStopping: number | null;
  monitor: string | null;
  minDelta: number;
  restoreBest: boolean;
  maxSeconds: number | null;
  overfitBatches: number | null;
  fastDevRun: boolean;
  health: boolean;
  histogramEvery: number | null;
  seed: number;
  seeds: number;
  dtype: Dtype;
  precision: Exclude<Precision, 'float64'>;
  backend: BackendName | null;
  threads: number | null;
  divisions: number | null;
}

/** A name beside those that are known, such as one that a module of the caller's own registers. */
type OtherName = string & Record<never, never>;

/** A spec as callers give it: any of its keys, and names of their own losses, schedules and layers too. */
export type GivenSpec = Partial<Omit<TrainSpec, 'loss' | 'schedule' | 'model'>> & {
  readonly loss?: LossName | OtherName;
  readonly schedule?: ScheduleName | OtherName;
  readonly model?: readonly (LayerDescription | (Readonly<Record<string, unknown>> & { readonly type: OtherName }))[] | null;
};

/** A field for a number of rows, or for tables a share of them. */
function rows(min: number, help: string): Field {
  return {
    help,
    default: null,
    what: `an integer of at least ${String(min)} or a share below 1`,
    accepts: (value) => isNumber(value) && (value > 0 && value < 1 || (Number.isSafeInteger(value) && value >= min)),
  };
}

/** The divisions of a training in shards whose spec does not say: the same on any machine, and enough for its cores without small parts. */
export const divisionsOfShards = 8;

/** The schema: one entry per key, in the order in which `train --help` explains them. */
export const specFields: { readonly [Key in keyof TrainSpec]: Field } = {
  data: choice('auto', Object.keys(dataSources), 'data set; auto takes CIFAR-10 where it is found, pictures reads a dataFolder, the tables dataFile, whose name says which of them it is'),
  dataFolder: dataOptions.dataFolder,
  dataFile: dataOptions.dataFile,
  target: dataOptions.target,
  weightColumn: dataOptions.weightColumn,
  header: dataOptions.header,
  delimiter: dataOptions.delimiter,
  encoding: dataOptions.encoding,
  columns: dataOptions.columns,
  oneHot: dataOptions.oneHot,
  trainRows: orNull(rows(1, 'training rows; null is the data set\'s own number, of a table or pictures the remaining rows')),
  validationRows: orNull(rows(0, 'validation rows: those after the training rows, of a table or pictures random ones, by default a tenth; 0 for none')),
  testRows: orNull(rows(0, 'test rows: from the test file, of a table or pictures random ones, by default a tenth')),
  splitSeed: dataOptions.splitSeed,
  stratify: dataOptions.stratify,
  groupColumn: dataOptions.groupColumn,
  timeColumn: dataOptions.timeColumn,
  splitColumn: dataOptions.splitColumn,
  chunkRows: dataOptions.chunkRows,
  imageSize: dataOptions.imageSize,
  imageFit: dataOptions.imageFit,
  grey: dataOptions.grey,
  skipDamaged: dataOptions.skipDamaged,
  normalization: choice('standardize', normalizationKinds, 'how features become inputs, fitted on the training rows'),
  components: orNull(integer(0, 1, 'principal components kept by normalization pca; null keeps all')),
  whitenEpsilon: number(0.1, '> 0', (value) => value > 0, 'added to the variances that pca and zca divide by; features have variance 1'),
  whitenRows: orNull(integer(0, 2, 'training rows, evenly spread, whose correlations pca and zca are found from; null takes all')),
  flip: dataOptions.flip,
  shift: dataOptions.shift,
  cutout: dataOptions.cutout,
  mixup: number(0, '0, or in [0.01, 100]', (value) => value === 0 || (value >= 0.01 && value <= 100), 'α of Beta(α, α), by which training rows are mixed'),
  layers: {
    help: 'layer sizes from input to classes',
    default: [3072, 50, 10],
    what: 'two or more positive integers',
    list: true,
    accepts: (value) =>
      Array.isArray(value) && value.length >= 2 && value.every((size) => Number.isSafeInteger(size) && size > 0),
  },
  hidden: orNull({
    help: 'sizes of the hidden layers, in the place of layers: inputs and outputs follow from the data; [] is a linear model',
    default: null,
    what: 'positive integers',
    list: true,
    accepts: (value) => Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size > 0),
  }),
  activation: choice('relu', activations, 'activation function of hidden layers'),
  parametricActivation: flag(false, 'mix each activation with the identity, by one learned weight for each unit (Holzmüller et al. 2024)'),
  norm: choice('none', norms, 'normalisation of hidden layers, before the activation'),
  numericEmbedding: choice('none', numericEmbeddings, 'embedding of numeric inputs: pbld, by cosines of learned frequencies (Holzmüller et al. 2024), or none'),
  embeddingSize: integer(8, 1, 'numbers that a category becomes, where the model embeds categories'),
  dropout: share(0, 'share of hidden units that a training step drops, after the activation'),
  inputDropout: share(0, 'share of inputs that a training step drops'),
  inputScale: flag(false, 'multiply each input by a learned factor, in front of the first hidden layer (Holzmüller et al. 2024)'),
  residual: flag(false, 'add its input to each hidden layer that has as many outputs'),
  parametrization: choice('standard', parametrizations, 'of linear layers; ntk trains V in x·Vᵀ/√inputs + b, which init lecun starts with variance 1'),
  members: orNull(integer(0, 2, 'nets of an ensemble that shares the weights of its hidden layers (TabM has 32), whose mean predicts')),
  model: {
    help: 'the model as a list of layers, in place of the keys from layers to members: [{"type": "linear", "size": 512}, {"type": "relu"}, …]',
    default: null, what: 'a list of layers or null', accepts: (value) => value === null || Array.isArray(value),
  },
  module: orNull(path('a module with layers, losses, metrics, schedules and callbacks of your own, which --module has to name too')),
  moduleDigest: orNull({ help: 'SHA-256 of that module, filled in', default: null, what: '64 hexadecimal digits', accepts: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) }),
  init: choice('he', initializers, 'initial weights; biases start at zero'),
  initStd: number(1e-4, '≥ 0', (value) => value >= 0, 'standard deviation of init normal'),
  generator: choice('numpy', generators, 'where initial weights are drawn from: numpy draws one after the other, the same as NumPy; counter each by its place, on all cores at once'),
  from: orNull(path('a model file, checkpoint or run whose parameters and preprocessing training starts with; its last layer begins anew where classes or targets differ')),
  freeze: orNull({
    help: 'parameters that training leaves as they are: names, as ["W1"], or those of a layer by its number, as ["layers.0.*"]',
    default: null,
    what: 'a list of names of parameters',
    list: true,
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== ''),
  }),
  loss: keyOf('cross-entropy', losses, 'what training minimises'),
  ...fieldsOf(lossOptions, losses),
  optimizer: choice('sgd', Object.keys(optimizers), 'update rule'),
  learningRate: number(1e-3, '> 0', (value) => value > 0, 'initial learning rate; of one-cycle and coslog4 the highest'),
  ...fieldsOf(optimizerOptions, optimizers),
  clipNorm: orNull(number(0, '> 0', (value) => value > 0, 'limit on the norm of the loss\'s gradient')),
  schedule: keyOf('exponential', schedules, 'learning rate schedule'),
  ...fieldsOf(scheduleOptions, schedules),
  ...factorScheduleOptions,
  emaDecay: orNull(number(0, 'in (0, 1)', (value) => value > 0 && value < 1,
    'decay of a moving average of the weights, which evaluation and prediction then use')),
  batchSize: { ...orNull(integer(200, 1, 'rows per batch; null follows from the training rows, up to 256')), default: 200 },
  accumulate: integer(1, 1, 'batches per step, whose gradients add up to that of one large batch'),
  shards: orNull({
    help: 'equal parts of a batch, each computed by itself, so that a training has the same bits on one process and on several; null for none',
    default: null, what: 'a power of two of at most 4096', accepts: (value) => isNumber(value) && Number.isInteger(Math.log2(value)) && value >= 1 && value <= 4096,
  }),
  shardSums: choice('exact', shardSums, 'how the gradients of shards are added up: with bfloat16, for dtype float32, half as many bytes travel between ranks'),
  localSteps: orNull(integer(0, 2, 'steps that each rank takes on its own rows before all go on from their mean, for slow networks; another training than without, which depends on the number of ranks')),
  sampling: choice('shuffle', ['shuffle', 'replacement'], 'batches from a new permutation per epoch, or rows drawn with replacement'),
  steps: orNull(integer(0, 1, 'length of training in steps (or give epochs; 60 epochs for tables)')),
  epochs: orNull(number(0, '> 0', (value) => value > 0, 'length of training in passes over the training rows (or give steps)')),
  evaluateEvery: orNull(integer(0, 1, 'steps between evaluations and checkpoints; null is an epoch')),
  logEvery: orNull(integer(0, 1, 'steps between step events; null gives about 1,000 per run')),
  keepEvery: orNull(integer(0, 1, 'steps between permanent checkpoints, in checkpoints/')),
  earlyStopping: orNull(integer(0, 1, 'evaluations without improvement on validation after which training ends')),
  monitor: {
    default: null,
    get help() { return `what of the validation rows earlyStopping, restoreBest, schedule plateau and searches go by: ${metricNames().join(', ')}; null is accuracy for classes, else loss, and for plateau loss`; },
    get what() { return `one of ${metricNames().join(', ')} or null`; },
    accepts: (value) => value === null || metricNames().includes(value as string),
  },
  minDelta: number(0, '≥ 0', (value) => value >= 0, 'change of that which counts as an improvement for earlyStopping and schedule plateau, which for 0 asks for 0.01 %'),
  restoreBest: flag(false, 'end with the best model by validation, not with the last'),
  maxSeconds: orNull(number(0, '> 0', (value) => value > 0, 'wall time in seconds after which training ends')),
  overfitBatches: orNull(integer(0, 1, 'train on the rows of the first n batches only: the loss must come near 0')),
  fastDevRun: flag(false, 'one step and one batch of validation, to test every part of a run'),
  health: flag(true, 'measure the layers during training and warn of problems'),
  histogramEvery: orNull(integer(0, 0, 'steps between histograms of weights, gradients and activations; 0 is never, null gives up to 40 per run')),
  seed: { ...integer(0, 0, 'seed of weights and batches'), what: 'an integer in [0, 2^32)', accepts: isSeed },
  seeds: {
    ...integer(1, 1, 'number of runs, with seeds seed, seed + 1, …'),
    what: 'an integer in [1, 1000]', accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000,
  },
  dtype: choice('float32', ['float32', 'float64'], 'number format'),
  precision: choice('float32', ['float32', 'bfloat16'], 'format that the factors of matrix products are rounded to, with dtype float32'),
  backend: orNull(choice(backendNames[0], backendNames, 'kernels; null takes the first of these that loads')),
  threads: orNull(integer(0, 1, 'threads of the kernels; null takes as many as cores and quotas allow (blastrain doctor says why)')),
  divisions: orNull({
    ...integer(0, 1, `parts that native kernels cut their work into, on which the last bits depend; null is as many as threads, or ${String(divisionsOfShards)} where there are shards`),
    what: 'an integer in [1, 256]', accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 256,
  }),
};

function isSeed(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
