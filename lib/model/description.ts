import { checkInteger, checkKernels, checkList, checkObject, checkRandom } from '../arguments';
import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import type { RandomState } from '../random';
import { checkDescription } from './checkDescription';
import type { Layer } from './layer';
import { layerTypeOf } from './layers';
import type { LayerDescription } from './layers';
import { inputsIn, numbersAlone } from './layers/define';
import type { InputLayout, MakeContext } from './layers/define';
import { sizeOf } from './shape';
import type { Shape } from './shape';

/**
 * The layers of a description, of which the first has `inputSize` inputs and a linear one without a size `outputSize`
 * outputs. Linear layers and normalisations are numbered from 1 in the order in which they stand.
 * @param random gives each dropout layer its generator.
 * @param inputLayout what the inputs are; by default all of them are numbers. Throws ERR_SHAPE and ERR_CONFIG as the layers do, and
 * ERR_SHAPE for a layout of another number of inputs.
 */
export function makeLayers(
  descriptions: readonly LayerDescription[], inputSize: number, outputSize: number, kernels: Kernels, random: RandomState,
  inputLayout: InputLayout = numbersAlone(inputSize),
): Layer[] {
  checkDescription(descriptions, 'descriptions');
  checkInteger(inputSize, 'inputSize', 1);
  checkInteger(outputSize, 'outputSize', 1);
  checkKernels(kernels);
  checkRandom(random);
  checkLayout(inputLayout, inputSize);
  const numbers = new Map<string, number>();
  const next = (name: string): number => {
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    return number;
  };
  const makeChain = (list: Parameters<MakeContext['makeAll']>[0], inputShape: Shape, outputShape: Shape, layout: InputLayout): Layer[] => {
    let shape = inputShape;
    return list.map(({ type, ...options }, i) => {
      const context = {
        kernels, inputShape: shape, inputLayout: i === 0 ? layout : numbersAlone(sizeOf(shape)), outputShape, random, next, makeAll,
      };
      const kind = layerTypeOf(type)!;
      if (i === 0 && layout.categories.length > 0 && kind.takesCategories !== true) throw takesNoCategories(layout, type);
      const layer = kind.make(context, options);
      shape = layer.outputShape;
      return layer;
    });
  };
  const makeAll: MakeContext['makeAll'] = (list, inputShape, outputShape) => makeChain(list, inputShape, outputShape, numbersAlone(sizeOf(inputShape)));
  return makeChain(descriptions, [inputSize], [outputSize], inputLayout);
}

function takesNoCategories({ categories }: InputLayout, type: string): Error {
  const what = `a first layer that embeds categories (or no oneHot, which leaves ${String(categories.length)} of them as indices)`;
  return expected('ERR_CONFIG', what, 'the model', type, { path: 'oneHot' });
}

function checkLayout(layout: InputLayout, inputSize: number): void {
  checkObject(layout, 'inputLayout', 'how many numbers, passed inputs and categories there are', ['numbers', 'passed', 'categories']);
  checkInteger(layout.numbers, 'inputLayout.numbers', 0);
  checkInteger(layout.passed, 'inputLayout.passed', 0);
  checkList(layout.categories, 'inputLayout.categories', 'a list of sizes');
  for (const size of layout.categories) checkInteger(size, 'inputLayout.categories', 1);
  if (inputsIn(layout) !== inputSize) throw expected('ERR_SHAPE', `a layout of ${String(inputSize)} inputs`, 'inputLayout', inputsIn(layout));
}
