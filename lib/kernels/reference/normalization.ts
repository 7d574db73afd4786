import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

const { sqrt } = Math;

/** Batch and layer normalisation. */
export function normalizationReference(single: boolean): FamilyKernels<'normalization'> {
  return {
    batchNormForward(m, n, epsilon, momentum, x, gamma, beta, runningMean, runningVariance, mean, inverseStd, y) {
      if (m === 0) return;
      const floor = round(single, epsilon);
      const rate = round(single, momentum);
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let i = 0, at = j; i < m; i++, at += n) sum += x[at]!;
        const centre = sum / m;
        let squares = 0;
        for (let i = 0, at = j; i < m; i++, at += n) squares += (x[at]! - centre) * (x[at]! - centre);

        runningMean[j] = runningMean[j]! + rate * (centre - runningMean[j]!);
        if (m > 1) runningVariance[j] = runningVariance[j]! + rate * (squares / (m - 1) - runningVariance[j]!);
        const mu = mean[j] = round(single, centre);
        const inverse = inverseStd[j] = round(single, 1 / sqrt(squares / m + floor));
        for (let i = 0, at = j; i < m; i++, at += n) y[at] = (x[at]! - mu) * inverse * gamma[j]! + beta[j]!;
      }
    },

    batchNormEvaluate(m, n, epsilon, x, gamma, beta, runningMean, runningVariance, y) {
      const floor = round(single, epsilon);
      for (let j = 0; j < n; j++) {
        const mu = runningMean[j]!;
        const inverse = 1 / sqrt(runningVariance[j]! + floor);
        for (let i = 0, at = j; i < m; i++, at += n) y[at] = (x[at]! - mu) * inverse * gamma[j]! + beta[j]!;
      }
    },

    batchNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx) {
      if (m === 0) return;
      for (let j = 0; j < n; j++) {
        const mu = mean[j]!;
        const inverse = inverseStd[j]!;
        let sum = 0;
        let projection = 0;
        for (let i = 0, at = j; i < m; i++, at += n) {
          sum += dy[at]!;
          projection += dy[at]! * ((x[at]! - mu) * inverse);
        }
        dbeta[j] = sum;
        dgamma[j] = projection;
        const factor = gamma[j]! * inverse;
        for (let i = 0, at = j; i < m; i++, at += n) {
          dx[at] = factor * (dy[at]! - sum / m - (x[at]! - mu) * inverse * (projection / m));
        }
      }
    },

    layerNormForward(m, n, epsilon, x, gamma, beta, mean, inverseStd, y) {
      const floor = round(single, epsilon);
      for (let i = 0; i < m; i++) {
        const from = i * n;
        let sum = 0;
        for (let j = 0; j < n; j++) sum += x[from + j]!;
        const centre = sum / n;
        let squares = 0;
        for (let j = 0; j < n; j++) squares += (x[from + j]! - centre) * (x[from + j]! - centre);

        const mu = mean[i] = round(single, centre);
        const inverse = inverseStd[i] = round(single, 1 / sqrt(squares / n + floor));
        for (let j = 0; j < n; j++) y[from + j] = (x[from + j]! - mu) * inverse * gamma[j]! + beta[j]!;
      }
    },

    layerNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx) {
      for (let j = 0; j < n; j++) {
        dgamma[j] = 0;
        dbeta[j] = 0;
      }
      for (let i = 0; i < m; i++) {
        const from = i * n;
        const mu = mean[i]!;
        const inverse = inverseStd[i]!;
        let sum = 0;
        let projection = 0;
        for (let j = 0; j < n; j++) {
          const standard = (x[from + j]! - mu) * inverse;
          const gradient = dy[from + j]!;
          dgamma[j] = dgamma[j]! + gradient * standard;
          dbeta[j] = dbeta[j]! + gradient;
          sum += gradient * gamma[j]!;
          projection += gradient * gamma[j]! * standard;
        }
        for (let j = 0; j < n; j++) {
          const standard = (x[from + j]! - mu) * inverse;
          dx[from + j] = inverse * (dy[from + j]! * gamma[j]! - sum / n - standard * (projection / n));
        }
      }
    },
  };
}
