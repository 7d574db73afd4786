import type { Kernels } from '../contract';
import type { NormalizationKernels } from '../reference/normalization';
import { array, floatTypeOf, scalar, size } from './arguments';

export function normalizationChecked(kernels: Kernels): NormalizationKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    batchNormForward(m, n, epsilon, momentum, x, gamma, beta, runningMean, runningVariance, mean, inverseStd, y) {
      size('batchNormForward m', m);
      size('batchNormForward n', n);
      scalar('batchNormForward epsilon', epsilon);
      scalar('batchNormForward momentum', momentum);
      array('batchNormForward x', type, m * n, x);
      array('batchNormForward gamma', type, n, gamma);
      array('batchNormForward beta', type, n, beta);
      array('batchNormForward runningMean', type, n, runningMean);
      array('batchNormForward runningVariance', type, n, runningVariance);
      array('batchNormForward mean', type, n, mean);
      array('batchNormForward inverseStd', type, n, inverseStd);
      array('batchNormForward y', type, m * n, y);
      kernels.batchNormForward(
        m, n, epsilon, momentum, x, gamma, beta, runningMean, runningVariance, mean, inverseStd, y,
      );
    },

    batchNormEvaluate(m, n, epsilon, x, gamma, beta, runningMean, runningVariance, y) {
      size('batchNormEvaluate m', m);
      size('batchNormEvaluate n', n);
      scalar('batchNormEvaluate epsilon', epsilon);
      array('batchNormEvaluate x', type, m * n, x);
      array('batchNormEvaluate gamma', type, n, gamma);
      array('batchNormEvaluate beta', type, n, beta);
      array('batchNormEvaluate runningMean', type, n, runningMean);
      array('batchNormEvaluate runningVariance', type, n, runningVariance);
      array('batchNormEvaluate y', type, m * n, y);
      kernels.batchNormEvaluate(m, n, epsilon, x, gamma, beta, runningMean, runningVariance, y);
    },

    batchNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx) {
      size('batchNormBackward m', m);
      size('batchNormBackward n', n);
      array('batchNormBackward x', type, m * n, x);
      array('batchNormBackward gamma', type, n, gamma);
      array('batchNormBackward mean', type, n, mean);
      array('batchNormBackward inverseStd', type, n, inverseStd);
      array('batchNormBackward dy', type, m * n, dy);
      array('batchNormBackward dgamma', type, n, dgamma);
      array('batchNormBackward dbeta', type, n, dbeta);
      array('batchNormBackward dx', type, m * n, dx);
      kernels.batchNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx);
    },

    layerNormForward(m, n, epsilon, x, gamma, beta, mean, inverseStd, y) {
      size('layerNormForward m', m);
      size('layerNormForward n', n);
      scalar('layerNormForward epsilon', epsilon);
      array('layerNormForward x', type, m * n, x);
      array('layerNormForward gamma', type, n, gamma);
      array('layerNormForward beta', type, n, beta);
      array('layerNormForward mean', type, m, mean);
      array('layerNormForward inverseStd', type, m, inverseStd);
      array('layerNormForward y', type, m * n, y);
      kernels.layerNormForward(m, n, epsilon, x, gamma, beta, mean, inverseStd, y);
    },

    layerNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx) {
      size('layerNormBackward m', m);
      size('layerNormBackward n', n);
      array('layerNormBackward x', type, m * n, x);
      array('layerNormBackward gamma', type, n, gamma);
      array('layerNormBackward mean', type, m, mean);
      array('layerNormBackward inverseStd', type, m, inverseStd);
      array('layerNormBackward dy', type, m * n, dy);
      array('layerNormBackward dgamma', type, n, dgamma);
      array('layerNormBackward dbeta', type, n, dbeta);
      array('layerNormBackward dx', type, m * n, dx);
      kernels.layerNormBackward(m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx);
    },
  };
}
