import type { Kernels } from '../contract';
import type { ByteKernels } from '../reference/bytes';
import { array, flag, floatTypeOf, scalar, size } from './arguments';

export function bytesChecked(kernels: Kernels): ByteKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    byteLinearForward(m, n, k, x, scale, shift, w, y) {
      size('byteLinearForward m', m);
      size('byteLinearForward n', n);
      size('byteLinearForward k', k);
      array('byteLinearForward x', 'Uint8Array', m * k, x);
      array('byteLinearForward scale', type, k, scale);
      array('byteLinearForward shift', type, k, shift);
      array('byteLinearForward w', type, n * k, w);
      array('byteLinearForward y', type, m * n, y);
      kernels.byteLinearForward(m, n, k, x, scale, shift, w, y);
    },

    byteLinearBackward(m, n, k, dy, x, scale, shift, dw) {
      size('byteLinearBackward m', m);
      size('byteLinearBackward n', n);
      size('byteLinearBackward k', k);
      array('byteLinearBackward dy', type, m * n, dy);
      array('byteLinearBackward x', 'Uint8Array', m * k, x);
      array('byteLinearBackward scale', type, k, scale);
      array('byteLinearBackward shift', type, k, shift);
      array('byteLinearBackward dw', type, n * k, dw);
      kernels.byteLinearBackward(m, n, k, dy, x, scale, shift, dw);
    },

    sgdByteLinearStep(m, n, k, dy, x, scale, shift, lr, momentum, weightDecay, nesterov, dw, w, v) {
      size('sgdByteLinearStep m', m);
      size('sgdByteLinearStep n', n);
      size('sgdByteLinearStep k', k);
      array('sgdByteLinearStep dy', type, m * n, dy);
      array('sgdByteLinearStep x', 'Uint8Array', m * k, x);
      array('sgdByteLinearStep scale', type, k, scale);
      array('sgdByteLinearStep shift', type, k, shift);
      scalar('sgdByteLinearStep lr', lr);
      scalar('sgdByteLinearStep momentum', momentum);
      scalar('sgdByteLinearStep weightDecay', weightDecay);
      flag('sgdByteLinearStep nesterov', nesterov);
      array('sgdByteLinearStep dw', type, n * k, dw);
      array('sgdByteLinearStep w', type, n * k, w);
      array('sgdByteLinearStep v', type, momentum === 0 ? 0 : n * k, v);
      kernels.sgdByteLinearStep(m, n, k, dy, x, scale, shift, lr, momentum, weightDecay, nesterov, dw, w, v);
    },

    adamByteLinearStep(
      rows, n, k, dy, x, scale, shift, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, dw, w, m, v,
    ) {
      size('adamByteLinearStep rows', rows);
      size('adamByteLinearStep n', n);
      size('adamByteLinearStep k', k);
      array('adamByteLinearStep dy', type, rows * n, dy);
      array('adamByteLinearStep x', 'Uint8Array', rows * k, x);
      array('adamByteLinearStep scale', type, k, scale);
      array('adamByteLinearStep shift', type, k, shift);
      scalar('adamByteLinearStep stepSize', stepSize);
      scalar('adamByteLinearStep beta1', beta1);
      scalar('adamByteLinearStep beta2', beta2);
      scalar('adamByteLinearStep rootCorrection', rootCorrection);
      scalar('adamByteLinearStep epsilon', epsilon);
      scalar('adamByteLinearStep weightDecay', weightDecay);
      scalar('adamByteLinearStep keep', keep);
      array('adamByteLinearStep dw', type, n * k, dw);
      array('adamByteLinearStep w', type, n * k, w);
      array('adamByteLinearStep m', type, n * k, m);
      array('adamByteLinearStep v', type, n * k, v);
      kernels.adamByteLinearStep(
        rows, n, k, dy, x, scale, shift, stepSize, beta1, beta2, rootCorrection, epsilon, weightDecay, keep, dw, w, m, v,
      );
    },
  };
}
