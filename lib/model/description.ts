import { checkInteger, checkKernels, checkRandom } from '../arguments';
import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import type { RandomState } from '../random';
import { LeakyRelu, makeActivation } from './activations';
import type { Activation } from './activations';
import { checkDescription } from './checkDescription';
import { Dropout } from './dropout';
import type { Layer } from './layer';
import { Linear } from './linear';
import { BatchNorm, LayerNorm } from './normalization';
import type { Norm } from './norms';
import { Residual } from './residual';

export { norms } from './norms';
export type { Norm } from './norms';

/** A layer as plain data, as in the `model` of a spec. Input sizes follow from the layer before. */
export type LayerDescription =
  /** Without a size: the outputs of the model, or of the residual block around it. */
  | { readonly type: 'linear'; readonly size?: number }
  | { readonly type: Exclude<Activation, 'leaky-relu'> }
  | { readonly type: 'leaky-relu'; readonly slope?: number }
  | { readonly type: 'dropout'; readonly rate: number }
  | { readonly type: 'batch-norm'; readonly momentum?: number; readonly epsilon?: number }
  | { readonly type: 'layer-norm'; readonly epsilon?: number }
  | { readonly type: 'residual'; readonly layers: readonly LayerDescription[] }
  /** A residual block around one hidden layer of `size` units: fewer than come in, or more (an inverted bottleneck). */
  | { readonly type: 'bottleneck'; readonly size: number; readonly activation?: Activation; readonly norm?: Norm; readonly dropout?: number };

/** What a hidden layer of a multi-layer perceptron consists of: linear → norm → activation → dropout. */
export interface HiddenOptions {
  /** Default: 'relu'. */
  readonly activation?: Activation;
  /** Default: 'none'. */
  readonly norm?: Norm;
  /** Rate of dropout in [0, 1); 0 by default. */
  readonly dropout?: number;
}

export interface MlpOptions extends HiddenOptions {
  /** Rate of dropout on the inputs in [0, 1); 0 by default. */
  readonly inputDropout?: number;
  /** Whether hidden layers with as many outputs as inputs are residual blocks; false by default. */
  readonly residual?: boolean;
}

/**
 * The layers of a multi-layer perceptron with the given sizes, from inputs to outputs. Throws ERR_SHAPE for fewer than two
 * sizes or a size below 1.
 */
export function mlpLayers(sizes: readonly number[], options: MlpOptions = {}): LayerDescription[] {
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw expected('ERR_SHAPE', 'two or more positive layer sizes', 'layers', sizes);
  }
  const hidden = sizes.slice(1, -1).flatMap((size, i): readonly LayerDescription[] => {
    const layers = hiddenLayers(size, options);
    return options.residual === true && size === sizes[i] ? [{ type: 'residual', layers }] : layers;
  });
  return [...dropoutLayers(options.inputDropout), ...hidden, { type: 'linear', size: sizes[sizes.length - 1]! }];
}

function hiddenLayers(size: number, { activation = 'relu', norm = 'none', dropout }: HiddenOptions): LayerDescription[] {
  const normalization: Readonly<Record<Norm, readonly LayerDescription[]>> = {
    none: [], batch: [{ type: 'batch-norm' }], layer: [{ type: 'layer-norm' }],
  };
  return [{ type: 'linear', size }, ...normalization[norm], { type: activation }, ...dropoutLayers(dropout)];
}

function dropoutLayers(rate = 0): LayerDescription[] {
  return rate === 0 ? [] : [{ type: 'dropout', rate }];
}

/**
 * The layers that a description means, of which the first has `inputSize` inputs and a linear one without a size `outputSize`
 * outputs. Linear layers and normalisations are numbered from 1 in the order in which they stand.
 * @param random gives each dropout layer its generator. Throws ERR_SHAPE and ERR_CONFIG as the layers do.
 */
export function makeLayers(
  descriptions: readonly LayerDescription[], inputSize: number, outputSize: number, kernels: Kernels, random: RandomState,
): Layer[] {
  checkDescription(descriptions, 'descriptions');
  checkInteger(inputSize, 'inputSize', 1);
  checkInteger(outputSize, 'outputSize', 1);
  checkKernels(kernels);
  checkRandom(random);
  let linears = 0;
  let normalizations = 0;
  const make = (description: LayerDescription, size: number, outputs: number): Layer => {
    switch (description.type) {
      case 'linear': return new Linear(kernels, size, description.size ?? outputs, ++linears);
      case 'leaky-relu': return new LeakyRelu(kernels, size, description.slope);
      case 'dropout': return new Dropout(kernels, size, description.rate, random);
      case 'batch-norm': return new BatchNorm(kernels, size, ++normalizations, description);
      case 'layer-norm': return new LayerNorm(kernels, size, ++normalizations, description);
      case 'residual': return new Residual(kernels, makeAll(description.layers, size, size));
      case 'bottleneck':
        return new Residual(kernels, makeAll([...hiddenLayers(description.size, description), { type: 'linear' }], size, size));
      default: return makeActivation(description.type, kernels, size);
    }
  };
  const makeAll = (list: readonly LayerDescription[], inputs: number, outputs: number): Layer[] => {
    let size = inputs;
    return list.map((description) => {
      const layer = make(description, size, outputs);
      size = layer.outputSize;
      return layer;
    });
  };
  return makeAll(descriptions, inputSize, outputSize);
}
