import type { BackendName, Dtype, Precision } from '../kernels/contract';
import { dataNames } from '../data/locate';
import type { DataName } from '../data/locate';
import { normalizationKinds } from '../data/normalize/normalization';
import type { NormalizationKind } from '../data/normalize/normalization';
import { activations } from '../model/activations';
import type { Activation } from '../model/activations';
import { norms } from '../model/description';
import type { LayerDescription, Norm } from '../model/description';
import { initializers } from '../model/init';
import type { Initializer } from '../model/init';
import { lossNames } from '../model/loss';
import type { LossName } from '../model/loss';

/** The names of the optimisers and schedules. */
const optimizerNames = ['sgd', 'adam', 'adamw', 'rmsprop', 'lion'] as const;
const scheduleNames = ['constant', 'step', 'exponential', 'cosine', 'one-cycle', 'plateau'] as const;

/** Everything that decides a training run. Flat, so that `--set learningRate=1e-3` and a search space name a key alike. */
export interface TrainSpec {
  data: DataName;
  dataFolder: string | null;
  dataFile: string | null;
  target: string | number | null;
  header: boolean | null;
  delimiter: string | null;
  trainRows: number | null;
  validationRows: number | null;
  testRows: number | null;
  splitSeed: number;
  chunkRows: number | null;
  normalization: NormalizationKind;
  components: number | null;
  whitenEpsilon: number;
  flip: boolean;
  shift: number;
  cutout: number;
  mixup: number;
  layers: readonly number[];
  activation: Activation;
  norm: Norm;
  dropout: number;
  inputDropout: number;
  residual: boolean;
  model: readonly LayerDescription[] | null;
  init: Initializer;
  initStd: number;
  loss: LossName;
  labelSmoothing: number;
  classWeights: 'balanced' | readonly number[] | null;
  optimizer: (typeof optimizerNames)[number];
  learningRate: number;
  momentum: number;
  nesterov: boolean;
  beta1: number | null;
  beta2: number | null;
  epsilon: number;
  rho: number;
  l2: number;
  weightDecay: number;
  decayBiases: boolean;
  clipNorm: number | null;
  schedule: (typeof scheduleNames)[number];
  decay: number;
  decayEvery: number | null;
  milestones: readonly number[] | null;
  minLearningRate: number;
  warmupSteps: number;
  patience: number | null;
  emaDecay: number | null;
  batchSize: number;
  accumulate: number;
  sampling: 'shuffle' | 'replacement';
  steps: number | null;
  epochs: number | null;
  evaluateEvery: number | null;
  logEvery: number | null;
  keepEvery: number | null;
  earlyStopping: number | null;
  restoreBest: boolean;
  maxSeconds: number | null;
  overfitBatches: number | null;
  fastDevRun: boolean;
  health: boolean;
  seed: number;
  seeds: number;
  dtype: Dtype;
  precision: Exclude<Precision, 'float64'>;
  backend: BackendName | null;
  threads: number | null;
}

