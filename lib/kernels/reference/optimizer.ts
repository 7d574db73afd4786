import type { Kernels } from '../contract';
import type { Rounding } from './rounding';

/** Update rules. */
export type OptimizerKernels = Pick<Kernels, 'sgdStep'>;

export function optimizerReference(round: Rounding): OptimizerKernels {
  return {
    sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v) {
      const rate = round(lr);
      const inertia = round(momentum);
      const decay = round(weightDecay);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(dw[i]! + round(decay * weight));
        let step = gradient;
        if (inertia !== 0) {
          const velocity = round(round(inertia * v[i]!) + gradient);
          v[i] = velocity;
          step = nesterov ? round(gradient + round(inertia * velocity)) : velocity;
        }
        w[i] = weight - round(rate * step);
      }
    },
  };
}
