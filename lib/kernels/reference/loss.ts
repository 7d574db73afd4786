import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { abs, exp, log, log1p } = Math;
const { isNaN } = Number;

/** Softmax, losses and the most probable class. */
export function lossReference(single: boolean): FamilyKernels<'loss'> {
  return {
    softmaxForward(m, n, x, y) {
      for (let i = 0; i < m; i++) softmaxRow(n, x, y, i * n, rowMaximum(n, x, i * n));
    },

    softmaxBackward(m, n, y, dy, dx) {
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let sum = 0;
        for (let at = from; at < from + n; at++) sum += dy[at]! * y[at]!;
        for (let at = from; at < from + n; at++) dx[at] = y[at]! * (dy[at]! - sum);
      }
    },

    softmaxCrossEntropyForward(m, n, x, labels, probs) {
      let loss = 0;
      for (let i = 0; i < m; i++) {
        const from = i * n;
        const maximum = rowMaximum(n, x, from);
        const shifted = x[from + labels[i]!]! - maximum; // read first: probs may be x
        // −log p = log Σ exp(x − max) − (x[label] − max): finite where p itself underflows.
        loss += log(softmaxRow(n, x, probs, from, maximum)) - shifted;
      }
      return loss;
    },

    softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx) {
      const factor = round(single, scale);
      for (let i = 0, at = 0; i < m; i++) {
        const label = labels[i]!;
        for (let j = 0; j < n; j++, at++) dx[at] = factor * (j === label ? round(single, probs[at]! - 1) : probs[at]!);
      }
    },

    softCrossEntropyForward(m, n, smoothing, x, targets, weights, probs) {
      if (n === 0) return 0;
      const epsilon = round(single, smoothing);
      let loss = 0;
      for (let i = 0; i < m; i++) {
        const from = i * n;
        const maximum = rowMaximum(n, x, from);
        let total = 0;
        let distance = 0; // read from x before softmax: probs may be x
        for (let j = 0; j < n; j++) {
          const target = weights[j]! * ((1 - epsilon) * targets[from + j]! + epsilon / n);
          total += target;
          if (target !== 0) distance += target * (maximum - x[from + j]!);
        }
        loss += total * log(softmaxRow(n, x, probs, from, maximum)) + distance;
      }
      return loss;
    },

    softCrossEntropyBackward(m, n, scale, smoothing, probs, targets, weights, dx) {
      const factor = round(single, scale);
      const epsilon = round(single, smoothing);
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let total = 0;
        for (let j = 0; j < n; j++) total += weights[j]! * ((1 - epsilon) * targets[from + j]! + epsilon / n);
        for (let j = 0; j < n; j++) {
          const target = weights[j]! * ((1 - epsilon) * targets[from + j]! + epsilon / n);
          dx[from + j] = factor * (probs[from + j]! * total - target);
        }
      }
    },

    squaredErrorForward(n, x, targets) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const error = x[i]! - targets[i]!;
        sum += error * error;
      }
      return sum;
    },

    squaredErrorBackward(n, scale, x, targets, dx) {
      const factor = round(single, scale);
      for (let i = 0; i < n; i++) dx[i] = factor * round(single, x[i]! - targets[i]!);
    },

    huberForward(m, n, delta, x, targets, weights) {
      const limit = round(single, delta);
      let sum = 0;
      for (let i = 0, at = 0; i < m; i++) {
        const weight = weights[i]!;
        if (weight === 0) at += n;
        else for (const end = at + n; at < end; at++) {
          const error = x[at]! - targets[at]!;
          const size = abs(error);
          sum += weight * (size <= limit ? 0.5 * error * error : limit * (size - 0.5 * limit));
        }
      }
      return sum;
    },

    huberBackward(m, n, scale, delta, x, targets, weights, dx) {
      const limit = round(single, delta);
      for (let i = 0, at = 0; i < m; i++) {
        const factor = round(single, round(single, scale) * weights[i]!);
        for (const end = at + n; at < end; at++) {
          const error = round(single, x[at]! - targets[at]!);
          dx[at] = factor * (error > limit ? limit : error < -limit ? -limit : error);
        }
      }
    },

    pinballForward(m, n, k, x, targets, levels, weights) {
      let sum = 0;
      for (let i = 0; i < m; i++) {
        const weight = weights[i]!;
        if (weight === 0) continue;
        for (let j = i * n; j < (i + 1) * n; j++) {
          for (let l = 0; l < k; l++) {
            const error = targets[j]! - x[j * k + l]!;
            sum += weight * (error >= 0 ? levels[l]! * error : (levels[l]! - 1) * error);
          }
        }
      }
      return sum;
    },

    pinballBackward(m, n, k, scale, x, targets, levels, weights, dx) {
      for (let i = 0; i < m; i++) {
        const factor = round(single, round(single, scale) * weights[i]!);
        for (let j = i * n; j < (i + 1) * n; j++) {
          for (let l = 0; l < k; l++) {
            const [own, target, level] = [x[j * k + l]!, targets[j]!, levels[l]!];
            dx[j * k + l] = factor * (own > target ? round(single, 1 - level) : own < target ? -level : round(single, own - target));
          }
        }
      }
    },

    sigmoidCrossEntropyForward(m, n, x, targets, weights, probs) {
      let sum = 0;
      for (let i = 0, at = 0; i < m; i++) {
        const weight = weights[i]!;
        for (const end = at + n; at < end; at++) {
          const logit = x[at]!; // read first: probs may be x
          const power = exp(-abs(logit));
          if (weight !== 0) sum += weight * ((logit > 0 ? logit : 0) - logit * targets[at]! + log1p(power));
          probs[at] = logit >= 0 ? 1 / (1 + power) : power / (1 + power);
        }
      }
      return sum;
    },

    poissonForward(m, n, x, targets, weights, rates) {
      let sum = 0;
      for (let i = 0, at = 0; i < m; i++) {
        const weight = weights[i]!;
        for (const end = at + n; at < end; at++) {
          const logarithm = x[at]!; // read first: rates may be x
          const rate = exp(logarithm);
          if (weight !== 0) sum += weight * (rate - targets[at]! * logarithm);
          rates[at] = rate;
        }
      }
      return sum;
    },

    argmax(m, n, x, out) {
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let best = 0;
        for (let j = 0; j < n; j++) {
          const value = x[from + j]!;
          if (isNaN(value)) {
            best = j;
            break;
          }
          if (value > x[from + best]!) best = j;
        }
        out[i] = best;
      }
    },
  };
}

function rowMaximum(n: number, x: FloatArray, from: number): number {
  let maximum = -Infinity;
  for (let at = from; at < from + n; at++) {
    const value = x[at]!;
    if (value > maximum) maximum = value;
  }
  return maximum;
}

/** One row of y ← softmax of x, which may be the same array; returns Σ exp(x − max). */
function softmaxRow(n: number, x: FloatArray, y: FloatArray, from: number, maximum: number): number {
  let sum = 0;
  for (let at = from; at < from + n; at++) {
    const power = exp(x[at]! - maximum);
    y[at] = power;
    sum += power;
  }
  for (let at = from; at < from + n; at++) y[at] = y[at]! / sum;
  return sum;
}
