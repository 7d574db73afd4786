import { BlastrainError, expected } from '../errors';
import { concatBytes, fileError, parseJson } from '../files';
import { checkShape } from '../files/shape';
import type { Shape } from '../files/shape';
import type { FloatArray } from '../kernels/contract';
import { encodes } from '../data/columns/encoded';
import { inputSizeOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';
import type { WeightAverage } from '../optim/average';
import type { Optimizer } from '../optim/optimizer';
import type { ReduceOnPlateau } from '../optim/schedules';
import { fromBfloat16 } from './bfloat16';
import type { Tensor, TensorArray, TensorFile } from './safetensors';
import { decodeTensors, tensorChunks } from './safetensors';
import { factsShape, stateShape } from './checkpointShape';
import type { CheckpointFacts, PartsState } from './checkpointShape';
import type { TrainingProgress } from './train';

const formatVersion = 1;

/** The parts of a training whose state a checkpoint holds. */
export interface CheckpointParts {
  readonly model: Sequential;
  readonly optimizer: Optimizer;
  readonly normalization: Normalization;
  readonly average: WeightAverage | null;
  readonly plateau: ReduceOnPlateau | null;
}

/** A checkpoint as read: arrays by name, and everything else as plain values. */
export interface Checkpoint {
  /** Where it was read from, for error messages. */
  readonly source: string;
  readonly facts: CheckpointFacts;
  readonly progress: TrainingProgress;
  /** State of the batches and of the augmentation. */
  readonly sampler?: unknown;
  /** Absent from a checkpoint that is for prediction only and cannot be resumed. */
  readonly parts?: PartsState | undefined;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Consumes the bytes of a checkpoint, passed as chunks: views of live arrays, valid only during the call. */
export type UseChunks<Result> = (chunks: readonly Uint8Array[]) => Result;

/**
 * Calls `use` with the bytes of a checkpoint, without copying the arrays: a safetensors file with the parameters and buffers under their
 * names, normalisation and optimiser state as further tensors, and facts and other state as JSON in the metadata. With weight averaging
 * the names hold the averages, as the model predicts with those, and the parameters that training continues from are `live.*`.
 */
export function useCheckpoint<Result>(
  parts: CheckpointParts, facts: CheckpointFacts, progress: TrainingProgress, sampler: unknown, use: UseChunks<Result>, callbacks?: PartsState['callbacks'],
): Result {
  const partsState: PartsState = {
    optimizerSteps: parts.optimizer.steps,
    plateau: parts.plateau?.getState() ?? null,
    layers: parts.model.getRandomStates(),
    ...(callbacks && { callbacks }),
  };
  return encodeChunks(parts, stateArrays(parts), facts, { progress, sampler, parts: partsState }, use);
}

/** The bytes of a checkpoint for prediction only, which cannot be resumed: a third of a full one with Adam. */
export function encodeModel(parts: ModelParts, facts: CheckpointFacts, progress: TrainingProgress): Uint8Array {
  return encodeChunks(parts, normalizationArrays(parts), facts, { progress }, concatBytes);
}

type ModelParts = Pick<CheckpointParts, 'model' | 'normalization' | 'average'>;

function encodeChunks<Result>(
  { model, average }: ModelParts, otherArrays: readonly [string, FloatArray][], facts: CheckpointFacts, values: object, use: UseChunks<Result>,
): Result {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, value } of model.arena.parameters) tensors.set(name, { shape, data: value });
  for (const [name, data] of [...bufferArrays(model), ...otherArrays]) tensors.set(name, { shape: [data.length], data });
  const state = detachArrays(values, 'state', tensors);
  const metadata = {
    format: 'blastrain',
    version: String(formatVersion),
    facts: JSON.stringify(facts),
    state: JSON.stringify(state),
  };
  average?.exchange();
  try {
    return use(tensorChunks({ tensors, metadata }));
  } finally {
    average?.exchange();
  }
}

