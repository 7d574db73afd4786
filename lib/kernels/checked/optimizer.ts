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
  };
}
