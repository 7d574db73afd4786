import { normalDensityTimes, normalDistribution } from '../normal';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { exp, tanh } = Math;

/** Elementwise functions and dropout. */
export function activationReference(single: boolean): FamilyKernels<'activation'> {
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

    leakyReluForward(n, slope, x, y) {
      const factor = round(single, slope);
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        y[i] = value > 0 ? value : factor * value;
      }
    },

    leakyReluBackward(n, slope, y, dy, dx) {
      const factor = round(single, slope);
      for (let i = 0; i < n; i++) dx[i] = y[i]! > 0 ? dy[i]! : factor * dy[i]!;
    },

    tanhForward(n, x, y) {
      for (let i = 0; i < n; i++) y[i] = tanh(x[i]!);
    },

    tanhBackward(n, y, dy, dx) {
      for (let i = 0; i < n; i++) {
        const value = y[i]!;
        dx[i] = dy[i]! * round(single, 1 - round(single, value * value));
      }
    },

    sigmoidForward(n, x, y) {
      for (let i = 0; i < n; i++) y[i] = 1 / (1 + exp(-x[i]!));
    },

    sigmoidBackward(n, y, dy, dx) {
      for (let i = 0; i < n; i++) {
        const value = y[i]!;
        dx[i] = dy[i]! * round(single, value * round(single, 1 - value));
      }
    },

    geluForward(n, x, y) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        y[i] = value * normalDistribution(value);
      }
    },

    geluBackward(n, x, dy, dx) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        dx[i] = dy[i]! * (normalDistribution(value) + normalDensityTimes(value));
      }
    },

    maskScale(n, scale, mask, x, y) {
      const factor = round(single, scale);
      for (let i = 0; i < n; i++) y[i] = mask[i] === 0 ? 0 : factor * x[i]!;
    },

    add(n, a, b, y) {
      for (let i = 0; i < n; i++) y[i] = a[i]! + b[i]!;
    },
  };
}
