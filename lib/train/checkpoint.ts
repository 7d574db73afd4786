import { BlastrainError, expected } from '../errors';
import { fileError, parseJson } from '../files';
import { checkShape } from '../files/shape';
import type { Shape } from '../files/shape';
import type { FloatArray } from '../kernels/contract';
import { inputSizeOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';
import type { WeightAverage } from '../optim/average';
import type { Optimizer } from '../optim/optimizer';
import type { ReduceOnPlateau } from '../optim/schedules';
import type { Tensor, TensorArray } from './safetensors';
import { decodeTensors, tensorPieces } from './safetensors';
import { factsShape, stateShape } from './checkpointShape';
import type { CheckpointFacts, PartsState } from './checkpointShape';
import type { TrainingProgress } from './train';

const formatVersion = 1;

/** The parts of a training whose state a checkpoint copies out of or back into. */
export interface CheckpointParts {
  readonly model: Sequential;
  readonly optimizer: Optimizer;
  readonly normalization: Normalization;
  readonly average: WeightAverage | null;
  readonly plateau: ReduceOnPlateau | null;
}

/** A checkpoint as read: arrays by name, and everything else as plain values. */
export interface Checkpoint {
  /** Where it was read from, for errors. */
  readonly source: string;
  readonly facts: CheckpointFacts;
  readonly progress: TrainingProgress;
  /** Where the drawing of batches stands, and the generator that varies them. */
  readonly sampler?: unknown;
  /** Absent from a checkpoint that is to predict with, and not to go on from. */
  readonly parts?: PartsState | undefined;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** What becomes of a checkpoint's bytes, which are handed over in pieces: views on what training goes on with. */
export type UsePieces<Result> = (pieces: readonly Uint8Array[]) => Result;

/**
 * Does something with the bytes of a checkpoint, without a copy of the arrays: a safetensors file with the parameters and
 * buffers under their names and the rest beside them.
 * Where there is an average, the names stand for it, as that is what the model predicts with, and the parameters that
 * training goes on from are `live.*`.
 */
export function useCheckpoint<Result>(
  parts: CheckpointParts, facts: CheckpointFacts, progress: TrainingProgress, sampler: unknown, use: UsePieces<Result>,
): Result {
  const partsState: PartsState = {
    optimizerSteps: parts.optimizer.steps,
    plateau: parts.plateau?.getState() ?? null,
    layers: parts.model.getRandomStates(),
  };
  return usePieces(parts, stateArrays(parts), facts, { progress, sampler, parts: partsState }, use);
}

/** The bytes of a checkpoint to predict with, but not to go on from: a third of a whole one where the optimiser is Adam. */
export function encodeModel(parts: ModelParts, facts: CheckpointFacts, progress: TrainingProgress): Uint8Array {
  return usePieces(parts, normalizationArrays(parts), facts, { progress }, (pieces) => Buffer.concat(pieces));
}

type ModelParts = Pick<CheckpointParts, 'model' | 'normalization' | 'average'>;

function usePieces<Result>(
  { model, average }: ModelParts, beside: readonly [string, FloatArray][], facts: CheckpointFacts, values: object, use: UsePieces<Result>,
): Result {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, value } of model.arena.parameters) tensors.set(name, { shape, data: value });
  for (const [name, data] of [...bufferArrays(model), ...beside]) tensors.set(name, { shape: [data.length], data });
  const state = detachArrays(values, 'state', tensors);
  const metadata = {
    format: 'blastrain',
    version: String(formatVersion),
    facts: JSON.stringify(facts),
    state: JSON.stringify(state),
  };
  average?.exchange();
  try {
    return use(tensorPieces({ tensors, metadata }));
  } finally {
    average?.exchange();
  }
}