/** The bytes of a checkpoint with other facts, as chunks. Throws ERR_CHECKPOINT, naming `source`, for a damaged one. */
export function withFacts(bytes: Uint8Array, source: string, facts: CheckpointFacts): Uint8Array[] {
  const { tensors, metadata } = decodeTensors(bytes, source);
  return tensorChunks({ tensors, metadata: { ...metadata, facts: JSON.stringify(facts) } });
}

/** Reads a checkpoint. Throws ERR_CHECKPOINT, naming `source`, for a truncated or altered file or another format. */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  return readCheckpoint(decodeTensors(bytes, source), source);
}

/** As {@link decodeCheckpoint}, of a file whose tensors have been read. */
export function readCheckpoint({ tensors, metadata }: TensorFile, source: string): Checkpoint {
  const { format, version, facts, state } = metadata;
  if (format !== 'blastrain' || version !== String(formatVersion) || facts === undefined || state === undefined) {
    throw fileError(
      'ERR_CHECKPOINT', `a blastrain checkpoint of version ${String(formatVersion)}`, source,
      format !== 'blastrain' ? (metadata['blastrain'] === undefined ? 'a safetensors file of another program' : 'a model file, which has no state of a training')
        : version === String(formatVersion) ? 'one without facts and state' : `version ${String(version)}`,
    );
  }
  const parse = <T>(json: string, what: string, shape: Shape<T>): T => {
    const name = { file: `the ${what} of ${source}`, code: 'ERR_CHECKPOINT' } as const;
    return checkShape(attachArrays(parseJson(json, name), tensors), shape, name);
  };
  const read = parse(state, 'state', stateShape);
  return { source, facts: parse(facts, 'facts', factsShape), ...read, tensors };
}

/** Copies parameters and buffers into a model. Throws ERR_CHECKPOINT where one is missing or has another shape. */
export function restoreModel(checkpoint: Checkpoint, model: Sequential): void {
  for (const { name, value, shape } of model.arena.parameters) copyTensor(checkpoint, name, shape, value);
  for (const [name, data] of bufferArrays(model)) copyTensor(checkpoint, name, [data.length], data);
}

/**
 * Copies the whole state back, to resume training. Throws like {@link restoreModel}, and ERR_CHECKPOINT for a state that does not fit;
 * the parts are then partially overwritten, and another checkpoint has to be restored before they are used.
 */
export function restoreParts(checkpoint: Checkpoint, parts: CheckpointParts): void {
  const { model, optimizer, average, plateau } = parts;
  const { source, parts: state } = checkpoint;
  if (state === undefined) throw fileError('ERR_CHECKPOINT', 'a checkpoint that can be resumed', source, 'one for prediction only');
  if ((state.plateau === null) !== (plateau === null)) {
    throw expected('ERR_CHECKPOINT', plateau === null ? 'no state of a plateau' : 'the state of the plateau', source, state.plateau, { file: source });
  }
  model.setRandomStates(state.layers);
  restoreModel(checkpoint, model);
  for (const [name, data] of stateArrays(parts)) copyTensor(checkpoint, name, [data.length], data);
  average?.exchange();
  optimizer.steps = state.optimizerSteps;
  if (state.plateau !== null) plateau?.setState(state.plateau);
}

/** The normalisation that a model was trained with. Throws ERR_CHECKPOINT where it is missing or does not fit the model's inputs. */
export function restoreNormalization({ source, tensors, facts }: Checkpoint): Normalization {
  // Copies: views would keep all bytes of the checkpoint in memory as long as the model lives.
  return normalizationOf((name) => tensors.get(`normalization.${name}`)?.data.slice() as FloatArray | undefined, facts, source);
}

