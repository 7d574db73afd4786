import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';

/** A range of the arena's gradients that a backward pass has filled once it has done with a layer. */
export interface GradientBlock {
  /** The layer's number. */
  readonly layer: number;
  readonly from: number;
  readonly length: number;
}

/** Numbers of a block at least, so that few layers give few blocks: sending a block takes some time of its own, whatever its length. */
const minBlock = 32768;

/**
 * The gradients of a model in ranges, in the order in which a backward pass fills them. Parameters in front of the first trained layer are in none.
 * Weights lie in the order of the layers, so that those of neighbours are one range; biases and the like, which are few and lie behind all
 * weights, are the last block.
 */
export function gradientBlocks({ layers, arena, firstTrained }: Sequential, minLength = minBlock): GradientBlock[] {
  const blocks: GradientBlock[] = [];
  const boundary = arena.regularised.gradients.length;
  let end = boundary;
  let from = boundary;
  let rest = arena.gradients.length;
  let p = arena.parameters.length;
  for (let layer = layers.length - 1; layer >= firstTrained; layer--) {
    const first = p - layers[layer]!.parameterSpecs.length;
    for (; p > first; p--) {
      const { regularised, gradient } = arena.parameters[p - 1]!;
      if (regularised) from -= gradient.length;
      else rest -= gradient.length;
    }
    if (end - from >= minLength || (layer === firstTrained && end > from)) {
      blocks.push({ layer, from, length: end - from });
      end = from;
    }
  }
  if (rest < arena.gradients.length) blocks.push({ layer: firstTrained, from: rest, length: arena.gradients.length - rest });
  return blocks;
}

/** An array as long as the gradients, and its views of the blocks. */
export interface BlockViews {
  readonly all: FloatArray;
  readonly views: readonly FloatArray[];
}

export function viewsOf(all: FloatArray, blocks: readonly GradientBlock[]): BlockViews {
  return { all, views: blocks.map(({ from, length }) => all.subarray(from, from + length)) };
}
