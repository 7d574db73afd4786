import type { Kernels } from '../contract';
import type { OptimizerKernels } from '../reference/optimizer';
import { array, flag, floatTypeOf, scalar, size } from './arguments';

export function optimizerChecked(kernels: Kernels): OptimizerKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v) {
      size('sgdStep n', n);
      scalar('sgdStep lr', lr);
      scalar('sgdStep momentum', momentum);
      scalar('sgdStep weightDecay', weightDecay);
      flag('sgdStep nesterov', nesterov);
      array('sgdStep w', type, n, w);
      array('sgdStep dw', type, n, dw);
      array('sgdStep v', type, momentum === 0 ? 0 : n, v);
      kernels.sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v);
    },

    adamStep(n, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, w, dw, m, v) {
      size('adamStep n', n);
      scalar('adamStep stepSize', stepSize);
      scalar('adamStep beta1', beta1);
      scalar('adamStep beta2', beta2);
      scalar('adamStep rootCorrection', rootCorrection);
      scalar('adamStep epsilon', epsilon);
      scalar('adamStep weightDecay', weightDecay);
      scalar('adamStep keep', keep);
      array('adamStep w', type, n, w);
      array('adamStep dw', type, n, dw);
      array('adamStep m', type, n, m);
      array('adamStep v', type, n, v);
      kernels.adamStep(n, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, w, dw, m, v);
    },

    rmspropStep(n, lr, rho, epsilon, weightDecay, w, dw, v) {
      size('rmspropStep n', n);
      scalar('rmspropStep lr', lr);
      scalar('rmspropStep rho', rho);
      scalar('rmspropStep epsilon', epsilon);
      scalar('rmspropStep weightDecay', weightDecay);
      array('rmspropStep w', type, n, w);
      array('rmspropStep dw', type, n, dw);
      array('rmspropStep v', type, n, v);
      kernels.rmspropStep(n, lr, rho, epsilon, weightDecay, w, dw, v);
    },

    lionStep(n, lr, beta1, beta2, weightDecay, keep, w, dw, m) {
      size('lionStep n', n);
      scalar('lionStep lr', lr);
      scalar('lionStep beta1', beta1);
      scalar('lionStep beta2', beta2);
      scalar('lionStep weightDecay', weightDecay);
      scalar('lionStep keep', keep);
      array('lionStep w', type, n, w);
      array('lionStep dw', type, n, dw);
      array('lionStep m', type, n, m);
      kernels.lionStep(n, lr, beta1, beta2, weightDecay, keep, w, dw, m);
    },

    lerp(n, t, x, y) {
      size('lerp n', n);
      scalar('lerp t', t);
      array('lerp x', type, n, x);
      array('lerp y', type, n, y);
      kernels.lerp(n, t, x, y);
    },
  };
}
