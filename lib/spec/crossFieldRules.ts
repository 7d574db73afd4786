import { expected } from '../errors';
import { anyOf, kindsWith } from '../fields';
import type { Kinds } from '../fields';
import type { LayerDescription } from '../model/layers';
import { losses } from '../model/losses';
import { optimizers } from '../optim/optimizers';
import { schedules, scheduleRequirements } from '../optim/scheduleKinds';
import { dataSources, isTable } from '../data/sourceKinds';
import type { DataName } from '../data/sourceKinds';
import { minChunkRows } from '../data/stored';
import { metricsOf } from '../train/scoring';
import { specFields } from './fields';
import type { TrainSpec } from './fields';

/** A cross-field rule: a key that may differ from its default only with certain values of other keys. */
interface CrossFieldRule {
  readonly key: keyof TrainSpec;
  /** Whether the key may differ from its default. */
  readonly holds: (spec: TrainSpec) => boolean;
  /** The requirement in words, for the error message. */
  readonly needs: string;
  /** The key whose value violates it. */
  readonly received: keyof TrainSpec;
}

const isOwn = ({ data }: TrainSpec): boolean => dataSources[data].isOwn;
const ownData = anyOf(Object.keys(dataSources).filter((name) => dataSources[name as DataName].isOwn));

/** Additions to the requirement in the error message of an option. */
const hints: Readonly<Partial<Record<keyof TrainSpec, string>>> = {
  dataFolder: ' (a table is a dataFile)',
  splitSeed: ', whose rows are shared out,',
  weightDecay: ', whose decay is apart from the gradient (else l2, which is half of PyTorch\'s weight_decay),',
  l2: ' (the decay of adamw is weightDecay)',
  warmupSteps: ' (one-cycle and coslog4 warm up by themselves)',
};

/** A rule for each option that does not apply to all kinds: the value of `key` has to be a kind that has it. */
function optionRules(key: 'data' | 'loss' | 'optimizer' | 'schedule', kinds: Kinds): CrossFieldRule[] {
  const names = Object.keys(kinds);
  const options = [...new Set(names.flatMap((name) => Object.keys(kinds[name]!.options)))] as (keyof TrainSpec)[];
  return options.flatMap((option): CrossFieldRule[] => {
    const allowedKinds = kindsWith(kinds, option);
    if (allowedKinds.length === names.length) return [];
    return [{ key: option, holds: (spec) => Object.hasOwn(kinds[spec[key]]!.options, option), needs: `${key} ${anyOf(allowedKinds)}${hints[option] ?? ''}`, received: key }];
  });
}

/** A number of rows may be a share below 1 only of data whose rows are shared out. */
const shareRule = (key: 'trainRows' | 'validationRows' | 'testRows'): CrossFieldRule =>
  ({ key, holds: (spec) => isOwn(spec) || Number.isInteger(spec[key]), needs: `data ${ownData}, whose rows are shared out (else whole rows),`, received: 'data' });

/** Keys that describe the model where `model` is null, and are not allowed with it. */
export const keysOfModel = [
  'layers', 'hidden', 'activation', 'parametricActivation', 'norm', 'numericEmbedding', 'embeddingSize', 'dropout', 'inputDropout', 'inputScale', 'residual', 'parametrization', 'members',
] as const;

const hasHiddenLayer = ({ hidden, layers }: TrainSpec): boolean => (hidden === null ? layers.length > 2 : hidden.length > 0);