/** The normalisation of the arrays that are found by name. Throws as {@link restoreNormalization} does. */
export function normalizationOf(
  find: (name: 'scale' | 'shift' | 'mean' | 'std' | 'matrix') => FloatArray | undefined,
  { inputSize, columns, encoding }: CheckpointFacts, source: string,
): Normalization {
  const [scale, shift, mean, std, matrix] = [find('scale'), find('shift'), find('mean'), find('std'), find('matrix')];
  const own = scale && shift?.length === scale.length ? { scale, shift }
    : mean?.BYTES_PER_ELEMENT === 8 && std?.BYTES_PER_ELEMENT === 8 && std.length === mean.length
      ? { mean: mean as Float64Array, std: std as Float64Array } : undefined;
  const normalization: Normalization | undefined = encoding === undefined ? own && { ...own, ...(matrix && { matrix }) }
    : encodes(encoding, columns) ? { columns: encoding } : undefined;
  if (normalization === undefined || inputSizeOf(normalization) !== inputSize) {
    throw fileError('ERR_CHECKPOINT', `a normalisation to ${String(inputSize)} inputs`, source, 'another or none');
  }
  return normalization;
}

function bufferArrays({ buffers }: Sequential): [string, FloatArray][] {
  return buffers.map(({ name, value }) => [name, value]);
}

function normalizationArrays({ normalization }: ModelParts): [string, FloatArray][] {
  if ('columns' in normalization) return []; // they are facts
  return Object.entries<FloatArray>({ ...normalization }).map(([name, data]) => [`normalization.${name}`, data]);
}

function stateArrays(parts: CheckpointParts): [string, FloatArray][] {
  const { model, optimizer, average } = parts;
  const averaged = ['parameters', ...model.buffers.map(({ name }) => name)];
  return [
    ...normalizationArrays(parts),
    ...Object.entries(optimizer.state).map(([name, data]): [string, FloatArray] => [`optimizer.${name}`, data]),
    ...(average?.state ?? []).map((data, i): [string, FloatArray] => [`live.${averaged[i]!}`, data]),
  ];
}

/** Copies a tensor of real numbers. Throws ERR_CHECKPOINT where it is missing or is none of that shape. */
export function copyTensor({ source, tensors }: Pick<Checkpoint, 'source' | 'tensors'>, name: string, shape: readonly number[], into: FloatArray): void {
  const tensor = tensors.get(name);
  const describeShape = (extents: readonly number[]): string => `[${extents.join(', ')}]`;
  const numbers = tensor && realNumbers(tensor.data);
  if (tensor === undefined || numbers === undefined || describeShape(tensor.shape) !== describeShape(shape)) {
    throw new BlastrainError(
      'ERR_CHECKPOINT',
      `Expected shape ${describeShape(shape)} for ${name} in ${source} but received ` +
        (tensor === undefined ? 'no such tensor' : numbers === undefined ? 'integers' : describeShape(tensor.shape)),
      { file: source },
    );
  }
  into.set(numbers);
}

/** The numbers of a tensor; undefined where they are integers. */
export function realNumbers(data: TensorArray): FloatArray | undefined {
  switch (data[Symbol.toStringTag]) {
    case 'Float32Array': case 'Float64Array': return data as FloatArray;
    case 'Uint16Array': return fromBfloat16(data as Uint16Array);
    default: return undefined;
  }
}

/** Stands in the JSON state for an array that is stored as a tensor. */
interface ArrayReference {
  readonly $tensor: string;
}

function detachArrays(value: unknown, path: string, tensors: Map<string, Tensor>): unknown {
  if (ArrayBuffer.isView(value)) {
    const data = value as TensorArray;
    tensors.set(path, { shape: [data.length], data });
    return { $tensor: path } satisfies ArrayReference;
  }
  // JSON has no NaN and Infinity.
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
    if ('$tensor' in value) return tensors.get((value as ArrayReference).$tensor)?.data.slice();
    if ('$number' in value) return Number(value.$number);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attachArrays(item, tensors)]));
  }
  return value;
}
