import { BlastrainError } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';
import { weightedLayers } from './layers';

/** Where numbers first stopped being finite. */
export interface Divergence {
  /** 'parameters' when an update made them so, through its gradient or its size; 'outputs' when a forward pass did. */
  readonly where: 'parameters' | 'outputs' | 'loss';
  /** Number of the layer among those with weights, from 1; 0 for the loss. */
  readonly layer: number;
  /** A sentence's end: what is not finite, and where. */
  readonly description: string;
}

/**
 * Looks for the first layer that went wrong, in the parameters and the activations that a pass with a non-finite loss left
 * behind. Parameters come first, because they were there before the pass; among them the layer nearest to the loss,
 * because gradients flow from there. Then outputs, layer by layer, in the order of the forward pass.
 */
export function locateDivergence(model: Sequential): Divergence {
  const layers = weightedLayers(model);
  const broken = layers.filter(({ parameters }) => !parameters.every(({ value }) => isFinite(value))).pop();
  if (broken !== undefined) {
    const { number: layer, description } = broken;
    return { where: 'parameters', layer, description: `the last update left parameters that are not finite in ${description}` };
  }
  const overflowing = layers.find(({ output }) => !isFinite(output));
  if (overflowing !== undefined) {
    const { number: layer, description } = overflowing;
    return { where: 'outputs', layer, description: `the first outputs that are not finite came from ${description}` };
  }
  return { where: 'loss', layer: 0, description: 'all layers\' outputs are finite, the sum of the loss and its penalty is not' };
}

/** ERR_DIVERGED for a loss that is not finite, with the layer where it began. */
export function diverged(
  model: Sequential, loss: number, step: number, learningRate: number, lastFiniteLoss: number,
): BlastrainError {
  const { where, layer, description } = locateDivergence(model);
  return new BlastrainError(
    'ERR_DIVERGED',
    `Expected a finite loss for step ${String(step)} but received ${String(loss)}: ${description}; the learning rate was ` +
      `${String(learningRate)} and the last finite loss ${String(lastFiniteLoss)}`,
    { step, learningRate, lastFiniteLoss, where, layer },
  );
}

function isFinite(array: FloatArray): boolean {
  for (const value of array) if (!Number.isFinite(value)) return false;
  return true;
}
