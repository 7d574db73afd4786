import { BlastrainError } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { Normalization } from '../data/preprocess';
import type { ImageShape } from '../data/dataset';
import type { Arena } from '../model/arena';
import type { Optimizer } from '../optim/optimizer';
import type { Tensor, TensorArray } from './safetensors';
import { decodeTensors, encodeTensors } from './safetensors';
import type { TrainingProgress } from './train';

const formatVersion = 1;

/** Facts about a trained model that its arrays do not tell. */
export interface CheckpointFacts {
  /** The spec of the run, as plain JSON. */
  readonly spec: unknown;
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
  readonly dataDigest: string;
}

/** The parts of a training whose arrays a checkpoint copies out of or back into. */
export interface CheckpointParts {
  readonly arena: Arena;
  readonly optimizer: Optimizer;
  readonly normalization: Normalization;
}

/** A checkpoint as read: arrays by name, and everything else as plain values. */
export interface Checkpoint {
  readonly facts: CheckpointFacts;
  readonly progress: TrainingProgress;
  /** Position of the batch sampler: its order, place and generator state. */
  readonly sampler: unknown;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** The bytes of a checkpoint: a safetensors file with the parameters under their names and the rest beside them. */
export function encodeCheckpoint(
  parts: CheckpointParts, facts: CheckpointFacts, progress: TrainingProgress, sampler: unknown,
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, value } of parts.arena.parameters) tensors.set(name, { shape, data: value });
  for (const [name, data] of stateArrays(parts)) tensors.set(name, { shape: [data.length], data });
  const state = detachArrays({ progress, sampler }, 'state', tensors);
  return encodeTensors({
    tensors,
    metadata: {
      format: 'blastrain',
      version: String(formatVersion),
      facts: JSON.stringify(facts),
      state: JSON.stringify(state),
    },
  });
}

/** Reads a checkpoint. Throws ERR_CHECKPOINT, naming `source`, for a torn, altered or foreign file. */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = decodeTensors(bytes, source);
  const { format, version, facts, state } = metadata;
  if (format !== 'blastrain' || version !== String(formatVersion) || facts === undefined || state === undefined) {
    throw new BlastrainError(
      'ERR_CHECKPOINT',
      `Expected a blastrain checkpoint of version ${String(formatVersion)} for ${source} but received ` +
        (format === 'blastrain' ? `version ${String(version)}` : 'a safetensors file of another program'),
      { file: source },
    );
  }
  const { progress, sampler } = attachArrays(JSON.parse(state), tensors) as Pick<Checkpoint, 'progress' | 'sampler'>;
  return { facts: JSON.parse(facts) as CheckpointFacts, progress, sampler, tensors };
}

/** Copies the model's parameters back. Throws ERR_CHECKPOINT when one is missing or has another shape. */
export function restoreParameters(checkpoint: Checkpoint, arena: Arena): void {
  for (const { name, value, shape } of arena.parameters) copyTensor(checkpoint, name, shape, value);
}

/** Copies everything back: parameters, optimiser state, normalisation. Throws like {@link restoreParameters}. */
export function restoreParts(checkpoint: Checkpoint, parts: CheckpointParts): void {
  restoreParameters(checkpoint, parts.arena);
  for (const [name, data] of stateArrays(parts)) copyTensor(checkpoint, name, [data.length], data);
}

/** The normalisation that the model was trained with. */
export function restoreNormalization(checkpoint: Checkpoint, like: Normalization): void {
  for (const name of ['scale', 'shift'] as const) {
    copyTensor(checkpoint, `normalization.${name}`, [like[name].length], like[name]);
  }
}

function stateArrays({ optimizer, normalization }: CheckpointParts): [string, FloatArray][] {
  return [
    ['normalization.scale', normalization.scale],
    ['normalization.shift', normalization.shift],
    ...Object.entries(optimizer.state).map(([name, data]): [string, FloatArray] => [`optimizer.${name}`, data]),
  ];
}

function copyTensor({ tensors }: Checkpoint, name: string, shape: readonly number[], into: FloatArray): void {
  const tensor = tensors.get(name);
  const describeShape = (extents: readonly number[]): string => `[${extents.join(', ')}]`;
  if (tensor === undefined || describeShape(tensor.shape) !== describeShape(shape)) {
    throw new BlastrainError(
      'ERR_CHECKPOINT',
      `Expected shape ${describeShape(shape)} for ${name} in the checkpoint but received ` +
        (tensor === undefined ? 'no such tensor' : describeShape(tensor.shape)),
    );
  }
  into.set(tensor.data);
}

/** A marker in the JSON state for an array that is stored as a tensor. */
interface ArrayReference {
  readonly $tensor: string;
}

function detachArrays(value: unknown, path: string, tensors: Map<string, Tensor>): unknown {
  if (ArrayBuffer.isView(value)) {
    const data = value as TensorArray;
    tensors.set(path, { shape: [data.length], data });
    return { $tensor: path } satisfies ArrayReference;
  }
  // JSON has no NaN; a loss that was never computed comes back as one.
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map((item, i) => detachArrays(item, `${path}.${String(i)}`, tensors));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, detachArrays(item, `${path}.${key}`, tensors)]),
    );
  }
  return value;
}

function attachArrays(value: unknown, tensors: ReadonlyMap<string, Tensor>): unknown {
  if (Array.isArray(value)) return value.map((item) => attachArrays(item, tensors));
  if (value !== null && typeof value === 'object') {
    if ('$tensor' in value) return tensors.get((value as ArrayReference).$tensor)?.data;
    if ('$number' in value) return Number(value.$number);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attachArrays(item, tensors)]));
  }
  return value;
}
