import type { FloatArray } from '../kernels/contract';
import type { Parameter } from '../model/arena';
import type { Sequential } from '../model/sequential';
import { sizeOf } from '../model/shape';

/**
 * A layer as networks are usually described: one with weights, together with the normalisation, activation function and dropout after
 * it.
 */
export interface WeightedLayer {
  /** From 1. */
  readonly number: number;
  readonly weights: Parameter;
  /** All its parameters, weights included. */
  readonly parameters: readonly Parameter[];
  /** For messages: `layer 2 of 3 (W2: linear, relu)`. */
  readonly description: string;
  readonly kinds: readonly string[];
  readonly units: number;
  /** [maxBatch, units], the output of the last of these. */
  readonly output: FloatArray;
  /** [maxBatch, units], the output of its ReLU, where it has one. */
  readonly reluOutput: FloatArray | undefined;
}

/** The layers with weights of a model, in order. Layers before the first of them are left out. */
export function weightedLayers({ layers, arena, chain }: Sequential): WeightedLayer[] {
  const weightsOf = layers.map(({ parameterSpecs }) => parameterSpecs.find(({ fans }) => fans !== undefined)?.name);
  const starts = layers.flatMap((_, i) => (weightsOf[i] === undefined ? [] : [i]));
  return starts.map((from, n) => {
    const to = starts[n + 1] ?? layers.length;
    const group = layers.slice(from, to);
    const kinds = group.map(({ kind }) => kind);
    const relu = kinds.indexOf('relu');
    const weights = arena.find(weightsOf[from]!)!;
    return {
      number: n + 1,
      weights,
      parameters: group.flatMap(({ parameterSpecs }) => parameterSpecs.map(({ name }) => arena.find(name)!)),
      description: `layer ${String(n + 1)} of ${String(starts.length)} (${weights.name}: ${kinds.join(', ')})`,
      kinds,
      units: sizeOf(layers[to - 1]!.outputShape),
      output: chain.outputs[to - 1]!,
      reluOutput: relu < 0 ? undefined : chain.outputs[from + relu],
    };
  });
}
