import { expected } from '../errors';
import type { FloatArray, Kernels, SourceArray } from '../kernels/contract';
import type { Parameter } from './arena';
import type { InnerLayers, Layer, Mode } from './layer';
import { sizeOf } from './shape';
import type { Shape } from './shape';

/**
 * Layers applied one after the other, with their activations and the gradients of these for up to `maxBatch` rows. The
 * body of a model, and of a block within one.
 */
export class Chain implements InnerLayers {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Output of each layer [maxBatch, ...outputShape]; layers that work in place share their input's where it is not read afterwards. */
  readonly outputs: readonly FloatArray[];
  /** ∂loss/∂output of each layer, after {@link backward}; shared likewise. */
  readonly outputGradients: readonly FloatArray[];

  /** Throws ERR_SHAPE when there is no layer, neighbours do not fit or `maxBatch` is not a positive integer. */
  constructor(readonly layers: readonly Layer[], kernels: Kernels, readonly maxBatch: number) {
    const first = layers[0];
    const last = layers[layers.length - 1];
    if (first === undefined || last === undefined) throw expected('ERR_SHAPE', 'at least one layer', 'layers', layers.length);
    if (!(Number.isInteger(maxBatch) && maxBatch > 0)) throw expected('ERR_SHAPE', 'a positive integer', 'maxBatch', maxBatch);
    layers.forEach((layer, i) => {
      const before = layers[i - 1];
      if (before === undefined) return;
      const [outputs, inputs] = [sizeOf(before.outputShape), sizeOf(layer.inputShape)];
      if (outputs !== inputs) throw expected('ERR_SHAPE', `input size ${String(outputs)}`, `layer ${String(i)} (${layer.kind})`, inputs);
    });
    this.inputShape = first.inputShape;
    this.outputShape = last.outputShape;

    const shares = sharing(layers);
    const activations = (): FloatArray[] => {
      const arrays: FloatArray[] = [];
      layers.forEach((layer, i) => {
        arrays.push(shares[i] ? arrays[i - 1]! : kernels.allocate(maxBatch * sizeOf(layer.outputShape)));
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

  /** Fills {@link outputs} for m rows x[m, ...inputShape]; of bytes only after the first layer's `readBytes`. */
  forward(m: number, x: SourceArray, mode: Mode): void {
    for (let i = 0; i < this.layers.length; i++) {
      this.layers[i]!.forward(m, i === 0 ? x as FloatArray : this.outputs[i - 1]!, this.outputs[i]!, mode);
    }
  }

  /**
   * From dy[m, ...outputShape]: fills the parameters' gradients, {@link outputGradients} up to the last and, where given, dx; of the layers
   * from `first` on, where no others are asked for. Calls `ready` with the number of each layer once its gradients are filled.
   */
  backward(m: number, x: SourceArray, dy: FloatArray, dx: FloatArray | undefined, first = 0, ready?: (layer: number) => void): void {
    const last = this.layers.length - 1;
    for (let i = last; i >= first; i--) {
      const input = i === 0 ? x as FloatArray : this.outputs[i - 1]!;
      const inputGradient = i === first ? dx : this.outputGradients[i - 1]!;
      this.layers[i]!.backward(m, input, this.outputs[i]!, i === last ? dy : this.outputGradients[i]!, inputGradient);
      ready?.(i);
    }
  }

  /** The linear region of each output of the last forward pass of m rows, layer by layer. */
  linearRegions(m: number): Uint8Array {
    return Uint8Array.from(this.layers.flatMap((layer, i) => Array.from(layer.linearRegions?.(m, this.outputs[i]!) ?? [])));
  }
}

/** Which layers write their output over their input: those that work in place, where backward no longer needs the input. */
export function sharing(layers: readonly Layer[]): boolean[] {
  // What backward still reads of the previous layer's output array, for that layer or for an earlier one that shares it.
  let needed: Layer['reads'] = 'value';
  return layers.map((layer, i) => {
    // The first layer's input belongs to the caller and is never overwritten.
    const shares = i > 0 && layer.inPlace && (needed === 'nothing' || (needed === 'sign' && layer.keepsSign === true));
    if (!shares || layer.reads === 'value' || needed === 'nothing') needed = layer.reads;
    return shares;
  });
}
