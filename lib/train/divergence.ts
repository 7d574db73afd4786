import { BlastrainError } from '../errors';
import { formatShort } from '../numbers';
import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';
import { weightedLayers } from './layers';

/** Where values first became non-finite. */
export interface Divergence {
  /** 'parameters' where an update made them non-finite, by its gradient or its size; 'outputs' where a forward pass did. */
  readonly where: 'parameters' | 'outputs' | 'loss';
  /** Number among the layers with weights, from 1; 0 for the loss. */
  readonly layer: number;
  /** What is not finite, and where; completes the sentence of the error. */
  readonly description: string;
}

/**
 * Finds the first layer with non-finite values, in the parameters and the activations after a pass with a non-finite loss. Checks
 * parameters first, as they precede the pass, from the last layer to the first, as gradients propagate in that direction; then
 * outputs, in the order of the forward pass.
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

/** ERR_DIVERGED for a non-finite loss, naming the layer where it began. */
export function diverged(
  model: Sequential, loss: number, step: number, learningRate: number, lastFiniteLoss: number,
): BlastrainError {
  const { where, layer, description } = locateDivergence(model);
  return new BlastrainError(
    'ERR_DIVERGED',
    `Expected a finite loss for step ${String(step)} but received ${String(loss)}: ${description}; the learning rate was ` +
      `${formatShort(learningRate)} and the last finite loss ${formatShort(lastFiniteLoss)}`,
    { step, learningRate, lastFiniteLoss, where, layer },
  );
}

function isFinite(array: FloatArray): boolean {
  for (const value of array) if (!Number.isFinite(value)) return false;
  return true;
}
