import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { RandomState } from '../random';
import type { ByteScale, Parameter, ParameterSpec } from './arena';
import type { Shape } from './shape';

/** Training draws dropout masks and uses a batch's own statistics; evaluation does neither. */
export type Mode = 'train' | 'evaluate';

/** State that a layer keeps but does not learn by gradient, such as running statistics; saved in checkpoints. */
export interface BufferSpec {
  /** Unique within a model. */
  readonly name: string;
  readonly length: number;
  readonly initial: number;
}

/** Floating-point operations for one sample: a multiplication and an addition are two. */
export interface Flops {
  readonly forward: number;
  /** Forward, and backward to the parameters and to the layer's input; the gradient of the model's own input is not computed. */
  readonly step: number;
}

/** Memory that a layer keeps for itself, counted in numbers of the kernels' dtype. */
export interface Scratch {
  readonly fixed: number;
  readonly perRow: number;
}

/** The layers within a layer, with their outputs and the gradients of these. */
export interface InnerLayers {
  readonly layers: readonly Layer[];
  readonly outputs: readonly FloatArray[];
  readonly outputGradients: readonly FloatArray[];
}

/**
 * One differentiable function of a model, on batches: x[m, ...inputShape] → y[m, ...outputShape]. The model allocates activations and
 * parameters and passes them in, so that memory is laid out once and a step allocates nothing.
 */
export interface Layer {
  readonly kind: string;
  /** Of a row of x. */
  readonly inputShape: Shape;
  /** Of a row of y. */
  readonly outputShape: Shape;
  /** What the layer learns; empty for an activation function. */
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  /** Of a layer whose outputs are those of so many members of an ensemble [members, outputs]; a model that ends with one is an ensemble. */
  readonly members?: number;
  /** True when y may share memory with x and dx with dy, because backward does not read x. */
  readonly inPlace: boolean;
  /**
   * What backward reads of y: nothing, only its sign, or its value. Decides whether the next layer may overwrite y: one that
   * works in place may where nothing is read, and where only the sign is read if it {@link keepsSign}.
   */
  readonly reads: 'nothing' | 'sign' | 'value';
  /** For an in-place layer: y > 0 exactly where x > 0, or dy is 0 there. */
  readonly keepsSign?: boolean;
  /** Its work; absent where it is not counted, as for functions of single elements and normalisations. */
  flops?(passesGradient: boolean): Flops;
  /** What {@link reserve} and the constructor allocate beside the layers within; absent for nothing. */
  readonly scratch?: Scratch;
  /** Takes the views for {@link parameterSpecs} and {@link bufferSpecs}, in the same order. Called once, by the model. */
  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void;
  /** Allocates what the layer needs for batches of up to maxBatch rows. Called once, by the model. */
  reserve?(maxBatch: number): void;
  /**
   * Lets x be bytes as well as floats from now on: scale·byte + shift. Absent where a layer takes floats alone; a model asks its first
   * layer.
   */
  readBytes?(byteScale: ByteScale): void;
  /** y ← f(x). */
  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void;
  /**
   * After a forward in mode 'train': from x, y = f(x) and dy, overwrites the parameters' gradients and dx. Where dx is
   * undefined, as for the first layer, dy may serve as scratch for it.
   */
  backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void;
  /**
   * For a layer that is piecewise linear, as ReLU: the number of the linear region that each element of the m rows of y lies in. A
   * gradient check cannot use a difference quotient whose ends lie in different regions. Absent or empty where f is smooth.
   */
  linearRegions?(m: number, y: FloatArray): Uint8Array;
  /** The state of the layer's random generator, as plain data, for checkpoints. Absent where nothing is drawn. */
  getRandomState?(): unknown;
  /** Restores such a state. */
  setRandomState?(state: unknown): void;
  /** Takes a new state for that generator from another. A layer without it that draws at random cannot train in shards. */
  reseed?(random: RandomState): void;
  /** For a layer that drops at random: its rate becomes this factor, in [0, 1], times the one that it was made with. */
  setDropoutFactor?(factor: number): void;
  /** The layers inside this one; absent for a simple layer. */
  readonly body?: readonly Layer[];
  /** The same with their activations, once memory is reserved; absent for a simple layer. */
  readonly inner?: InnerLayers;
}

/** Gives all layers a factor on their rate of dropout, those within layers too. */
export function setDropoutFactor(layers: readonly Layer[], factor: number): void {
  for (const layer of layers) {
    layer.setDropoutFactor?.(factor);
    if (layer.body !== undefined) setDropoutFactor(layer.body, factor);
  }
}

/** Gives the generators of all layers, those within layers too, new states. */
export function reseed(layers: readonly Layer[], random: RandomState): void {
  for (const layer of layers) {
    if (layer.reseed !== undefined) layer.reseed(random);
    else if (layer.body !== undefined) reseed(layer.body, random);
  }
}

/** The states of the random generators of layers, null where nothing is drawn. */
export function randomStates(layers: readonly Layer[]): unknown[] {
  return layers.map((layer) => layer.getRandomState?.() ?? null);
}

/** Restores what {@link randomStates} gave. Throws ERR_CHECKPOINT for states of other layers. */
export function setRandomStates(layers: readonly Layer[], states: unknown): void {
  if (!Array.isArray(states) || states.length !== layers.length) {
    throw expected('ERR_CHECKPOINT', `a list of ${String(layers.length)} states`, 'the random generators of the layers', states);
  }
  layers.forEach((layer, i) => {
    layer.setRandomState?.(states[i]);
  });
}
