import type { Kernels } from '../contract';
import type { Rounding } from './rounding';

const { sqrt } = Math;

/** Update rules. */
export type OptimizerKernels = Pick<Kernels, 'sgdStep' | 'adamStep' | 'rmspropStep' | 'lionStep' | 'lerp'>;

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

    adamStep(n, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, w, dw, m, v) {
      const [size, correction, floor] = [round(stepSize), round(rootCorrection), round(epsilon)];
      const [decay, kept] = [round(weightDecay), round(keep)];
      const [old1, new1, old2, new2] = [round(beta1), round(1 - beta1), round(beta2), round(1 - beta2)];
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(dw[i]! + round(decay * weight));
        const mean = round(round(old1 * m[i]!) + round(new1 * gradient));
        const square = round(round(old2 * v[i]!) + round(round(new2 * gradient) * gradient));
        const denominator = round(round(round(sqrt(square)) / correction) + floor);
        m[i] = mean;
        v[i] = square;
        w[i] = round(kept * weight) - round(round(size * mean) / denominator);
      }
    },

    rmspropStep(n, lr, rho, epsilon, weightDecay, w, dw, v) {
      const [rate, floor, decay] = [round(lr), round(epsilon), round(weightDecay)];
      const [old, fresh] = [round(rho), round(1 - rho)];
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(dw[i]! + round(decay * weight));
        const square = round(round(old * v[i]!) + round(round(fresh * gradient) * gradient));
        v[i] = square;
        w[i] = weight - round(round(rate * gradient) / round(round(sqrt(square)) + floor));
      }
    },

    lionStep(n, lr, beta1, beta2, weightDecay, keep, w, dw, m) {
      const [rate, decay, kept] = [round(lr), round(weightDecay), round(keep)];
      const [old1, new1, old2, new2] = [round(beta1), round(1 - beta1), round(beta2), round(1 - beta2)];
      for (let i = 0; i < n; i++) {
        const weight = w[i]!;
        const gradient = round(dw[i]! + round(decay * weight));
        const mean = m[i]!;
        const direction = round(round(old1 * mean) + round(new1 * gradient));
        const sign = direction > 0 ? 1 : direction < 0 ? -1 : direction;
        w[i] = round(kept * weight) - round(rate * sign);
        m[i] = round(old2 * mean) + round(new2 * gradient);
      }
    },

    lerp(n, t, x, y) {
      const factor = round(t);
      for (let i = 0; i < n; i++) y[i] = y[i]! + round(factor * round(x[i]! - y[i]!));
    },
  };
}