/** Reads a checkpoint. Throws ERR_CHECKPOINT, naming `source`, for a torn, altered or foreign file. */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = decodeTensors(bytes, source);
  const { format, version, facts, state } = metadata;
  if (format !== 'blastrain' || version !== String(formatVersion) || facts === undefined || state === undefined) {
    throw fileError(
      'ERR_CHECKPOINT', `a blastrain checkpoint of version ${String(formatVersion)}`, source,
      format !== 'blastrain' ? 'a safetensors file of another program'
        : version === String(formatVersion) ? 'one without facts and state' : `version ${String(version)}`,
    );
  }
  const enter = <T>(json: string, what: string, shape: Shape<T>): T => {
    const name = { file: `the ${what} of ${source}`, code: 'ERR_CHECKPOINT' } as const;
    return checkShape(attachArrays(parseJson(json, name), tensors), shape, name);
  };
  const read = enter(state, 'state', stateShape);
  return { source, facts: enter(facts, 'facts', factsShape), ...read, tensors };
}

/** Copies the parameters and buffers to predict with. Throws ERR_CHECKPOINT when one is missing or has another shape. */
export function restoreModel(checkpoint: Checkpoint, model: Sequential): void {
  for (const { name, value, shape } of model.arena.parameters) copyTensor(checkpoint, name, shape, value);
  for (const [name, data] of bufferArrays(model)) copyTensor(checkpoint, name, [data.length], data);
}

/**
 * Copies everything back, for training to go on. Throws like {@link restoreModel}, also where the state does not fit; what has been copied
 * by then is overwritten by another checkpoint that does fit.
 */
export function restoreParts(checkpoint: Checkpoint, parts: CheckpointParts): void {
  const { model, optimizer, average, plateau } = parts;
  const { source, parts: state } = checkpoint;
  if (state === undefined) throw fileError('ERR_CHECKPOINT', 'a checkpoint to go on from', source, 'one to predict with');
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

/** The normalisation that a model was trained with. Throws ERR_CHECKPOINT when it does not give the model's inputs. */
export function restoreNormalization({ source, tensors, facts: { inputSize } }: Checkpoint): Normalization {
  // Copies: a view would keep all bytes of the checkpoint for as long as the model.
  const find = (name: string): FloatArray | undefined => tensors.get(`normalization.${name}`)?.data.slice() as FloatArray | undefined;
  const [scale, shift, mean, std, matrix] = [find('scale'), find('shift'), find('mean'), find('std'), find('matrix')];
  const own = scale && shift?.length === scale.length ? { scale, shift }
    : mean?.BYTES_PER_ELEMENT === 8 && std?.BYTES_PER_ELEMENT === 8 && std.length === mean.length ? { mean: mean as Float64Array, std: std as Float64Array } : undefined;
  const normalization = own && { ...own, ...(matrix && { matrix }) };
  if (normalization === undefined || inputSizeOf(normalization) !== inputSize) {
    throw fileError('ERR_CHECKPOINT', `a normalisation to ${String(inputSize)} inputs`, source, 'another or none');
  }
  return normalization;
}

function bufferArrays({ buffers }: Sequential): [string, FloatArray][] {
  return buffers.map(({ name, value }) => [name, value]);
}

function normalizationArrays({ normalization }: ModelParts): [string, FloatArray][] {
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

function copyTensor({ source, tensors }: Checkpoint, name: string, shape: readonly number[], into: FloatArray): void {
  const tensor = tensors.get(name);
  const describeShape = (extents: readonly number[]): string => `[${extents.join(', ')}]`;
  if (tensor === undefined || describeShape(tensor.shape) !== describeShape(shape)) {
    throw new BlastrainError(
      'ERR_CHECKPOINT',
      `Expected shape ${describeShape(shape)} for ${name} in ${source} but received ` +
        (tensor === undefined ? 'no such tensor' : describeShape(tensor.shape)),
      { file: source },
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
    if ('$tensor' in value) return tensors.get((value as ArrayReference).$tensor)?.data.slice();
    if ('$number' in value) return Number(value.$number);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attachArrays(item, tensors)]));
  }
  return value;
}
