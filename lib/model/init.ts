import type { RandomState } from '../random';
import type { Sequential } from './sequential';

/** How weights start: independent normal numbers. Biases always start at zero. */
export type Initializer = 'normal' | 'he';

/** The names of the initialisers, for specs. */
export const initializers: readonly Initializer[] = ['normal', 'he'];

/**
 * Draws all weights [fanOut, fanIn] of the model, layer by layer, row by row; biases become zero.
 * 'normal': standard deviation `std`. 'he': √(2/fanIn), which keeps the variance through ReLU layers (He et al. 2015, eq. 10).
 */
export function initialize(model: Sequential, initializer: Initializer, std: number, random: RandomState): void {
  for (const { value, shape, regularised } of model.arena.parameters) {
    const fanIn = shape[1];
    if (!regularised || fanIn === undefined) {
      value.fill(0);
      continue;
    }
    const deviation = initializer === 'he' ? Math.sqrt(2 / fanIn) : std;
    const draws = random.randn(value.length);
    for (let i = 0; i < value.length; i++) value[i] = deviation * draws[i]!;
  }
}
