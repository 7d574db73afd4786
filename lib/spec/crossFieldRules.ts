import { isDeepStrictEqual } from 'node:util';
import { expected } from '../errors';
import { minChunkRows } from '../data/stored';
import { specFields } from './fields';
import type { TrainSpec } from './fields';

/** A key that means something only in the company of others. */
interface CrossFieldRule {
  readonly key: keyof TrainSpec;
  /** Whether the key may differ from its default. */
  readonly holds: (spec: TrainSpec) => boolean;
  /** What it takes, in words. */
  readonly needs: string;
  /** What there is instead. */
  readonly received: keyof TrainSpec;
}

const optimizerIs = (...names: TrainSpec['optimizer'][]) => (spec: TrainSpec): boolean => names.includes(spec.optimizer);
const scheduleIs = (...names: TrainSpec['schedule'][]) => (spec: TrainSpec): boolean => names.includes(spec.schedule);

const isTable = ({ data }: TrainSpec): boolean => data === 'csv' || data === 'npy';
const dataHasPictures = ({ data }: TrainSpec): boolean => data !== 'csv';
const mayBeShare = (key: 'trainRows' | 'validationRows' | 'testRows'): CrossFieldRule =>
  ({ key, holds: (spec) => isTable(spec) || Number.isInteger(spec[key]), needs: 'data csv or npy, whose rows are shared out (else whole rows),', received: 'data' });

/** Keys that say in parts what `model` says as a whole. */
export const besideModel = ['layers', 'activation', 'norm', 'dropout', 'inputDropout', 'residual'] as const;

