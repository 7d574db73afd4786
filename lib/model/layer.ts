import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { ByteScale, Parameter, ParameterSpec } from './arena';
import type { Chain } from './chain';

/** Training draws dropout masks and uses a batch's own statistics; evaluation does neither. */
export type Mode = 'train' | 'evaluate';

/** State that a layer keeps but does not learn by gradient, such as running statistics; saved in checkpoints. */
export interface BufferSpec {
  /** Unique within a model. */
  readonly name: string;
  readonly length: number;
  readonly initial: number;
}

/**
 * One differentiable step of a model, on batches: x[m, inputSize] → y[m, outputSize]. Layers own neither activations nor
 * parameters: the model lends them, so that memory is laid out once and a step allocates nothing.
 */
export interface Layer {
  readonly kind: string;
  readonly inputSize: number;
  readonly outputSize: number;
  /** What the layer learns; empty for an activation function. */
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  /** True when y may share memory with x and dx with dy, because backward does not read x. */
  readonly inPlace: boolean;
  /**
   * What backward reads of y: nothing, only its sign, or its value. Decides whether the next layer may overwrite y: one that
   * works in place may where nothing is read, and where only the sign is read if it {@link keepsSign}.
   */
  readonly reads: 'nothing' | 'sign' | 'value';
  /** For an in-place layer: y > 0 exactly where x > 0, or dy is 0 there. */
  readonly keepsSign?: boolean;
  /** Takes the views for {@link parameterSpecs} and {@link bufferSpecs}, in the same order. Called once, by the model. */
  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void;
  /** Allocates what the layer needs for batches of up to maxBatch rows. Called once, by the model. */
  reserve?(maxBatch: number): void;
  /**
   * Lets x be bytes as well as numbers from now on, and says what they stand for. Absent where a layer takes numbers alone; a
   * model asks its first one.
   */
  readBytes?(byteScale: ByteScale): void;
  /** y ← f(x). */
  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void;
  /**
   * After a forward in mode 'train': from x, y = f(x) and dy, overwrites the parameters' gradients and dx. Where dx is
   * undefined (first layer: nobody reads it) it may overwrite dy instead.
   */
  backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void;
  /**
   * For a layer that is only piecewise smooth, which piece gave each element of the m rows of y: a gradient check cannot use a
   * difference quotient whose ends lie on different pieces. Absent where f is smooth.
   */
  pieces?(m: number, y: FloatArray): Uint8Array;
  /** The state of the layer's random generator, as plain data, for checkpoints. Absent where nothing is drawn. */
  getRandomState?(): unknown;
  /** Goes on from such a state. */
  setRandomState?(state: unknown): void;
  /** The layers inside this one; absent for a simple layer. */
  readonly body?: readonly Layer[];
  /** The same with their activations, once memory is reserved; absent for a simple layer. */
  readonly inner?: Chain;
}

/** The states of the random generators of layers, null where nothing is drawn. */
export function randomStates(layers: readonly Layer[]): unknown[] {
  return layers.map((layer) => layer.getRandomState?.() ?? null);
}

/** Goes on from what {@link randomStates} gave. Throws ERR_CHECKPOINT where it is not of such layers. */
export function setRandomStates(layers: readonly Layer[], states: unknown): void {
  if (!Array.isArray(states) || states.length !== layers.length) {
    throw expected('ERR_CHECKPOINT', `a list of ${String(layers.length)} states`, 'the random generators of the layers', states);
  }
  layers.forEach((layer, i) => {
    layer.setRandomState?.(states[i]);
  });
}
