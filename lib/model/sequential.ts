import { checkKernels, checkList, checkObject, checkOptions } from '../arguments';
import { expected } from '../errors';
import type { FloatArray, Kernels, SourceArray } from '../kernels/contract';
import { RandomState } from '../random';
import { Arena } from './arena';
import type { ByteScale, Parameter } from './arena';
import { Chain } from './chain';
import { makeLayers } from './description';
import { mlpLayers } from './mlpLayers';
import type { MlpOptions } from './mlpLayers';
import { randomStates, setDropoutFactor, setRandomStates } from './layer';
import type { Layer, Mode } from './layer';
import type { Shape } from './shape';
import { sizeOf } from './shape';
import { checkModelSize } from './size';

/** A buffer of a model: state that is kept and saved but not learned by gradient. */
export interface Buffer {
  readonly name: string;
  readonly value: FloatArray;
}

/**
 * A model: layers applied one after the other. All memory (parameters, gradients, buffers, activations for up to `maxBatch`
 * rows) is allocated here, once.
 */
export class Sequential {
  readonly arena: Arena;
  readonly buffers: readonly Buffer[];
  readonly chain: Chain;
  private first = 0;
  /** Numbers of a row of inputs. */
  readonly inputSize: number;
  /** Members of an ensemble, each of which gives outputs of its own; 1 for a single net. */
  readonly members: number;
  /** Numbers of a prediction: of a row of outputs, or of one member's. */
  readonly outputSize: number;

  /** Throws ERR_SHAPE when neighbouring layers do not fit or `maxBatch` is not a positive integer, ERR_MEMORY where there is no room for it. */
  constructor(readonly kernels: Kernels, readonly layers: readonly Layer[], readonly maxBatch: number) {
    checkKernels(kernels);
    checkList(layers, 'layers', 'a list of layers');
    for (const layer of layers) checkObject(layer, 'layers', 'layers, as makeLayers gives them,', ['parameterSpecs', 'bufferSpecs', 'forward']);
    if (Number.isInteger(maxBatch)) checkModelSize(layers, kernels.dtype, maxBatch);
    this.chain = new Chain(layers, kernels, maxBatch);
    this.inputSize = sizeOf(this.chain.inputShape);
    this.members = layers[layers.length - 1]!.members ?? 1;
    this.outputSize = sizeOf(this.chain.outputShape) / this.members;
    this.arena = new Arena(kernels, layers.flatMap((layer) => layer.parameterSpecs));
    this.buffers = layers.flatMap((layer) => layer.bufferSpecs).map(({ name, length, initial }) => ({
      name, value: kernels.allocate(length).fill(initial),
    }));
    this.chain.attach(this.arena.parameters, this.buffers.map(({ value }) => value));
  }

  get inputShape(): Shape {
    return this.chain.inputShape;
  }

  get outputShape(): Shape {
    return this.chain.outputShape;
  }

  /**
   * The weights [units, inputSize] of a linear layer that nothing with weights stands before, as pictures of the first layer show them;
   * undefined where another kind of layer comes first.
   */
  get inputWeights(): Parameter | undefined {
    const first = this.arena.parameters.find(({ fans }) => fans !== undefined);
    return first?.product !== undefined && first.shape[1] === this.inputSize ? first : undefined;
  }

  /** The network's outputs [m, outputSize], or of an ensemble [m, members, outputSize], of the last {@link forward}; overwritten by the next. */
  get output(): FloatArray {
    return this.chain.outputs[this.layers.length - 1]!;
  }

  /** Where the loss writes ∂loss/∂output, of the same shape, before {@link backward}. */
  get outputGradient(): FloatArray {
    return this.chain.outputGradients[this.layers.length - 1]!;
  }

  /**
   * Lets batches be bytes, for inputs scale·byte + shift, where the first layer can read them and the kernels prefer them. Returns
   * whether batches may be bytes from now on; floats may always be given.
   */
  readBytes(byteScale: ByteScale): boolean {
    const first = this.layers[0]!;
    if (!this.kernels.prefersBytes || first.readBytes === undefined) return false;
    first.readBytes(byteScale);
    return true;
  }

