import { expected, nearest } from '../errors';
import { losses } from '../model/losses';
import type { LossName } from '../model/loss';
import { applyChanges } from './spec';
import type { TrainSpec } from './spec';

/** A named spec shipped with blastrain. Keys not given have their defaults. */
export interface Preset {
  readonly summary: string;
  readonly spec: Partial<TrainSpec>;
  /** What differs where numbers are to be predicted, not classes. */
  readonly ofNumbers?: Partial<TrainSpec>;
  /** Whether it is for tables, of which it needs one. */
  readonly isOfTables?: true;
}

/** The split for accuracies to better than ±3 points: 5,000 validation rows and all 10,000 test rows. */
const fineSplit = { trainRows: 45_000, validationRows: 5000, testRows: 10_000 } as const;

/** Weights drawn on all cores at once, which larger nets wait for. The course's preset draws as NumPy does. */
const quickStart = { generator: 'counter' } as const;

/** Common to the speedruns: AdamW with one-cycle schedule and small batches, in bfloat16. */
const sprint = {
  ...fineSplit, ...quickStart, normalization: 'standardize', optimizer: 'adamw', learningRate: 3e-3, weightDecay: 0.05, schedule: 'one-cycle',
  batchSize: 128, precision: 'bfloat16', health: false,
} as const;

/** Pictures as their 320 largest principal components, for the first layer a tenth of the work and three points of accuracy: see docs/experiments.md. */
const whitened = { normalization: 'pca', components: 320, whitenEpsilon: 0.3 } as const;

/** Of fewer rows training begins sooner; 10,000 cost more accuracy than that is worth: docs/benchmarks.md. */
const quicklyWhitened = { ...whitened, whitenRows: 20_000 } as const;

/** Common to the longer speedruns: three layers as in mlp-deep. */
const deepSprint = { ...sprint, activation: 'gelu', norm: 'batch' } as const;
const whitenedSprint = {
  ...deepSprint, ...quicklyWhitened, layers: [320, 1024, 512, 10], flip: true, shift: 1, weightDecay: 0.5, labelSmoothing: 0.1, batchSize: 256,
} as const;

/** Common to the nets with the highest accuracy: augmented by flip and shift. */
const augmented = {
  ...fineSplit, ...quickStart, layers: [3072, 2048, 1024, 512, 10], normalization: 'standardize', activation: 'gelu', norm: 'batch', flip: true,
  labelSmoothing: 0.1, optimizer: 'adamw', learningRate: 2e-3, weightDecay: 0.2, schedule: 'one-cycle', batchSize: 256,
} as const;

/** For tables of any columns: sizes follow from the table, and the best epoch by validation is kept. Chosen on other tables than docs/tables.md quotes. */
const ofTables = {
  ...quickStart, hidden: [256, 256], activation: 'mish', inputScale: true, numericEmbedding: 'pbld', dropout: 0.3, labelSmoothing: 0.1, optimizer: 'adamw',
  learningRate: 2e-3, learningRates: { embedding: 0.1, scale: 6 }, weightDecay: 0.01, schedule: 'one-cycle', emaDecay: 0.95, batchSize: null,
  epochs: 150, restoreBest: true, monitor: 'loss', calibration: 'temperature',
} as const;
const ofNumbers = { hidden: [256, 256, 256], dropout: 0.1, targetScaling: 'standardize' } as const;

