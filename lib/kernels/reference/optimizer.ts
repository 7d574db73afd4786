import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { sqrt } = Math;

/** Update rules. */
export function optimizerReference(single: boolean): FamilyKernels<'optimizer'> {
  return {
    sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v) {
      const rate = round(single, lr);
      const inertia = round(single, momentum);
      const decay = round(single, weightDecay);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(single, dw[i]! + round(single, decay * weight));
        let step = gradient;
        if (inertia !== 0) {
          const velocity = round(single, round(single, inertia * v[i]!) + gradient);
          v[i] = velocity;
          step = nesterov ? round(single, gradient + round(single, inertia * velocity)) : velocity;
        }
        w[i] = weight - round(single, rate * step);
      }
    },

    adamStep(n, stepSize, beta1, beta2, epsilon, weightDecay, keep, w, dw, m, v) {
      const size = round(single, stepSize);
      const floor = round(single, epsilon);
      const decay = round(single, weightDecay);
      const kept = round(single, keep);
      const old1 = round(single, beta1);
      const new1 = round(single, 1 - beta1);
      const old2 = round(single, beta2);
      const new2 = round(single, 1 - beta2);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(single, dw[i]! + round(single, decay * weight));
        const mean = round(single, round(single, old1 * m[i]!) + round(single, new1 * gradient));
        const fresh = round(single, round(single, new2 * gradient) * gradient);
        const square = round(single, round(single, old2 * v[i]!) + fresh);
        const denominator = round(single, round(single, sqrt(square)) + floor);
        m[i] = mean;
        v[i] = square;
        w[i] = round(single, kept * weight) - round(single, round(single, size * mean) / denominator);
      }
    },

    rmspropStep(n, lr, rho, epsilon, weightDecay, w, dw, v) {
      const rate = round(single, lr);
      const floor = round(single, epsilon);
      const decay = round(single, weightDecay);
      const old = round(single, rho);
      const other = round(single, 1 - rho);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(single, dw[i]! + round(single, decay * weight));
        const fresh = round(single, round(single, other * gradient) * gradient);
        const square = round(single, round(single, old * v[i]!) + fresh);
        v[i] = square;
        const denominator = round(single, round(single, sqrt(square)) + floor);
        w[i] = weight - round(single, round(single, rate * gradient) / denominator);
      }
    },

    lionStep(n, lr, beta1, beta2, weightDecay, keep, w, dw, m) {
      const rate = round(single, lr);
      const decay = round(single, weightDecay);
      const kept = round(single, keep);
      const old1 = round(single, beta1);
      const new1 = round(single, 1 - beta1);
      const old2 = round(single, beta2);
      const new2 = round(single, 1 - beta2);
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(single, dw[i]! + round(single, decay * weight));
        const mean = m[i]!;
        const direction = round(single, round(single, old1 * mean) + round(single, new1 * gradient));
        const sign = direction > 0 ? 1 : direction < 0 ? -1 : direction;
        w[i] = round(single, kept * weight) - round(single, rate * sign);
        m[i] = round(single, old2 * mean) + round(single, new2 * gradient);
      }
    },

    lerp(n, t, x, y) {
      const factor = round(single, t);
      for (let i = 0; i < n; i++) y[i] = y[i]! + round(single, factor * round(single, x[i]! - y[i]!));
    },
  };
}