const crossFieldRules: readonly CrossFieldRule[] = [
  ...keysOfModel.map((key): CrossFieldRule => ({
    key, holds: ({ model }) => model === null, needs: 'no model, which describes every layer,', received: 'model',
  })),
  { key: 'moduleDigest', holds: ({ module }) => module !== null, needs: 'a module', received: 'module' },
  { key: 'parametrization', holds: ({ members }) => members === null, needs: 'no members, whose layers have the standard one,', received: 'members' },
  { key: 'layers', holds: ({ hidden }) => hidden === null, needs: 'no hidden, which stands in its place,', received: 'hidden' },
  {
    key: 'norm', holds: ({ norm, batchSize }) => norm !== 'batch' || batchSize === null || batchSize > 1, received: 'batchSize',
    needs: 'a batchSize of at least 2, as a batch of one row is its own mean,',
  },
  {
    key: 'shards', holds: ({ shards, batchSize }) => batchSize === null || batchSize % shards! === 0, received: 'batchSize',
    needs: 'a batchSize that they divide',
  },
  ...(['evaluateEvery', 'keepEvery', 'steps'] as const).map((key): CrossFieldRule => ({
    key: 'localSteps', holds: (spec) => (spec[key] ?? 0) % spec.localSteps! === 0, received: key, needs: `a multiple of it as ${key}`,
  })),
  { key: 'localSteps', holds: ({ shardSums }) => shardSums === 'exact', needs: 'shardSums exact', received: 'shardSums' },
  { key: 'shardSums', holds: ({ dtype, shardSums }) => dtype === 'float32' || shardSums === 'exact', needs: 'dtype float32', received: 'dtype' },
  {
    key: 'shards', holds: ({ norm, shards, batchSize }) => norm !== 'batch' || batchSize === null || batchSize > shards!, received: 'batchSize',
    needs: 'a batchSize of at least 2 rows each, with batch normalisation,',
  },
  { key: 'parametricActivation', holds: hasHiddenLayer, needs: 'a hidden layer', received: 'layers' },
  { key: 'members', holds: hasHiddenLayer, needs: 'a hidden layer, whose weights they share,', received: 'layers' },
  { key: 'embeddingSize', holds: ({ oneHot }) => oneHot !== null, needs: 'a number of names oneHot, beyond which categories are embedded,', received: 'oneHot' },
  { key: 'initStd', holds: ({ init }) => init === 'normal', needs: 'init normal', received: 'init' },
  { key: 'data', holds: (spec) => !isTable(spec.data) || spec.dataFile !== null, needs: 'a dataFile', received: 'dataFile' },
  { key: 'data', holds: (spec) => spec.data !== 'pictures' || spec.dataFolder !== null, needs: 'a dataFolder', received: 'dataFolder' },
  { key: 'loss', holds: ({ data, loss }) => data !== 'pictures' || losses[loss].predicts === 'classes', needs: 'another data than pictures, whose folders are classes,', received: 'data' },
  ...optionRules('data', dataSources),
  shareRule('trainRows'),
  shareRule('validationRows'),
  shareRule('testRows'),
  { key: 'stratify', holds: ({ loss }) => losses[loss].predicts === 'classes', needs: 'a loss of classes, whose shares are kept,', received: 'loss' },
  ...(['stratify', 'groupColumn', 'timeColumn', 'splitSeed', 'trainRows', 'validationRows', 'testRows'] as const).map((key): CrossFieldRule => ({
    key, holds: ({ splitColumn }) => splitColumn === null, needs: 'no splitColumn, which says of each row where it belongs,', received: 'splitColumn',
  })),
  ...(['stratify', 'groupColumn', 'splitSeed'] as const).map((key): CrossFieldRule => ({
    key, holds: ({ timeColumn }) => timeColumn === null, needs: 'no timeColumn, by which rows are shared out,', received: 'timeColumn',
  })),
  { key: 'chunkRows', holds: ({ sampling }) => sampling === 'shuffle', needs: 'sampling shuffle', received: 'sampling' },
  {
    key: 'chunkRows', holds: (spec) => spec.chunkRows! >= minChunkRows(spec.batchSize ?? 1),
    needs: 'four times the batchSize, and 8, at least', received: 'chunkRows',
  },
  { key: 'components', holds: ({ normalization }) => normalization === 'pca', needs: 'normalization pca', received: 'normalization' },
  ...(['whitenEpsilon', 'whitenRows'] as const).map((key): CrossFieldRule => ({
    key, holds: ({ normalization }) => normalization === 'pca' || normalization === 'zca', needs: 'normalization pca or zca', received: 'normalization',
  })),
  ...optionRules('loss', losses),
  { key: 'weightColumn', holds: ({ mixup }) => mixup === 0, needs: 'no mixup, which would mix rows of different weights,', received: 'mixup' },
  {
    key: 'monitor', holds: ({ loss, monitor }) => Object.hasOwn(metricsOf(losses[loss].predicts), monitor!), received: 'loss',
    needs: 'a loss whose model has that metric',
  },
  {
    key: 'minDelta', holds: ({ earlyStopping, schedule }) => earlyStopping !== null || schedule === 'plateau', received: 'earlyStopping',
    needs: 'earlyStopping or schedule plateau, which go by it,',
  },
  ...optionRules('optimizer', optimizers),
  { key: 'nesterov', holds: ({ momentum }) => momentum > 0, needs: 'a momentum above 0', received: 'momentum' },
  { key: 'l2', holds: ({ weightDecay }) => weightDecay === 0, needs: 'no weightDecay', received: 'weightDecay' },
  { key: 'decayBiases', holds: ({ l2, weightDecay }) => l2 > 0 || weightDecay > 0, needs: 'an l2 or weightDecay above 0', received: 'l2' },
  { key: 'weightDecays', holds: ({ l2, weightDecay }) => l2 > 0 || weightDecay > 0, needs: 'an l2 or weightDecay above 0', received: 'l2' },
  ...optionRules('schedule', schedules),
  {
    key: 'minLearningRate', holds: (spec) => spec.minLearningRate <= spec.learningRate,
    needs: 'no more than the learningRate', received: 'minLearningRate',
  },
  {
    key: 'dropoutSchedule', holds: ({ dropout, inputDropout, model }) => dropout > 0 || inputDropout > 0 || (model !== null && drops(model)),
    needs: 'a dropout or inputDropout above 0, or a model with dropout,', received: 'dropout',
  },
  { key: 'weightDecaySchedule', holds: ({ weightDecay }) => weightDecay > 0, needs: 'a weightDecay above 0', received: 'weightDecay' },
  { key: 'precision', holds: ({ dtype }) => dtype === 'float32', needs: 'dtype float32', received: 'dtype' },
  { key: 'overfitBatches', holds: ({ fastDevRun }) => !fastDevRun, needs: 'no fastDevRun, which takes a single batch,', received: 'fastDevRun' },
  { key: 'seeds', holds: ({ seed, seeds }) => seed + seeds <= 2 ** 32, needs: 'a first seed that leaves all below 2^32', received: 'seed' },
];

/** Whether layers, or layers within them, have a rate of dropout above 0. */
function drops(model: readonly LayerDescription[]): boolean {
  return model.some((layer) => (layer.type === 'dropout' && layer.rate > 0) || ('dropout' in layer && layer.dropout > 0) ||
    ('layers' in layer && drops(layer.layers)));
}

/** Throws ERR_CONFIG, naming the key, where keys of an otherwise valid spec contradict each other. */
export function checkCrossFieldRules(spec: TrainSpec): void {
  for (const { key, holds, needs, received } of crossFieldRules) {
    if (JSON.stringify(spec[key]) !== JSON.stringify(specFields[key].default) && !holds(spec)) {
      throw expected('ERR_CONFIG', needs, key, spec[received], { path: key });
    }
  }
  for (const { option, what, holds } of scheduleRequirements(spec.schedule)) {
    if (!holds(spec)) throw expected('ERR_CONFIG', what, 'schedule', spec[option], { path: 'schedule' });
  }
}