const crossFieldRules: readonly CrossFieldRule[] = [
  ...besideModel.map((key): CrossFieldRule => ({
    key, holds: ({ model }) => model === null, needs: 'no model, which describes every layer,', received: 'model',
  })),
  {
    key: 'norm', holds: ({ norm, batchSize }) => norm !== 'batch' || batchSize > 1, received: 'batchSize',
    needs: 'a batchSize of at least 2, as a batch of one row is its own mean,',
  },
  { key: 'initStd', holds: ({ init }) => init === 'normal', needs: 'init normal', received: 'init' },
  { key: 'data', holds: (spec) => !isTable(spec) || spec.dataFile !== null, needs: 'a dataFile', received: 'dataFile' },
  { key: 'dataFile', holds: isTable, needs: 'data csv or npy', received: 'data' },
  { key: 'dataFolder', holds: (spec) => !isTable(spec), needs: 'data of images (a table is a dataFile)', received: 'data' },
  { key: 'target', holds: isTable, needs: 'data csv or npy', received: 'data' },
  { key: 'header', holds: ({ data }) => data === 'csv', needs: 'data csv', received: 'data' },
  { key: 'delimiter', holds: ({ data }) => data === 'csv', needs: 'data csv', received: 'data' },
  { key: 'splitSeed', holds: isTable, needs: 'data csv or npy, whose rows are shared out,', received: 'data' },
  mayBeShare('trainRows'),
  mayBeShare('validationRows'),
  mayBeShare('testRows'),
  { key: 'chunkRows', holds: ({ data }) => data === 'cifar10' || data === 'npy', needs: 'data cifar10 or npy', received: 'data' },
  { key: 'chunkRows', holds: ({ sampling }) => sampling === 'shuffle', needs: 'sampling shuffle', received: 'sampling' },
  {
    key: 'chunkRows', holds: (spec) => spec.chunkRows! >= minChunkRows(spec.batchSize),
    needs: 'four times the batchSize, and 8, at least', received: 'chunkRows',
  },
  { key: 'components', holds: ({ normalization }) => normalization === 'pca', needs: 'normalization pca', received: 'normalization' },
  {
    key: 'whitenEpsilon', holds: ({ normalization }) => normalization === 'pca' || normalization === 'zca',
    needs: 'normalization pca or zca', received: 'normalization',
  },
  { key: 'flip', holds: dataHasPictures, needs: 'data of pictures', received: 'data' },
  { key: 'shift', holds: dataHasPictures, needs: 'data of pictures', received: 'data' },
  { key: 'cutout', holds: dataHasPictures, needs: 'data of pictures', received: 'data' },
  { key: 'momentum', holds: optimizerIs('sgd'), needs: 'optimizer sgd', received: 'optimizer' },
  { key: 'nesterov', holds: ({ momentum }) => momentum > 0, needs: 'a momentum above 0', received: 'momentum' },
  { key: 'beta1', holds: optimizerIs('adam', 'adamw', 'lion'), needs: 'optimizer adam, adamw or lion', received: 'optimizer' },
  { key: 'beta2', holds: optimizerIs('adam', 'adamw', 'lion'), needs: 'optimizer adam, adamw or lion', received: 'optimizer' },
  { key: 'epsilon', holds: optimizerIs('adam', 'adamw', 'rmsprop'), needs: 'optimizer adam, adamw or rmsprop', received: 'optimizer' },
  { key: 'rho', holds: optimizerIs('rmsprop'), needs: 'optimizer rmsprop', received: 'optimizer' },
  {
    key: 'weightDecay', holds: optimizerIs('adamw', 'lion'), received: 'optimizer',
    needs: 'optimizer adamw or lion, whose decay is apart from the gradient (else l2, which is half of PyTorch\'s weight_decay),',
  },
  {
    key: 'l2', holds: (spec) => spec.optimizer !== 'adamw', received: 'optimizer',
    needs: 'an optimizer other than adamw, whose decay is weightDecay,',
  },
  { key: 'l2', holds: ({ weightDecay }) => weightDecay === 0, needs: 'no weightDecay', received: 'weightDecay' },
  { key: 'decayBiases', holds: ({ l2, weightDecay }) => l2 > 0 || weightDecay > 0, needs: 'an l2 or weightDecay above 0', received: 'l2' },
  { key: 'labelSmoothing', holds: ({ loss }) => loss === 'cross-entropy', needs: 'loss cross-entropy', received: 'loss' },
  { key: 'classWeights', holds: ({ loss }) => loss === 'cross-entropy', needs: 'loss cross-entropy', received: 'loss' },
  { key: 'milestones', holds: scheduleIs('step'), needs: 'schedule step', received: 'schedule' },
  { key: 'decay', holds: scheduleIs('exponential', 'step', 'plateau'), needs: 'schedule exponential, step or plateau', received: 'schedule' },
  { key: 'decayEvery', holds: scheduleIs('exponential'), needs: 'schedule exponential', received: 'schedule' },
  { key: 'minLearningRate', holds: scheduleIs('cosine', 'plateau'), needs: 'schedule cosine or plateau', received: 'schedule' },
  {
    key: 'minLearningRate', holds: (spec) => spec.minLearningRate <= spec.learningRate,
    needs: 'no more than the learningRate', received: 'minLearningRate',
  },
  { key: 'warmupSteps', holds: (spec) => spec.schedule !== 'one-cycle', needs: 'a schedule other than one-cycle, which warms up itself,', received: 'schedule' },
  { key: 'patience', holds: scheduleIs('plateau'), needs: 'schedule plateau', received: 'schedule' },
  {
    key: 'schedule', holds: (spec) => spec.schedule !== 'step' || spec.milestones !== null,
    needs: 'milestones', received: 'milestones',
  },
  {
    key: 'schedule', holds: ({ schedule, decay }) => !(schedule === 'step' || schedule === 'plateau') || decay < 1,
    needs: 'a decay below 1', received: 'decay',
  },
  { key: 'precision', holds: ({ dtype }) => dtype === 'float32', needs: 'dtype float32', received: 'dtype' },
  { key: 'overfitBatches', holds: ({ fastDevRun }) => !fastDevRun, needs: 'no fastDevRun, which takes a single batch,', received: 'fastDevRun' },
  { key: 'seeds', holds: ({ seed, seeds }) => seed + seeds <= 2 ** 32, needs: 'a first seed that leaves all below 2^32', received: 'seed' },
];

/** Throws ERR_CONFIG, naming the key, where keys of an otherwise legal spec contradict each other. */
export function checkCrossFieldRules(spec: TrainSpec): void {
  for (const { key, holds, needs, received } of crossFieldRules) {
    if (!isDeepStrictEqual(spec[key], specFields[key].default) && !holds(spec)) {
      throw expected('ERR_CONFIG', needs, key, spec[received], { path: key });
    }
  }
}
