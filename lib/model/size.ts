import { expected } from '../errors';
import type { Dtype } from '../kernels/contract';
import { bytesPerNumber } from '../kernels/contract';
import { requireMemory } from '../machine';
import { sharing } from './chain';
import type { Layer, Scratch } from './layer';
import { sizeOf } from './shape';

/** How many numbers a model keeps, known before any memory is taken. */
export interface ModelSize {
  readonly parameters: number;
  readonly buffers: number;
  /** For each row of a batch: the outputs of all layers and their gradients; layers that work in place share theirs. */
  readonly perRow: number;
  /** What layers keep for themselves. */
  readonly scratch: Scratch;
  /** The largest number of inputs or outputs of a layer for a row. */
  readonly widest: number;
}

/** Kernels count the numbers of an array with 31 bits. */
export const maxNumbers = 2 ** 31 - 1;

/** The size of a model of these layers. */
export function modelSize(layers: readonly Layer[]): ModelSize {
  const shares = sharing(layers);
  const sizes = layers.map((layer, i): ModelSize => {
    const inner = layer.body === undefined ? undefined : modelSize(layer.body);
    return {
      parameters: sum(layer.parameterSpecs.map(({ shape }) => sizeOf(shape))),
      buffers: sum(layer.bufferSpecs.map(({ length }) => length)),
      perRow: (shares[i] === true ? 0 : 2 * sizeOf(layer.outputShape)) + (inner?.perRow ?? 0),
      scratch: {
        fixed: (layer.scratch?.fixed ?? 0) + (inner?.scratch.fixed ?? 0),
        perRow: (layer.scratch?.perRow ?? 0) + (inner?.scratch.perRow ?? 0),
      },
      widest: Math.max(sizeOf(layer.inputShape), sizeOf(layer.outputShape), inner?.widest ?? 0),
    };
  });
  return {
    parameters: sum(sizes.map(({ parameters }) => parameters)),
    buffers: sum(sizes.map(({ buffers }) => buffers)),
    perRow: sum(sizes.map(({ perRow }) => perRow)),
    scratch: { fixed: sum(sizes.map(({ scratch }) => scratch.fixed)), perRow: sum(sizes.map(({ scratch }) => scratch.perRow)) },
    widest: Math.max(0, ...sizes.map(({ widest }) => widest)),
  };
}

/** What asks for memory: the name of an argument or a key, and what it was. */
export interface Asked {
  readonly name: string;
  readonly value: unknown;
}

/**
 * Throws ERR_SHAPE for a model that kernels cannot count: 2³¹ parameters, or a batch of as many numbers. `layers` and `batch` are what
 * the sentence names.
 */
export function checkCounts({ parameters, widest }: ModelSize, maxBatch: number, layers: Asked, batch: Asked): void {
  if (parameters > maxNumbers) throw tooManyParameters(parameters, layers.name);
  if (widest > maxNumbers) throw expected('ERR_SHAPE', `at most ${String(maxNumbers)} numbers a row`, layers.name, widest, { path: layers.name });
  if (maxBatch * widest > maxNumbers) {
    const most = Math.floor(maxNumbers / widest);
    throw expected('ERR_SHAPE', `at most ${String(most)} rows, as a layer has ${String(widest)} numbers for each,`, batch.name, batch.value, { path: batch.name });
  }
}

/** The error for so many parameters. */
export function tooManyParameters(count: number, name: string): Error {
  return expected('ERR_SHAPE', `at most ${String(maxNumbers)} parameters`, name, count, { path: name });
}

/** {@link checkCounts}, and ERR_MEMORY where there is no room for parameters, gradients, buffers and the activations of a batch. */
export function checkModelSize(layers: readonly Layer[], dtype: Dtype, maxBatch: number): void {
  const size = modelSize(layers);
  const shapes: Asked = { name: 'layers', value: layers.flatMap(({ inputShape, outputShape }, i) => [...(i === 0 ? [sizeOf(inputShape)] : []), sizeOf(outputShape)]) };
  const batch: Asked = { name: 'maxBatch', value: maxBatch };
  checkCounts(size, maxBatch, shapes, batch);
  const bytes = bytesPerNumber(dtype);
  const fixed = 2 * size.parameters + size.buffers + size.scratch.fixed;
  requireTogether(bytes * fixed, shapes, bytes * maxBatch * (size.perRow + size.scratch.perRow), batch);
}

/** Throws ERR_MEMORY, naming what asks for more, where there is no room for both. */
export function requireTogether(bytes: number, one: Asked, otherBytes: number, other: Asked): void {
  const { name, value } = bytes >= otherBytes ? one : other;
  requireMemory(bytes + otherBytes, name, value);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