  /** Computes {@link output} for m ≤ maxBatch rows x[m, inputSize]. */
  forward(m: number, x: SourceArray, mode: Mode): void {
    if (m > this.maxBatch) throw expected('ERR_SHAPE', `at most ${String(this.maxBatch)} rows`, 'a batch', m);
    this.chain.forward(m, x, mode);
  }

  /** The number of the first layer that has parameters which are trained. */
  get firstTrained(): number {
    return this.first;
  }

  /**
   * Overwrites the arena's gradients, from {@link outputGradient} and the activations of the last forward in training. Calls `ready` with the
   * number of each layer, from the last to {@link firstTrained}, once its gradients are filled.
   */
  backward(m: number, x: SourceArray, ready?: (layer: number) => void): void {
    this.chain.backward(m, x, this.outputGradient, undefined, this.first, ready);
  }

  /**
   * Freezes the parameters that `patterns` name: as W1, or with the number of their layer, from 0, as layers.0.W1; `*` stands for any text. Batch
   * normalisation goes on averaging. Throws ERR_CONFIG, with the names there are, for a pattern that names none, and where nothing is left to train.
   */
  freeze(patterns: readonly string[]): void {
    const { layers, arena } = this;
    const named = layers.flatMap(({ parameterSpecs }, i) => parameterSpecs.map(({ name }) => ({ i, name, path: `layers.${String(i)}.${name}` })));
    const frozen = new Set(patterns.flatMap((pattern) => {
      const matches = matcher(pattern);
      const found = named.filter(({ name, path }) => matches(name) || matches(path));
      if (found.length > 0) return found;
      throw expected('ERR_CONFIG', `names of parameters (${named.map(({ name }) => name).join(', ')}, or as ${named[0]?.path ?? ''})`, 'freeze', pattern, { path: 'freeze' });
    }));
    const trained = named.find((parameter) => !frozen.has(parameter));
    if (trained === undefined) throw expected('ERR_CONFIG', 'a parameter that is left to train', 'freeze', patterns, { path: 'freeze' });
    arena.freeze([...frozen].map(({ name }) => arena.find(name)!));
    this.first = trained.i;
  }

  /** Gives all dropout layers a factor in [0, 1] on the rate that they were made with; 1 until then. */
  setDropoutFactor(factor: number): void {
    setDropoutFactor(this.layers, factor);
  }

  /** The linear region of each activation of the last {@link forward} of m rows, layer by layer; for gradient checks. */
  linearRegions(m: number): Uint8Array {
    return this.chain.linearRegions(m);
  }

  /** The states of all random generators in the layers, for checkpoints. */
  getRandomStates(): unknown[] {
    return randomStates(this.layers);
  }

  /** Restores such states. Throws ERR_CHECKPOINT where they are not those of these layers. */
  setRandomStates(states: unknown): void {
    setRandomStates(this.layers, states);
  }
}

/** Whether a text is like a pattern, in which `*` stands for any text. */
function matcher(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[$()+.?[\\\]^{|}]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 's');
  return (text) => expression.test(text);
}

/**
 * A multi-layer perceptron of the given sizes: linear layers, and between them what the options say, by default ReLU.
 * [3072, 50, 10] is the course's two-layer net. Parameters start at zero; see init.ts. Throws ERR_SHAPE for fewer than two
 * sizes or a size below 1, ERR_CONFIG for a rate out of range.
 */
export function mlp(
  sizes: readonly number[], kernels: Kernels, maxBatch: number, options: MlpOptions & { readonly random?: RandomState } = {},
): Sequential {
  checkList(sizes, 'sizes', 'two or more positive layer sizes');
  checkKernels(kernels);
  checkOptions(options);
  const descriptions = mlpLayers(sizes, options);
  const outputSize = sizes[sizes.length - 1]!;
  const layers = makeLayers(descriptions, sizes[0]!, outputSize, kernels, options.random ?? new RandomState(0));
  return new Sequential(kernels, layers, maxBatch);
}
