import { BlastrainError, expected, nearest, toPlain } from '../errors';
import { fileError } from '../files';
import type { Precision } from '../kernels/contract';
import type { Rows } from '../data/dataset';
import { dataSources, sourceOf } from '../data/sourceKinds';
import type { DataRequest } from '../data/sources';
import { maxBatchOfChunks } from '../data/stored';
import { parseNumber } from '../numbers';
import { checkDescription } from '../model/checkDescription';
import { losses } from '../model/losses';
import type { Predicts } from '../model/losses';
import { maxNumbers, tooManyParameters } from '../model/size';
import { keysOfModel, checkCrossFieldRules } from './crossFieldRules';
import { divisionsOfShards, specFields } from './fields';
import { digestOfModule } from './modules';
import type { Checkpoint } from '../train/checkpoint';
import type { Field } from '../fields';
import type { GivenSpec, TrainSpec } from './fields';

export { layerHelp } from '../model/layers';
export { specFields } from './fields';
export type { GivenSpec, TrainSpec } from './fields';

/** Names of keys in other frameworks, for suggestions in error messages. */
const synonyms: Readonly<Record<string, keyof TrainSpec>> = {
  lr: 'learningRate', alpha: 'learningRate', eta: 'learningRate', lambda: 'l2', reg: 'l2', wd: 'weightDecay',
  sizes: 'layers', batch: 'batchSize', iterations: 'steps', learningRateDecay: 'decay',
  dataset: 'data', normalize: 'normalization', std: 'initStd', mu: 'momentum',
  criterion: 'loss', smoothing: 'labelSmoothing', optim: 'optimizer', optimiser: 'optimizer', scheduler: 'schedule',
  betas: 'beta1', eps: 'epsilon', gamma: 'decay', clip: 'clipNorm', clipGradNorm: 'clipNorm', gradientClip: 'clipNorm',
  maxGradNorm: 'clipNorm', accumulateGradBatches: 'accumulate', gradientAccumulation: 'accumulate', ema: 'emaDecay',
  warmup: 'warmupSteps', minLr: 'minLearningRate', etaMin: 'minLearningRate', maxLr: 'learningRate',
};

/**
 * Checks a spec and fills in the defaults; `data` follows from the name of a `dataFile`, and of a table or pictures `hidden`, the length of training and
 * that the batch follows from the rows need not be said. Ignores the key `record`, information for readers of a run's spec.json. Throws ERR_CONFIG with
 * details.path for an unknown key (naming the nearest) or an invalid value, ERR_SHAPE for layers with more parameters than kernels can
 * index.
 */
export function parseSpec(input: unknown): TrainSpec {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw expected('ERR_CONFIG', 'an object', 'the spec', input);
  }
  const spec: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(specFields)) spec[key] = field.default;
  // First, as what a spec without its module has to say of its parts would be that they are unknown.
  const { module = null, moduleDigest = null } = input as Partial<TrainSpec>;
  if (typeof module === 'string' && (moduleDigest === null || typeof moduleDigest === 'string')) input = { ...input, moduleDigest: digestOfModule({ module, moduleDigest }) };
  for (const [key, value] of Object.entries(input as object)) {
    if (key === 'record' || value === undefined) continue;
    const field = fieldOf(key);
    if (!field.accepts(value)) throw expected('ERR_CONFIG', field.what, key, value, { path: key });
    // Descriptions of models have yet to be checked: they could hold themselves.
    spec[key] = key === 'model' ? value : withPositiveZeros(value);
  }
  const parsed = spec as unknown as TrainSpec;
  const given = input as Partial<TrainSpec>;
  if (given.data === undefined && parsed.dataFile !== null) parsed.data = sourceOf(parsed.dataFile);
  if (dataSources[parsed.data].isOwn) fillForOwnData(parsed, given);
  if ((parsed.steps === null) === (parsed.epochs === null)) {
    throw expected('ERR_CONFIG', 'either steps or epochs', 'the length of training', parsed.steps === null ? 'neither' : 'both', {
      path: 'steps',
    });
  }
  if (parsed.shards !== null) parsed.divisions ??= divisionsOfShards;
  if (parsed.model !== null) {
    checkDescription(parsed.model, 'model');
    parsed.model = withPositiveZeros(parsed.model) as TrainSpec['model'];
  }
  checkCrossFieldRules(parsed);
  if (parsed.model === null && parsed.hidden === null) refuseUncountable(parsed.layers);
  return parsed;
}

