import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { exp, log } = Math;
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
