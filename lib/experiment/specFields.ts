import type { BackendName, Dtype } from '../kernels/contract';
import { normalizationKinds } from '../data/preprocess';
import type { NormalizationKind } from '../data/preprocess';
import { initializers } from '../model/init';
import type { Initializer } from '../model/init';

/** Everything that decides a training run. Flat, so that `--set learningRate=1e-3` and a search space name a key alike. */
export interface TrainSpec {
  data: 'auto' | 'cifar10' | 'synthetic';
  dataFolder: string | null;
  trainRows: number | null;
  validationRows: number | null;
  testRows: number | null;
  normalization: NormalizationKind;
  layers: readonly number[];
  init: Initializer;
  initStd: number;
  learningRate: number;
  decay: number;
  decayEvery: number | null;
  momentum: number;
  nesterov: boolean;
  l2: number;
  batchSize: number;
  sampling: 'shuffle' | 'replacement';
  steps: number | null;
  epochs: number | null;
  evaluateEvery: number | null;
  logEvery: number | null;
  seed: number;
  dtype: Dtype;
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
  data: choice('auto', ['auto', 'cifar10', 'synthetic'], 'data set; auto takes CIFAR-10 where it is found'),
  dataFolder: orNull({
    help: 'folder of the data set; null looks into the datasets folders',
    default: null, what: 'a path', accepts: (value) => typeof value === 'string' && value !== '',
  }),
  trainRows: orNull(integer(0, 1, 'training rows; null is the data set\'s own split')),
  validationRows: orNull(integer(0, 1, 'validation rows, taken behind the training rows')),
  testRows: orNull(integer(0, 1, 'test rows, taken from the test file')),
  normalization: choice('standardize', normalizationKinds, 'how pixels become inputs, fitted on the training rows'),
  layers: {
    help: 'layer sizes from input to classes',
    default: [3072, 50, 10],
    what: 'two or more positive integers',
    accepts: (value) =>
      Array.isArray(value) && value.length >= 2 && value.every((size) => Number.isSafeInteger(size) && size > 0),
  },
  init: choice('he', initializers, 'how weights start; biases start at zero'),
  initStd: number(1e-4, '≥ 0', (value) => value >= 0, 'standard deviation of init normal'),
  learningRate: number(1e-3, '> 0', (value) => value > 0, 'learning rate of the first step'),
  decay: number(1, 'in (0, 1]', (value) => value > 0 && value <= 1, 'factor on the learning rate after each decayEvery steps'),
  decayEvery: orNull(integer(0, 1, 'steps between decays; null is an epoch')),
  momentum: number(0, 'in [0, 1)', (value) => value >= 0 && value < 1, 'momentum of SGD'),
  nesterov: { help: 'Nesterov momentum', default: false, what: 'true or false', accepts: (value) => typeof value === 'boolean' },
  l2: number(0, '≥ 0', (value) => value >= 0, 'λ of the penalty λ‖W‖² on weights; gradient 2λW'),
  batchSize: integer(200, 1, 'rows per step'),
  sampling: choice('shuffle', ['shuffle', 'replacement'], 'batches from a fresh permutation per epoch, or drawn with replacement'),
  steps: orNull(integer(0, 1, 'length of training in steps (or give epochs)')),
  epochs: orNull(number(0, '> 0', (value) => value > 0, 'length of training in passes over the training rows (or give steps)')),
  evaluateEvery: orNull(integer(0, 1, 'steps between evaluations and checkpoints; null is an epoch')),
  logEvery: orNull(integer(0, 1, 'steps between step events; null gives about 1,000 a run')),
  seed: { ...integer(0, 0, 'seed of weights and batches, below 2^32'), what: 'an integer in [0, 2^32)', accepts: isSeed },
  dtype: choice('float32', ['float32', 'float64'], 'number format'),
  backend: orNull(choice('native', ['native', 'typescript'], 'kernels; null takes native where it loads')),
  threads: orNull(integer(0, 1, 'BLAS threads; null takes all cores')),
};

function isSeed(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