/** What holds for a user's table, or pictures, whose spec does not say it. */
const ofOwnData = { hidden: [256, 256], batchSize: null, epochs: 60 } as const;

/** Fills in for a user's data what the defaults for CIFAR-10 are wrong for. */
function fillForOwnData(spec: TrainSpec, { layers, hidden, model, batchSize, stratify }: Partial<TrainSpec>): void {
  if (layers === undefined && hidden === undefined && (model ?? null) === null) spec.hidden = ofOwnData.hidden;
  if (batchSize === undefined) spec.batchSize = ofOwnData.batchSize;
  if (spec.steps === null && spec.epochs === null) spec.epochs = ofOwnData.epochs;
  if (spec.data === 'pictures' && stratify === undefined) spec.stratify = true;
}

/**
 * The spec of a training on rows that the caller passes: where the defaults for CIFAR-10 do not fit them, and the spec says nothing, layers, batch and length are those for a
 * user's table.
 */
export function specForRows(given: GivenSpec, { size, featureSize, classNames }: Rows): GivenSpec {
  const { layers, hidden, model, batchSize, steps, epochs } = given;
  const isAsDefault = featureSize === 3072 && classNames.length === 10;
  return {
    ...given,
    ...(layers === undefined && hidden === undefined && (model ?? null) === null && !isAsDefault && { hidden: ofOwnData.hidden }),
    ...(batchSize === undefined && size < (specFields.batchSize.default as number) && { batchSize: ofOwnData.batchSize }),
    ...((steps ?? null) === null && (epochs ?? null) === null && { epochs: ofOwnData.epochs }),
  };
}

/** A value with 0 in place of −0, also within lists and objects: JSON writes −0 as 0, and a spec has to be the same when read back. */
function withPositiveZeros(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withPositiveZeros);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPositiveZeros(item)]));
}

/** Throws ERR_SHAPE for layers with more parameters than kernels can index, before data are loaded. */
function refuseUncountable(layers: readonly number[]): void {
  const parameters = layers.reduce((sum, outputs, i) => sum + (i === 0 ? 0 : (layers[i - 1]! + 1) * outputs), 0);
  if (parameters > maxNumbers) throw tooManyParameters(parameters, 'layers');
}

/** The spec in a checkpoint. Throws ERR_CHECKPOINT, naming the checkpoint, for an invalid one. */
export function trainedSpec({ facts, source }: Pick<Checkpoint, 'facts' | 'source'>): TrainSpec {
  try {
    return parseSpec(facts.spec);
  } catch (error) {
    const { code, message } = toPlain(error);
    throw fileError('ERR_CHECKPOINT', 'the spec of a run', source, `one that is refused: ${message} [${code}]`);
  }
}

/**
 * A spec with `key=value` settings applied. A value is read as JSON, as comma-separated numbers or texts for a list, as a number in other notations
 * (.1, 1., +0.1) or as plain text: the first of these that the key accepts. Throws ERR_CONFIG for an unknown key.
 */
export function applySettings(base: Readonly<Record<string, unknown>>, settings: readonly string[]): Record<string, unknown> {
  return applyChanges(base, Object.fromEntries(settings.map((setting) => {
    const equals = setting.indexOf('=');
    if (equals <= 0) throw expected('ERR_CONFIG', 'key=value', '--set', setting);
    const key = setting.slice(0, equals);
    return [key, readValue(setting.slice(equals + 1), fieldOf(key))];
  })));
}

/**
 * A spec with changes applied. `epochs` replaces `steps` and vice versa, and so do `model` and the keys that describe it. Throws
 * ERR_CONFIG for an unknown key.
 */
export function applyChanges(base: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [key] of given) fieldOf(key);
  const spec: Record<string, unknown> = { ...base, ...Object.fromEntries(given) };
  const set = new Set(given.map(([key]) => key));
  if (set.has('epochs') && !set.has('steps')) delete spec['steps'];
  if (set.has('steps') && !set.has('epochs')) delete spec['epochs'];
  if ((set.has('layers') || set.has('hidden')) && !set.has('model')) delete spec['model'];
  if (set.has('layers') && !set.has('hidden')) delete spec['hidden'];
  if (set.has('hidden') && !set.has('layers')) delete spec['layers'];
  if (set.has('model')) for (const key of keysOfModel) if (!set.has(key)) Reflect.deleteProperty(spec, key);
  return spec;
}

