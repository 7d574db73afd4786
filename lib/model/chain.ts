import { expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { Dtype, FloatArray, SourceArray } from '../kernels/contract';
import type { Parameter } from './arena';
import type { Layer, Mode } from './layer';

/**
 * Layers applied one after the other, with their activations and the gradients of these for up to `maxBatch` rows. The
 * body of a model, and of a block within one.
 */
export class Chain {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Output of each layer [maxBatch, outputSize]; in-place layers share their input's where nobody needs it any more. */
  readonly outputs: readonly FloatArray[];
  /** ∂loss/∂output of each layer, after {@link backward}; shared likewise. */
  readonly outputGradients: readonly FloatArray[];

  /** Throws ERR_SHAPE when there is no layer, neighbours do not fit or `maxBatch` is not a positive integer. */
  constructor(readonly layers: readonly Layer[], dtype: Dtype, readonly maxBatch: number) {
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

    const shares = sharing(layers);
    const activations = (): FloatArray[] => {
      const arrays: FloatArray[] = [];
      layers.forEach((layer, i) => {
        arrays.push(shares[i] ? arrays[i - 1]! : allocate(dtype, maxBatch * layer.outputSize));
      });
      return arrays;
    };
    this.outputs = activations();
    this.outputGradients = activations();
    for (const layer of layers) layer.reserve?.(maxBatch);
  }

  /** Hands each layer its parameters and buffers, which stand in the order of the layers' specs. */
  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void {
    let p = 0;
    let b = 0;
    for (const layer of this.layers) {
      layer.attach(
        parameters.slice(p, (p += layer.parameterSpecs.length)),
        buffers.slice(b, (b += layer.bufferSpecs.length)),
      );
    }
  }

  /** Fills {@link outputs} for m rows x[m, inputSize]: of bytes only where the first layer was told to read such. */
  forward(m: number, x: SourceArray, mode: Mode): void {
    for (let i = 0; i < this.layers.length; i++) {
      this.layers[i]!.forward(m, i === 0 ? x as FloatArray : this.outputs[i - 1]!, this.outputs[i]!, mode);
    }
  }

  /** From dy[m, outputSize]: fills the parameters' gradients, {@link outputGradients} up to the last and, where given, dx. */
  backward(m: number, x: SourceArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const last = this.layers.length - 1;
    for (let i = last; i >= 0; i--) {
      const input = i === 0 ? x as FloatArray : this.outputs[i - 1]!;
      const inputGradient = i === 0 ? dx : this.outputGradients[i - 1]!;
      this.layers[i]!.backward(m, input, this.outputs[i]!, i === last ? dy : this.outputGradients[i]!, inputGradient);
    }
  }

  /** Which smooth piece each output of the last forward pass of m rows lies on, layer by layer. */
  pieces(m: number): Uint8Array {
    return Uint8Array.from(this.layers.flatMap((layer, i) => Array.from(layer.pieces?.(m, this.outputs[i]!) ?? [])));
  }
}

/** Which layers write their output over their input: those that work in place, where what lies there is read no more. */
export function sharing(layers: readonly Layer[]): boolean[] {
  // What backward still reads of the array that the layer before has written to, be it by that layer or by one before it.
  let needed: Layer['reads'] = 'value';
  return layers.map((layer, i) => {
    // The first layer's input belongs to the caller and is never overwritten.
    const shares = i > 0 && layer.inPlace && (needed === 'nothing' || (needed === 'sign' && layer.keepsSign === true));
    if (!shares || layer.reads === 'value' || needed === 'nothing') needed = layer.reads;
    return shares;
  });
}
