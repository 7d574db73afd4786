import { parseJson } from '../files';
import { checkShape, count, listOf, nullOr, number, numberOrNaN, objectOf, oneOf, optional } from '../files/shape';
import type { FloatArray } from '../kernels/contract';
import { featureSizeOf, inputSizeOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';
import { stateKeys } from '../model/stateKeys';
import { toBfloat16 } from './bfloat16';
import { copyTensor, normalizationOf, readCheckpoint, realNumbers, restoreModel, restoreNormalization } from './checkpoint';
import { factsShape } from './checkpointShape';
import type { CheckpointFacts } from './checkpointShape';
import { decodeTensors, tensorChunks } from './safetensors';
import type { Tensor, TensorArray, TensorFile } from './safetensors';

const formatVersion = 1;

/** What the best evaluation of a training found on the validation rows, and after which step. */
export interface ModelMetrics {
  readonly step: number;
  /** NaN where the training had no validation rows. */
  readonly loss: number;
  /** Of classes and labels. */
  readonly accuracy?: number | undefined;
}

/** What is known of a trained model beside its parameters. */
export interface ModelFacts {
  readonly facts: CheckpointFacts;
  /** Number of steps that it was trained for. */
  readonly step: number;
  /** Null where it was not evaluated. */
  readonly metrics: ModelMetrics | null;
  readonly normalization: Normalization;
}

/** A trained model as read from a checkpoint or a model file. */
export interface TrainedModel extends ModelFacts {
  /** Where it was read from, for error messages. */
  readonly source: string;
  /** Copies parameters and buffers into a model. Throws ERR_CHECKPOINT where one is missing or has another shape. */
  readonly restore: (model: Sequential) => void;
}

/** The model that a training started from. */
export interface StartingModel {
  /** SHA-256 of its parameters. */
  readonly parametersDigest: string;
  readonly dataDigest: string;
  /** Number of steps that it was trained for. */
  readonly step: number;
  /** False where the classes or targets are others, so that the last layer begins anew. */
  readonly keepsLastLayer: boolean;
}

/** How the numbers of a model file are stored: as they are, rounded to float32, or parameters rounded to bfloat16. */
export type StoredDtype = 'float32' | 'bfloat16';

/** The entry `blastrain` of a model file's metadata. Arrays are lists of numbers, which JSON holds to the bit. */
interface StoredFacts {
  readonly version: number;
  readonly facts: CheckpointFacts;
  readonly step: number;
  readonly metrics: ModelMetrics | null;
  /** Null where `facts.encoding` says it all; the matrix of a whitening is the tensor `normalization.matrix`. */
  readonly normalization: { readonly dtype: 'float32' | 'float64'; readonly arrays: Readonly<Partial<Record<ArrayName, readonly number[]>>> } | null;
}

type ArrayName = 'scale' | 'shift' | 'mean' | 'std';
const matrixKey = 'normalization.matrix';
const numbers = optional(listOf(number));
const storedShape = objectOf<StoredFacts>({
  version: oneOf(formatVersion),
  facts: factsShape,
  step: count,
  metrics: nullOr(objectOf<ModelMetrics>({ step: count, loss: numberOrNaN, accuracy: optional(number) })),
  normalization: nullOr(objectOf<NonNullable<StoredFacts['normalization']>>({
    dtype: oneOf('float32', 'float64'), arrays: objectOf({ scale: numbers, shift: numbers, mean: numbers, std: numbers }) as never,
  })),
});

/** Reads a checkpoint or a model file. Throws ERR_CHECKPOINT, naming `source`, for damaged bytes and for a file of another program. */
export function decodeTrained(bytes: Uint8Array, source: string): TrainedModel {
  const file = decodeTensors(bytes, source);
  if (file.metadata['blastrain'] !== undefined) return readModelFile(file, file.metadata['blastrain'], source);
  const checkpoint = readCheckpoint(file, source);
  const { facts, progress: { step, best } } = checkpoint;
  return {
    source, facts, step, normalization: restoreNormalization(checkpoint),
    metrics: best && { step: best.step, loss: best.valLoss, ...(Number.isFinite(best.valAccuracy) && { accuracy: best.valAccuracy }) },
    restore: (model) => { restoreModel(checkpoint, model); },
  };
}

function readModelFile({ tensors }: TensorFile, json: string, source: string): TrainedModel {
  const name = { file: `the description in ${source}`, code: 'ERR_CHECKPOINT' } as const;
  const { facts, step, metrics, normalization: stored } = checkShape(parseJson(json, name), storedShape, name);
  const matrix = tensors.get(matrixKey);
  const normalization = normalizationOf((array) => {
    if (array === 'matrix') return matrix && realNumbers(matrix.data)?.slice();
    const list = stored?.arrays[array];
    return list && (stored.dtype === 'float32' && (array === 'scale' || array === 'shift') ? Float32Array.from(list) : Float64Array.from(list));
  }, facts, source);
  return {
    source, facts, step, metrics, normalization,
    restore: (model) => {
      const keys = stateKeys(model.layers);
      model.arena.parameters.forEach(({ shape, value }, i) => { copyTensor({ source, tensors }, keys.parameters[i]!, shape, value); });
      model.buffers.forEach(({ value }, i) => { copyTensor({ source, tensors }, keys.buffers[i]!, [value.length], value); });
    },
  };
}

/**
 * The bytes of a model file as chunks: a safetensors file with parameters and buffers alone, under the names of {@link stateKeys}, and all that prediction
 * needs beside them as JSON in the metadata.
 */
export function modelChunks(model: Sequential, { facts, step, metrics, normalization }: ModelFacts, dtype?: StoredDtype): Uint8Array[] {
  const keys = stateKeys(model.layers);
  const tensors = new Map<string, Tensor>();
  model.arena.parameters.forEach(({ shape, value }, i) => { tensors.set(keys.parameters[i]!, { shape, data: storedAs(value, dtype) }); });
  model.buffers.forEach(({ value }, i) => { tensors.set(keys.buffers[i]!, { shape: [value.length], data: storedAs(value, dtype && 'float32') }); });
  for (const counter of keys.counters) tensors.set(counter, { shape: [], data: BigInt64Array.of(BigInt(step)) });
  const { matrix, ...arrays } = 'columns' in normalization ? { matrix: undefined } : normalization;
  if (matrix !== undefined) tensors.set(matrixKey, { shape: [inputSizeOf(normalization), featureSizeOf(normalization)], data: matrix });
  const stored: StoredFacts = {
    version: formatVersion, facts, step, metrics,
    normalization: 'columns' in normalization ? null : {
      dtype: model.kernels.dtype, arrays: Object.fromEntries(Object.entries<FloatArray>(arrays).map(([name, array]) => [name, Array.from(array)])),
    },
  };
  return tensorChunks({ tensors, metadata: { format: 'pt', blastrain: JSON.stringify(stored) } });
}

function storedAs(value: FloatArray, dtype: StoredDtype | undefined): TensorArray {
  if (dtype === undefined) return value;
  return dtype === 'bfloat16' ? toBfloat16(value) : Float32Array.from(value);
}
