import { unitRoundoff } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { RandomState } from '../random';

/** Evaluations from which the noise of the loss is estimated. */
const NOISE_SAMPLES = 16;

/**
 * Standard deviation of the rounding errors in a loss, after Moré & Wild, Estimating Computational Noise (SIAM J. Sci.
 * Comput. 33, 2011): along a line on which parameters change by a few hundred units in the last place, the exact
 * loss is linear, so that second differences consist of rounding errors alone, with variance (1 + 4 + 1)·σ². At least the
 * rounding of the result itself.
 */
export function lossNoise(evaluate: () => number, arrays: readonly FloatArray[], random: RandomState): number {
  const saved = arrays.map((values) => values.slice());
  const directions = arrays.map(({ length }) => random.uniform(-1, 1, length));
  const losses: number[] = [];
  try {
    for (let k = 0; k < NOISE_SAMPLES; k++) {
      arrays.forEach((values, j) => {
        for (let i = 0; i < values.length; i++) values[i] = saved[j]![i]! * (1 + k * 2 ** -46 * directions[j]![i]!);
      });
      losses.push(evaluate());
    }
  } finally {
    arrays.forEach((values, j) => { values.set(saved[j]!); });
  }
  let sum = 0;
  for (let k = 2; k < losses.length; k++) sum += (losses[k]! - 2 * losses[k - 1]! + losses[k - 2]!) ** 2;
  const measured = Math.sqrt(sum / (6 * (losses.length - 2)));
  return Math.max(measured, unitRoundoff('float64') * Math.abs(losses[0]!));
}
