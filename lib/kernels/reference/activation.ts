import type { Kernels } from '../contract';
import type { Rounding } from './rounding';

/** Elementwise functions and dropout. */
export type ActivationKernels = Pick<Kernels, 'reluForward' | 'reluBackward' | 'maskScale'>;

export function activationReference(round: Rounding): ActivationKernels {
  return {
    reluForward(n, x, y) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        y[i] = value <= 0 ? 0 : value;
      }
    },

    reluBackward(n, y, dy, dx) {
      for (let i = 0; i < n; i++) dx[i] = y[i]! <= 0 ? 0 : dy[i]!;
    },

    maskScale(n, scale, mask, x, y) {
      const factor = round(scale);
      for (let i = 0; i < n; i++) y[i] = mask[i] === 0 ? 0 : factor * x[i]!;
    },
  };
}
