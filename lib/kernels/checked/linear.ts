import type { Kernels } from '../contract';
import type { LinearKernels } from '../reference/linear';
import { array, flag, floatTypeOf, scalar, size } from './arguments';

export function linearChecked(kernels: Kernels): LinearKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    sgdLinearStep(m, n, k, dy, x, lr, momentum, weightDecay, nesterov, dw, w, v) {
      size('sgdLinearStep m', m);
      size('sgdLinearStep n', n);
      size('sgdLinearStep k', k);
      array('sgdLinearStep dy', type, m * n, dy);
      array('sgdLinearStep x', type, m * k, x);
      scalar('sgdLinearStep lr', lr);
      scalar('sgdLinearStep momentum', momentum);
      scalar('sgdLinearStep weightDecay', weightDecay);
      flag('sgdLinearStep nesterov', nesterov);
      array('sgdLinearStep dw', type, n * k, dw);
      array('sgdLinearStep w', type, n * k, w);
      array('sgdLinearStep v', type, momentum === 0 ? 0 : n * k, v);
      kernels.sgdLinearStep(m, n, k, dy, x, lr, momentum, weightDecay, nesterov, dw, w, v);
    },

    adamLinearStep(rows, n, k, dy, x, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, dw, w, m, v) {
      size('adamLinearStep rows', rows);
      size('adamLinearStep n', n);
      size('adamLinearStep k', k);
      array('adamLinearStep dy', type, rows * n, dy);
      array('adamLinearStep x', type, rows * k, x);
      scalar('adamLinearStep stepSize', stepSize);
      scalar('adamLinearStep beta1', beta1);
      scalar('adamLinearStep beta2', beta2);
      scalar('adamLinearStep rootCorrection', rootCorrection);
      scalar('adamLinearStep epsilon', epsilon);
      scalar('adamLinearStep weightDecay', weightDecay);
      scalar('adamLinearStep keep', keep);
      array('adamLinearStep dw', type, n * k, dw);
      array('adamLinearStep w', type, n * k, w);
      array('adamLinearStep m', type, n * k, m);
      array('adamLinearStep v', type, n * k, v);
      kernels.adamLinearStep(
        rows, n, k, dy, x, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, dw, w, m, v,
      );
    },
  };
}