/** How one key of a spec is checked, read from text and explained. */
export interface Field {
  readonly help: string;
  readonly default: unknown;
  /** What a legal value is, in words, for the error message. */
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
  /** Whether `--set key=1,2` is a list of numbers. */
  readonly list?: boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const orNull = (field: Field): Field => ({
  ...field,
  default: null,
  what: `${field.what} or null`,
  accepts: (value) => value === null || field.accepts(value),
});

function number(fallback: number, range: string, inRange: (value: number) => boolean, help: string): Field {
  return { help, default: fallback, what: `a number ${range}`, accepts: (value) => isNumber(value) && inRange(value) };
}

function integer(fallback: number, least: number, help: string): Field {
  return {
    help,
    default: fallback,
    what: `an integer of at least ${String(least)}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  };
}

function flag(fallback: boolean, help: string): Field {
  return { help, default: fallback, what: 'true or false', accepts: (value) => typeof value === 'boolean' };
}

function rate(help: string): Field {
  return number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, help);
}

function path(help: string): Field {
  return { help, default: null, what: 'a path', accepts: (value) => typeof value === 'string' && value !== '' };
}

/** A number of rows, or for tables a share of them. */
function rows(least: number, help: string): Field {
  return {
    help,
    default: null,
    what: `an integer of at least ${String(least)} or a share below 1`,
    accepts: (value) => isNumber(value) && (value > 0 && value < 1 || (Number.isSafeInteger(value) && value >= least)),
  };
}

function choice(fallback: string, values: readonly string[], help: string): Field {
  return {
    help: `${help}: ${values.join(', ')}`,
    default: fallback,
    what: `one of ${values.join(', ')}`,
    accepts: (value) => values.includes(value as string),
  };
}

/** The schema: one entry per key, in the order in which `train --help` explains them. */
export const specFields: { readonly [Key in keyof TrainSpec]: Field } = {
  data: choice('auto', dataNames, 'data set; auto takes CIFAR-10 where it is found, csv and npy read dataFile'),
  dataFolder: orNull(path('folder of the data set; null looks into the datasets folders')),
  dataFile: orNull(path('table to train on: a .csv, .npy or .npz file')),
  target: orNull({
    help: 'what to predict: column of a .csv by name or number [the last], array of an .npz [y], .npy file beside a .npy',
    default: null,
    what: 'a name or a number from 0',
    accepts: (value) => (typeof value === 'string' && value !== '') || (Number.isSafeInteger(value) && (value as number) >= 0),
  }),
  header: orNull(flag(false, 'whether the first line of a .csv names its columns; null finds out and says so')),
  delimiter: orNull({
    help: 'what stands between the cells of a .csv, or tab; null finds out and says so',
    default: null,
    what: 'one character other than a quote or a line end, or tab',
    accepts: (value) => typeof value === 'string' && (value === 'tab' || /^[^"\r\n]$/u.test(value)),
  }),
  trainRows: orNull(rows(1, 'training rows; null is the data set\'s own split, of a table what is left')),
  validationRows: orNull(rows(0, 'validation rows, taken behind the training rows; of a table any, a tenth by default; 0 trains without')),
  testRows: orNull(rows(0, 'test rows, taken from the test file; of a table any, a tenth by default')),
  splitSeed: { ...integer(0, 0, 'decides which rows of a table are for training, validation and test'), what: 'an integer in [0, 2^32)', accepts: isSeed },
  chunkRows: orNull(integer(0, 8, 'training rows in memory at a time, for data larger than memory; null loads all')),
  normalization: choice('standardize', normalizationKinds, 'how features become inputs, fitted on the training rows'),
  components: orNull(integer(0, 1, 'inputs that normalization pca leaves; null leaves all')),
  whitenEpsilon: number(0.1, '> 0', (value) => value > 0, 'added to the variances that pca and zca divide by; features have variance 1'),
  flip: flag(false, 'mirror half of the training pictures, left to right'),
  shift: integer(0, 0, 'pixels by which training pictures move at most, along each axis; edges repeat'),
  cutout: integer(0, 0, 'side of a square that is blanked in training pictures'),
  mixup: number(0, '0, or in [0.01, 100]', (value) => value === 0 || (value >= 0.01 && value <= 100), 'α of Beta(α, α), by which training rows are mixed'),
  layers: {
    help: 'layer sizes from input to classes',
    default: [3072, 50, 10],
    what: 'two or more positive integers',
    list: true,
    accepts: (value) =>
      Array.isArray(value) && value.length >= 2 && value.every((size) => Number.isSafeInteger(size) && size > 0),
  },
  activation: choice('relu', activations, 'activation function of hidden layers'),
  norm: choice('none', norms, 'normalisation of hidden layers, before the activation'),
  dropout: rate('share of hidden units that a training step drops, after the activation'),
  inputDropout: rate('share of inputs that a training step drops'),
  residual: flag(false, 'add its input to each hidden layer that has as many outputs'),
  model: {
    help: 'the model as a list of layers, in the place of all this: [{"type": "linear", "size": 512}, {"type": "relu"}, …]',
    default: null, what: 'a list of layers or null', accepts: (value) => value === null || Array.isArray(value),
  },
  init: choice('he', initializers, 'how weights start; biases start at zero'),
  initStd: number(1e-4, '≥ 0', (value) => value >= 0, 'standard deviation of init normal'),
  loss: choice('cross-entropy', lossNames, 'what training minimises'),
  labelSmoothing: number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, 'share of each target that is spread over all classes'),
  classWeights: orNull({
    help: 'a weight for each class, or balanced: inversely to their numbers of rows',
    default: null,
    what: 'balanced or numbers ≥ 0',
    list: true,
    accepts: (value) => value === 'balanced' || (Array.isArray(value) && value.every((weight) => isNumber(weight) && weight >= 0)),
  }),
  optimizer: choice('sgd', optimizerNames, 'update rule'),
  learningRate: number(1e-3, '> 0', (value) => value > 0, 'learning rate that the schedule starts from; of one-cycle the highest'),
  momentum: number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, 'momentum of sgd'),
  nesterov: flag(false, 'Nesterov momentum'),
  beta1: orNull(number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, 'β₁ of adam, adamw and lion; null is 0.9')),
  beta2: orNull(number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, 'β₂ of adam, adamw and lion; null is 0.999, or 0.99 for lion')),
  epsilon: number(1e-8, '> 0', (value) => value > 0, 'ε of adam, adamw and rmsprop'),
  rho: number(0.99, 'in [0, 1)', (value) => value >= 0 && value < 1, 'memory of rmsprop; PyTorch\'s alpha'),
  l2: number(0, '≥ 0', (value) => value >= 0, 'λ of the penalty λ‖W‖² on weights; gradient 2λW'),
  weightDecay: number(0, '≥ 0', (value) => value >= 0, 'λ of decoupled weight decay on weights, for adamw and lion'),
  decayBiases: flag(false, 'l2 and weightDecay on biases and the like too'),
  clipNorm: orNull(number(0, '> 0', (value) => value > 0, 'limit on the norm of the loss\'s gradient')),
  schedule: choice('exponential', scheduleNames, 'course of the learning rate'),
  decay: number(1, 'in (0, 1]', (value) => value > 0 && value <= 1, 'factor on the learning rate after each decayEvery steps, at milestones or on a plateau'),
  decayEvery: orNull(integer(0, 1, 'steps between exponential decays; null is an epoch')),
  milestones: orNull({
    help: 'where schedule step decays: epochs where the length is given in epochs, else steps',
    default: null,
    what: 'ascending positive numbers',
    list: true,
    accepts: (value) => Array.isArray(value) && value.length > 0 &&
      value.every((milestone, i) => isNumber(milestone) && milestone > ((value as number[])[i - 1] ?? 0)),
  }),
  minLearningRate: number(0, '≥ 0', (value) => value >= 0, 'where cosine ends, and below which plateau does not go'),
  warmupSteps: integer(0, 0, 'steps over which the learning rate rises linearly to the schedule\'s'),
  patience: orNull(integer(0, 0, 'evaluations that may pass on a plateau before it decays; null is 10')),
  emaDecay: orNull(number(0, 'in (0, 1)', (value) => value > 0 && value < 1,
    'decay of a moving average of the weights, which then is what is evaluated and predicts')),
  batchSize: integer(200, 1, 'rows per batch'),
  accumulate: integer(1, 1, 'batches per step, whose gradients add up to that of one large batch'),
  sampling: choice('shuffle', ['shuffle', 'replacement'], 'batches from a fresh permutation per epoch, or drawn with replacement'),
  steps: orNull(integer(0, 1, 'length of training in steps (or give epochs)')),
  epochs: orNull(number(0, '> 0', (value) => value > 0, 'length of training in passes over the training rows (or give steps)')),
  evaluateEvery: orNull(integer(0, 1, 'steps between evaluations and checkpoints; null is an epoch')),
  logEvery: orNull(integer(0, 1, 'steps between step events; null gives about 1,000 a run')),
  keepEvery: orNull(integer(0, 1, 'steps between checkpoints that are kept for good, in checkpoints/')),
  earlyStopping: orNull(integer(0, 1, 'evaluations without a better one on validation after which training ends')),
  restoreBest: flag(false, 'end with the model that did best on validation, not with the last'),
  maxSeconds: orNull(number(0, '> 0', (value) => value > 0, 'wall time after which training ends')),
  overfitBatches: orNull(integer(0, 1, 'train on the rows of the first n batches only: the loss must come near 0')),
  fastDevRun: flag(false, 'one step and one batch of validation, to try every part of a run'),
  health: flag(true, 'watch the layers while training and say what is wrong'),
  seed: { ...integer(0, 0, 'seed of weights and batches, below 2^32'), what: 'an integer in [0, 2^32)', accepts: isSeed },
  seeds: {
    ...integer(1, 1, 'how many runs to make, with seeds seed, seed + 1, …'),
    what: 'an integer in [1, 1000]', accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000,
  },
  dtype: choice('float32', ['float32', 'float64'], 'number format'),
  precision: choice('float32', ['float32', 'bfloat16'], 'to what dtype float32 rounds the factors of matrix products, and of these alone'),
  backend: orNull(choice('native', ['native', 'typescript'], 'kernels; null takes native where it loads')),
  threads: orNull(integer(0, 1, 'threads of the kernels; null takes as many as cores and quotas allow (blastrain doctor says why)')),
};

function isSeed(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
