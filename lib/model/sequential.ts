import { expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import { Arena } from './arena';
import type { Layer } from './layer';
import { Linear } from './linear';
import { Relu } from './relu';

/**
 * Layers applied one after the other. All memory (parameters, gradients, activations for up to `maxBatch` rows) is
 * allocated here, once.
 */
export class Sequential {
  readonly arena: Arena;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Output of each layer; in-place layers share their input's. */
  private readonly outputs: readonly FloatArray[];
  private readonly outputGradients: readonly FloatArray[];

  /** Throws ERR_SHAPE when neighbouring layers do not fit or `maxBatch` is not a positive integer. */
  constructor(readonly kernels: Kernels, readonly layers: readonly Layer[], readonly maxBatch: number) {
    const first = layers[0];
    const last = layers[layers.length - 1];
    if (first === undefined || last === undefined) throw expected('ERR_SHAPE', 'at least one layer', 'layers', layers.length);
    if (!(Number.isInteger(maxBatch) && maxBatch > 0)) throw expected('ERR_SHAPE', 'a positive integer', 'maxBatch', maxBatch);
    layers.forEach((layer, i) => {
      const before = layers[i - 1];
      if (before !== undefined && before.outputSize !== layer.inputSize) {
        throw expected('ERR_SHAPE', `input size ${String(before.outputSize)}`, `layer ${String(i)} (${layer.kind})`, layer.inputSize);
      }
    });
    this.inputSize = first.inputSize;
    this.outputSize = last.outputSize;

    this.arena = new Arena(kernels.dtype, layers.flatMap((layer) => layer.parameterSpecs));
    let next = 0;
    for (const layer of layers) {
      layer.attach(this.arena.parameters.slice(next, next + layer.parameterSpecs.length));
      next += layer.parameterSpecs.length;
    }

    const activations = (): FloatArray[] => {
      const arrays: FloatArray[] = [];
      layers.forEach((layer, i) => {
        // The first layer's input belongs to the caller and is never overwritten.
        const shared = layer.inPlace ? arrays[i - 1] : undefined;
        arrays.push(shared ?? allocate(kernels.dtype, maxBatch * layer.outputSize));
      });
      return arrays;
    };
    this.outputs = activations();
    this.outputGradients = activations();
  }

  /** The network's outputs [m, outputSize] of the last {@link forward}; overwritten by the next. */
  get output(): FloatArray {
    return this.outputs[this.outputs.length - 1]!;
  }

  /** Where the loss writes ∂loss/∂output [m, outputSize] before {@link backward}. */
  get outputGradient(): FloatArray {
    return this.outputGradients[this.outputGradients.length - 1]!;
  }

  /** Computes {@link output} for m ≤ maxBatch rows x[m, inputSize]. */
  forward(m: number, x: FloatArray): void {
    if (m > this.maxBatch) throw expected('ERR_SHAPE', `at most ${String(this.maxBatch)} rows`, 'a batch', m);
    for (let i = 0; i < this.layers.length; i++) {
      this.layers[i]!.forward(m, i === 0 ? x : this.outputs[i - 1]!, this.outputs[i]!);
    }
  }

  /** Overwrites the arena's gradients, from {@link outputGradient} and the activations of the last {@link forward}. */
  backward(m: number, x: FloatArray): void {
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const input = i === 0 ? x : this.outputs[i - 1]!;
      const inputGradient = i === 0 ? undefined : this.outputGradients[i - 1]!;
      this.layers[i]!.backward(m, input, this.outputs[i]!, this.outputGradients[i]!, inputGradient);
    }
  }

  /** Which smooth piece each activation of the last {@link forward} of m rows lies on, layer by layer; for gradient checks. */
  pieces(m: number): Uint8Array {
    return Uint8Array.from(this.layers.flatMap((layer, i) =>
      Array.from({ length: layer.pieceOf === undefined ? 0 : m * layer.outputSize }, (_, j) => layer.pieceOf!(this.outputs[i]!, j)),
    ));
  }
}

/**
 * A multi-layer perceptron: linear layers of the given sizes with ReLU between them. [3072, 50, 10] is the course's
 * two-layer net. Parameters start at zero; see init.ts. Throws ERR_SHAPE for fewer than two sizes or a size below 1.
 */
export function mlp(sizes: readonly number[], kernels: Kernels, maxBatch: number): Sequential {
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw expected('ERR_SHAPE', 'two or more positive layer sizes', 'layers', sizes);
  }
  const layers: Layer[] = [];
  for (let i = 1; i < sizes.length; i++) {
    layers.push(new Linear(kernels, sizes[i - 1]!, sizes[i]!, i));
    if (i < sizes.length - 1) layers.push(new Relu(kernels, sizes[i]!));
  }
  return new Sequential(kernels, layers, maxBatch);
}
