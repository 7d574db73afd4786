import type { Kernels } from '../contract';
import type { ActivationKernels } from '../reference/activation';
import { array, floatTypeOf, scalar, size } from './arguments';

export function activationChecked(kernels: Kernels): ActivationKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    reluForward(n, x, y) {
      size('reluForward n', n);
      array('reluForward x', type, n, x);
      array('reluForward y', type, n, y);
      kernels.reluForward(n, x, y);
    },

    reluBackward(n, y, dy, dx) {
      size('reluBackward n', n);
      array('reluBackward y', type, n, y);
      array('reluBackward dy', type, n, dy);
      array('reluBackward dx', type, n, dx);
      kernels.reluBackward(n, y, dy, dx);
    },

    maskScale(n, scale, mask, x, y) {
      size('maskScale n', n);
      scalar('maskScale scale', scale);
      array('maskScale mask', 'Uint8Array', n, mask);
      array('maskScale x', type, n, x);
      array('maskScale y', type, n, y);
      kernels.maskScale(n, scale, mask, x, y);
    },
  };
}