function readValue(text: string, { accepts, list = false }: Field): unknown {
  const json = jsonOf(text);
  const parts = list ? text.split(',') : [];
  const readings = [...json, ...(list ? [parts.map(parseNumber), parts] : []), parseNumber(text), text];
  const accepted = readings.findIndex(accepts);
  return accepted >= 0 ? readings[accepted] : json.length > 0 ? json[0] : text;
}

/** The value of a JSON text, in a list; an empty list for other text. */
function jsonOf(text: string): unknown[] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return [];
  }
}

function fieldOf(key: string): Field {
  if (Object.hasOwn(specFields, key)) return specFields[key as keyof TrainSpec];
  const names = Object.keys(specFields);
  const suggestion = synonyms[key] ?? nearest(key, names);
  throw new BlastrainError(
    'ERR_CONFIG',
    `Expected a key of the spec${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`} for '${key}' but received an unknown name`,
    { path: key, nearest: suggestion ?? null },
  );
}

/** A spec whose batch size is settled. */
export type SizedSpec = TrainSpec & { readonly batchSize: number };

/** The largest batch that follows from a number of rows, and about how many batches an epoch is to have at least. */
const largestBatch = 256;
const smallestBatch = 16;
const batchesPerEpoch = 8;

/**
 * The spec with a batch size. One that follows from the training rows is the largest power of two that gives an epoch eight batches, from
 * 16 to 256, but all rows where there are fewer, and at most a quarter of `chunkRows`; with shards a multiple of these.
 */
export function withBatchSize(spec: TrainSpec, trainRows: number): SizedSpec {
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, trainRows / batchesPerEpoch)));
  // A batch has to lie in as few shards of the rows on disk as are in memory.
  const most = spec.chunkRows === null ? trainRows : Math.min(trainRows, maxBatchOfChunks(spec.chunkRows));
  const shards = spec.shards ?? 1;
  const size = Math.max(shards, Math.min(most, Math.max(smallestBatch, Math.min(largestBatch, fitting))));
  return { ...spec, batchSize: spec.batchSize ?? size - (size % shards) };
}

/** Rows that are computed together in training: a batch, or the part of it that is a shard. */
export function rowsAtOnce({ batchSize, shards }: SizedSpec): number {
  return batchSize / (shards ?? 1);
}

/** The precision of the spec's kernels. */
export function precisionOf({ dtype, precision }: TrainSpec): Precision {
  return precision === 'bfloat16' ? precision : dtype;
}

/** What the targets of such a model are. */
function numericTargetsOf(predicts: Predicts): NonNullable<DataRequest['numericTargets']> {
  return predicts === 'labels' ? 'labels' : predicts === 'rates' ? 'counts' : predicts !== 'classes';
}

/** The spec's request to the data loaders. */
export function dataRequest(spec: TrainSpec): DataRequest {
  const { stratify, groupColumn, timeColumn, splitColumn } = spec;
  const { data, dataFolder, dataFile, target, weightColumn, header, delimiter, encoding, columns, loss, splitSeed, chunkRows, trainRows, validationRows, testRows } = spec;
  const { imageSize, imageFit, grey, skipDamaged } = spec;
  return {
    name: data,
    ...(dataFolder === null ? {} : { folder: dataFolder }),
    ...(dataFile === null ? {} : { file: dataFile }),
    ...(target === null ? {} : { target }),
    ...(weightColumn === null ? {} : { weightColumn }),
    ...(header === null ? {} : { header }),
    ...(encoding === null ? {} : { encoding }),
    ...(delimiter === null ? {} : { delimiter: delimiter === 'tab' ? '\t' : delimiter }),
    ...(columns === null ? {} : { columns }),
    ...(chunkRows === null ? {} : { chunkRows }),
    numericTargets: numericTargetsOf(losses[loss].predicts),
    splitSeed,
    stratify,
    ...(data === 'pictures' && { imageFit, grey, skipDamaged, ...(imageSize === null ? {} : { imageSize }) }),
    ...(groupColumn === null ? {} : { groupColumn }),
    ...(timeColumn === null ? {} : { timeColumn }),
    ...(splitColumn === null ? {} : { splitColumn }),
    sizes: {
      ...(trainRows === null ? {} : { train: trainRows }),
      ...(validationRows === null ? {} : { validation: validationRows }),
      ...(testRows === null ? {} : { test: testRows }),
    },
  };
}
