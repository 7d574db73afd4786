import { checkModel } from '../arguments';
import type { Dtype, FloatArray } from '../kernels/contract';
import type { Flops, InnerLayers, Layer } from './layer';
import type { Sequential } from './sequential';
import { sizeOf } from './shape';
import type { Shape } from './shape';

export type { Flops } from './layer';

/** One layer of a {@link ModelSummary}. */
export interface LayerSummary {
  readonly kind: string;
  /** How many blocks it stands in. */
  readonly depth: number;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Of a layer whose outputs are those of so many members of an ensemble. */
  readonly members?: number;
  /** What it learns itself; a block learns through its layers. */
  readonly parameters: readonly { readonly name: string; readonly shape: Shape }[];
  readonly parameterCount: number;
  /** As the layer states them: functions of single elements and normalisations count nothing. */
  readonly flops: Flops;
}

/** What a model consists of and what it costs. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly inputSize: number;
  /** Numbers of a prediction. */
  readonly outputSize: number;
  readonly parameterCount: number;
  /** For one sample. The optimiser's work is per step, not per sample, and not part of it. */
  readonly flops: Flops;
  readonly dtype: Dtype;
  /** Rows of the largest batch. */
  readonly maxBatch: number;
  /** In bytes. The optimiser's state, as long as the parameters once or twice, is not part of it. */
  readonly memory: {
    readonly parameters: number;
    readonly gradients: number;
    readonly buffers: number;
    /** All layers' outputs and their gradients for a batch of maxBatch; layers that work in place share theirs. */
    readonly activations: number;
  };
}

/** Describes a model. */
export function summarize(model: Sequential): ModelSummary {
  checkModel(model);
  const { arena, buffers, chain, inputSize, outputSize, maxBatch, kernels: { dtype } } = model;
  const layers = describe(chain.layers, 0, false);
  const bytes = (arrays: Iterable<FloatArray>): number => [...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const sum = (pick: (layer: LayerSummary) => number): number => layers.reduce((total, layer) => total + pick(layer), 0);
  return {
    layers,
    inputSize,
    outputSize,
    parameterCount: arena.values.length,
    flops: { forward: sum(({ flops }) => flops.forward), step: sum(({ flops }) => flops.step) },
    dtype,
    maxBatch,
    memory: {
      parameters: arena.values.byteLength,
      gradients: arena.gradients.byteLength,
      buffers: bytes(buffers.map(({ value }) => value)),
      activations: bytes(activationsOf(chain)),
    },
  };
}

/** The sizes of a model as people write them: its inputs, then the outputs of each linear layer, of an ensemble those of one member. */
export function layerSizes({ inputSize, layers }: Sequential): number[] {
  const linear = describe(layers, 0, false).filter(({ kind, members }) => kind === 'linear' || members !== undefined);
  return [inputSize, ...linear.map(({ outputSize, members = 1 }) => outputSize / members)];
}

/** The layers and those within them. `passes`: whether the gradient of the first one's input is needed. */
function describe(layers: readonly Layer[], depth: number, passes: boolean): LayerSummary[] {
  return layers.flatMap((layer, i) => {
    const { kind, inner } = layer;
    const needed = passes || i > 0;
    const parameters = inner === undefined ? layer.parameterSpecs.map(({ name, shape }) => ({ name, shape })) : [];
    return [
      {
        kind,
        depth,
        inputSize: sizeOf(layer.inputShape),
        outputSize: sizeOf(layer.outputShape),
        ...(layer.members !== undefined && { members: layer.members }),
        parameters,
        parameterCount: parameters.reduce((total, { shape }) => total + sizeOf(shape), 0),
        flops: layer.flops?.(needed) ?? { forward: 0, step: 0 },
      },
      ...(inner === undefined ? [] : describe(inner.layers, depth + 1, needed)),
    ];
  });
}

function activationsOf({ layers, outputs, outputGradients }: InnerLayers): Set<FloatArray> {
  const inner = layers.flatMap((layer) => (layer.inner === undefined ? [] : [...activationsOf(layer.inner)]));
  return new Set([...outputs, ...outputGradients, ...inner]);
}
