import { normalDensityTimes, normalDistribution } from '../normal';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { abs, exp, expm1, tanh } = Math;

/** λ of SELU, and λα, the magnitude of its limit at −∞: with them standard normal inputs give outputs of mean 0 and variance 1. */
const seluScale = 1.0507009873554805;
const seluLimit = 1.7580993408473766;

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

    // With p = exp(−|x|), 1 + exp x is (1 + p)/p for x > 0, and tanh(log v) = (v² − 1)/(v² + 1).
    mishForward(n, x, y) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        const power = exp(-abs(value));
        const numerator = value > 0 ? 1 + 2 * power : power * (power + 2);
        y[i] = value * (numerator / (numerator + (value > 0 ? 2 * power * power : 2)));
      }
    },

    mishBackward(n, x, dy, dx) {
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        const power = exp(-abs(value));
        const numerator = value > 0 ? 1 + 2 * power : power * (power + 2);
        const denominator = numerator + (value > 0 ? 2 * power * power : 2);
        const slope = (4 * power * (1 + power) * (value > 0 ? power : 1)) / (denominator * denominator);
        dx[i] = dy[i]! * (numerator / denominator + value * slope);
      }
    },

    seluForward(n, x, y) {
      const scale = round(single, seluScale);
      const limit = round(single, seluLimit);
      for (let i = 0; i < n; i++) {
        const value = x[i]!;
        y[i] = value > 0 ? scale * value : limit * expm1(value);
      }
    },

    seluBackward(n, y, dy, dx) {
      const scale = round(single, seluScale);
      const limit = round(single, seluLimit);
      for (let i = 0; i < n; i++) {
        const value = y[i]!;
        dx[i] = dy[i]! * (value > 0 ? scale : round(single, value + limit));
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