/** The shipped presets by name. */
export const presets: Readonly<Record<string, Preset>> = {
  'two-layer-default': {
    summary: 'the course\'s poor defaults: about 29 % validation, and a lesson in why',
    spec: {
      layers: [3072, 50, 10], init: 'normal', initStd: 1e-4, normalization: 'mean-image',
      learningRate: 1e-4, decay: 0.95, decayEvery: 245, l2: 0.25, batchSize: 200, steps: 1000,
      evaluateEvery: 100,
    },
  },
  'two-layer-tuned': {
    summary: 'a two-layer net with better hyper-parameters: about 55 % validation in seconds',
    spec: {
      ...quickStart, layers: [3072, 100, 10], init: 'he', normalization: 'standardize',
      learningRate: 0.03, decay: 0.75, momentum: 0.9, l2: 2e-3, batchSize: 200, epochs: 12,
    },
  },
  'two-layer-wide': {
    summary: 'two layers, 2048 hidden units, input dropout, AdamW one-cycle, no augmentation',
    spec: {
      ...fineSplit, ...quickStart, layers: [3072, 2048, 10], normalization: 'standardize', dropout: 0.5, inputDropout: 0.2,
      labelSmoothing: 0.1, optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.05, schedule: 'one-cycle', batchSize: 256, epochs: 30,
    },
  },
  'mlp-deep': {
    summary: 'four layers with GELU, batch norm and dropout, no augmentation',
    spec: {
      ...fineSplit, ...quickStart, layers: [3072, 2048, 1024, 512, 10], normalization: 'standardize', activation: 'gelu', norm: 'batch', dropout: 0.4,
      inputDropout: 0.2, labelSmoothing: 0.1, optimizer: 'adamw', learningRate: 2e-3, weightDecay: 0.5, schedule: 'one-cycle',
      batchSize: 256, epochs: 80,
    },
  },
  'mlp-augmented': {
    summary: 'the same net on flipped and shifted images',
    spec: { ...augmented, dropout: 0.2, shift: 3, epochs: 60 },
  },
  'mlp-20min': {
    summary: 'the same on whitened images, five times as long in bfloat16: what twenty minutes on two cores allow',
    spec: { ...augmented, ...whitened, layers: [320, 2048, 1024, 512, 10], dropout: 0.3, shift: 4, precision: 'bfloat16', epochs: 300 },
  },
  'speedrun-50': { summary: 'the shortest way to 50 % validation', spec: { ...sprint, layers: [3072, 256, 10], steps: 560 } },
  'speedrun-52': { summary: 'the shortest way to 52 %', spec: { ...sprint, layers: [3072, 256, 10], steps: 780 } },
  'speedrun-55': {
    summary: 'the shortest way to 55 %',
    spec: {
      ...deepSprint, layers: [3072, 512, 256, 10], weightDecay: 0.3, dropout: 0.1, inputDropout: 0.05,
      labelSmoothing: 0.05, batchSize: 192, steps: 740,
    },
  },
  'speedrun-57': { summary: 'the shortest way to 57 %, on whitened images', spec: { ...whitenedSprint, epochs: 3 } },
  table: { summary: 'a table of any columns: blastrain fit, or dataFile=FILE (loss=mse for numbers)', spec: ofTables, ofNumbers, isOfTables: true },
  'table-ensemble': {
    summary: 'an ensemble of 32 nets that share their weights, for a table: more accurate, and slower',
    // Members that differ need less dropout than one net, and with more of it their shared weights learn too slowly.
    spec: { ...ofTables, members: 32, dropout: 0.1, epochs: 120 },
    ofNumbers: { ...ofNumbers, epochs: 60 }, isOfTables: true,
  },
  pictures: {
    summary: 'a folder of pictures: blastrain fit, or data=pictures dataFolder=FOLDER',
    spec: {
      ...quickStart, hidden: [1024, 512], normalization: 'standardize-channel', shift: 2, activation: 'gelu', norm: 'batch', dropout: 0.3, inputDropout: 0.1,
      labelSmoothing: 0.1, optimizer: 'adamw', learningRate: 2e-3, weightDecay: 0.2, schedule: 'one-cycle', batchSize: null, epochs: 60,
      restoreBest: true, monitor: 'loss', calibration: 'temperature',
    },
  },
  'speedrun-60': { summary: 'the shortest way to 60 %', spec: { ...whitenedSprint, epochs: 5 } },
};

/**
 * A preset with changes: the keys that it has for the loss of the changes, if one is among them. Throws ERR_CONFIG for an unknown preset, and where one for
 * tables is given no table: it would train on pictures.
 */
export function changedPreset(name: string, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (lacksTable(name, changes)) {
    throw expected('ERR_CONFIG', `the path of a table, which the preset ${name} is for,`, 'dataFile', null, { path: 'dataFile' });
  }
  return applyChanges({ ...presetFor(name, changes['loss']) }, changes);
}

/** Whether a preset for tables is given none. Throws ERR_CONFIG for an unknown preset. */
export function lacksTable(name: string, changes: Readonly<Record<string, unknown>>): boolean {
  return findPreset(name).isOfTables === true && (changes['dataFile'] ?? null) === null && changes['data'] === undefined;
}

/** The preset of that name. Throws ERR_CONFIG, naming the nearest, when there is none. */
export function findPreset(name: string): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset !== undefined) return preset;
  const names = Object.keys(presets);
  const suggestion = nearest(name, names);
  throw expected(
    'ERR_CONFIG',
    `a preset (${names.join(', ')}) or a spec file${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`,
    'the run',
    name,
    { path: name },
  );
}

/**
 * The keys of a preset with a loss: those for numbers where it predicts no classes, less those that this loss has not, such as label smoothing for
 * numbers. Without a loss, or with an unknown one, which `parseSpec` refuses, as the preset is. Throws ERR_CONFIG for a preset that is not there.
 */
export function presetFor(name: string, loss: unknown): Partial<TrainSpec> {
  const { spec, ofNumbers } = findPreset(name);
  if (!isLoss(loss)) return spec;
  const { options, predicts } = losses[loss];
  const others = Object.values(losses).flatMap((other) => Object.keys(other.options)).filter((option) => !Object.hasOwn(options, option));
  const keys = Object.entries({ ...spec, ...(predicts !== 'classes' && ofNumbers) });
  return { ...Object.fromEntries(keys.filter(([key]) => !others.includes(key))), loss };
}

function isLoss(name: unknown): name is LossName {
  return typeof name === 'string' && Object.hasOwn(losses, name);
}
