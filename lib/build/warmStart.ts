import { BlastrainError, expected, toPlain } from '../errors';
import type { Kernels } from '../kernels/contract';
import { alignColumns, alignLabels, refuseMissing } from '../data/columns/align';
import type { Dataset, StoredDataset } from '../data/dataset';
import { featureSizeOf, inputLayoutOf } from '../data/normalize/transform';
import { losses } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { trainedSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import type { CheckpointFacts } from '../train/checkpointShape';
import { parametersDigest } from '../train/finalScores';
import type { StartingModel, TrainedModel } from '../train/modelFile';
import { buildModel, modelSizes } from './buildModel';
import type { StartingPoint, TrainingData } from './buildTraining';

/** A training that starts from a trained model: what it takes over, and how its spec and rows look from there. */
export interface WarmStart extends StartingPoint {
  /** The training's spec; where the last layer begins anew, its size is that of the data. */
  readonly spec: TrainSpec;
  /** The rows, with the model's columns and, where its last layer is kept, its classes and targets. */
  readonly data: TrainingData;
  readonly source: StartingModel;
}

/** Keys that say what features become. */
const ofInputs = ['normalization', 'oneHot', 'components', 'whitenEpsilon', 'whitenRows', 'dtype'] as const;

/**
 * Prepares a training of `given` that starts from a trained model. Columns are matched by name. The last layer is kept where the rows have no
 * classes or targets that the model lacks; their labels then count as its classes. Throws ERR_DATA for columns that are missing, ERR_CONFIG for keys
 * that would make other inputs of the features, ERR_SHAPE.
 */
export function warmStart(given: TrainSpec, data: TrainingData, trained: TrainedModel, kernels: Kernels): WarmStart {
  const { facts, normalization, source: name, step } = trained;
  const own = trainedSpec(trained);
  for (const key of ofInputs) {
    if (given[key] !== own[key]) throw expected('ERR_CONFIG', `${String(own[key])}, as the model that the training starts from has,`, key, given[key], { path: key });
  }
  const model = buildModel(own, { ...facts, inputLayout: inputLayoutOf(normalization) }, kernels, 1);
  trained.restore(model);
  const { rows, keepsLastLayer: knows } = matchRows(data, facts, losses[given.loss].predicts === losses[own.loss].predicts);
  const featureSize = featureSizeOf(normalization);
  const keepsLastLayer = knows && modelSizes(given, rows.train, normalization).outputSize === facts.outputSize;
  if (rows.train.featureSize !== featureSize) throw expected('ERR_SHAPE', `${String(featureSize)} features per row, as the model that the training starts from has,`, name, rows.train.featureSize);
  if (!('columns' in normalization)) for (const some of [rows.train, rows.validation]) refuseMissing(some);
  return {
    spec: keepsLastLayer ? given : withOutputs(given, own, rows.train),
    data: rows,
    normalization,
    targetScale: keepsLastLayer && given.targetScaling === own.targetScaling ? facts.targetScale : undefined,
    restore: (into) => { copyParameters(model, into, keepsLastLayer); },
    source: { parametersDigest: parametersDigest(model.arena.values), dataDigest: facts.dataDigest, step, keepsLastLayer },
  };
}

/** The rows as a training from the model sees them, and whether it knows all their classes or targets. */
export function matchRows(
  data: TrainingData, { columns, classNames, targetNames }: Pick<CheckpointFacts, 'columns' | 'classNames' | 'targetNames'>, predictsAlike = true,
): { readonly rows: TrainingData; readonly keepsLastLayer: boolean } {
  const each = (of: (rows: Dataset | StoredDataset) => Dataset | StoredDataset, { train, validation, origin }: TrainingData): TrainingData =>
    ({ train: of(train), validation: of(validation), origin });
  const rows = columns === undefined ? data : each((some) => alignColumns(some, columns), data);
  const isRegression = rows.train.targets !== undefined;
  const { targetNames: others } = rows.train;
  const fits = predictsAlike && isRegression === (classNames.length === 0) && (isRegression
    ? targetNames === undefined || others === undefined || String([...targetNames].sort()) === String([...others].sort())
    : classNames.length >= rows.train.classNames.length);
  if (!fits) return { rows, keepsLastLayer: false };
  try {
    const aligned = each((some) => alignLabels(some, { classNames, targetNames }), rows);
    return { rows: aligned, keepsLastLayer: true };
  } catch (error) {
    if (toPlain(error).code !== 'ERR_DATA') throw error;
    return { rows, keepsLastLayer: false };
  }
}

/** The spec with as many outputs as the data need, where its layers are those of the trained model. */
function withOutputs(spec: TrainSpec, own: TrainSpec, { targets, size, classNames }: Dataset | StoredDataset): TrainSpec {
  if (spec.model !== null || spec.hidden !== null || String(spec.layers) !== String(own.layers)) return spec;
  const outputs = targets === undefined ? classNames.length : targets.length / size;
  return { ...spec, layers: [...spec.layers.slice(0, -1), outputs] };
}

/** Copies parameters and buffers of all layers, or of all but the last one with parameters. */
function copyParameters(from: Sequential, into: Sequential, withLast: boolean): void {
  const shown = (shape: readonly number[] | undefined): string => (shape === undefined ? 'none' : `[${shape.join(', ')}]`);
  const namesOf = ({ layers }: Sequential): string[] => {
    const copied = withLast ? layers : layers.slice(0, layers.findLastIndex(({ parameterSpecs }) => parameterSpecs.length > 0));
    return copied.flatMap(({ parameterSpecs }) => parameterSpecs.map(({ name }) => name));
  };
  for (const name of new Set([...namesOf(into), ...namesOf(from)])) {
    const [source, target] = [from, into].map(({ arena }) => arena.find(name));
    if (shown(source?.shape) !== shown(target?.shape)) {
      throw new BlastrainError('ERR_SHAPE', `Expected shape ${shown(source?.shape)} for ${name}, as the model that the training starts from has, but received ${shown(target?.shape)}`);
    }
    target!.value.set(source!.value);
  }
  for (const { name, value } of into.buffers) {
    const source = from.buffers.find((buffer) => buffer.name === name);
    if (source?.value.length === value.length) value.set(source.value);
  }
}
