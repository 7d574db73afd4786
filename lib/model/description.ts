import { checkInteger, checkKernels, checkRandom } from '../arguments';
import type { Kernels } from '../kernels/contract';
import type { RandomState } from '../random';
import { checkDescription } from './checkDescription';
import type { Layer } from './layer';
import { layerTypeOf } from './layers';
import type { LayerDescription } from './layers';
import type { MakeContext } from './layers/define';

/**
 * The layers of a description, of which the first has `inputSize` inputs and a linear one without a size `outputSize`
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
  const numbers = new Map<string, number>();
  const next = (name: string): number => {
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    return number;
  };
  const makeAll: MakeContext['makeAll'] = (list, inputShape, outputShape) => {
    let shape = inputShape;
    return list.map(({ type, ...options }) => {
      const context = { kernels, inputShape: shape, outputShape, random, next, makeAll };
      const layer = layerTypeOf(type)!.make(context, options);
      shape = layer.outputShape;
      return layer;
    });
  };
  return makeAll(descriptions, [inputSize], [outputSize]);
}
