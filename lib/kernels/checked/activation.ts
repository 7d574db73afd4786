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

    leakyReluForward(n, slope, x, y) {
      size('leakyReluForward n', n);
      scalar('leakyReluForward slope', slope);
      array('leakyReluForward x', type, n, x);
      array('leakyReluForward y', type, n, y);
      kernels.leakyReluForward(n, slope, x, y);
    },

    leakyReluBackward(n, slope, y, dy, dx) {
      size('leakyReluBackward n', n);
      scalar('leakyReluBackward slope', slope);
      array('leakyReluBackward y', type, n, y);
      array('leakyReluBackward dy', type, n, dy);
      array('leakyReluBackward dx', type, n, dx);
      kernels.leakyReluBackward(n, slope, y, dy, dx);
    },

    tanhForward(n, x, y) {
      size('tanhForward n', n);
      array('tanhForward x', type, n, x);
      array('tanhForward y', type, n, y);
      kernels.tanhForward(n, x, y);
    },

    tanhBackward(n, y, dy, dx) {
      size('tanhBackward n', n);
      array('tanhBackward y', type, n, y);
      array('tanhBackward dy', type, n, dy);
      array('tanhBackward dx', type, n, dx);
      kernels.tanhBackward(n, y, dy, dx);
    },

    sigmoidForward(n, x, y) {
      size('sigmoidForward n', n);
      array('sigmoidForward x', type, n, x);
      array('sigmoidForward y', type, n, y);
      kernels.sigmoidForward(n, x, y);
    },

    sigmoidBackward(n, y, dy, dx) {
      size('sigmoidBackward n', n);
      array('sigmoidBackward y', type, n, y);
      array('sigmoidBackward dy', type, n, dy);
      array('sigmoidBackward dx', type, n, dx);
      kernels.sigmoidBackward(n, y, dy, dx);
    },

    geluForward(n, x, y) {
      size('geluForward n', n);
      array('geluForward x', type, n, x);
      array('geluForward y', type, n, y);
      kernels.geluForward(n, x, y);
    },

    geluBackward(n, x, dy, dx) {
      size('geluBackward n', n);
      array('geluBackward x', type, n, x);
      array('geluBackward dy', type, n, dy);
      array('geluBackward dx', type, n, dx);
      kernels.geluBackward(n, x, dy, dx);
    },

    maskScale(n, scale, mask, x, y) {
      size('maskScale n', n);
      scalar('maskScale scale', scale);
      array('maskScale mask', 'Uint8Array', n, mask);
      array('maskScale x', type, n, x);
      array('maskScale y', type, n, y);
      kernels.maskScale(n, scale, mask, x, y);
    },

    add(n, a, b, y) {
      size('add n', n);
      array('add a', type, n, a);
      array('add b', type, n, b);
      array('add y', type, n, y);
      kernels.add(n, a, b, y);
    },
  };
}
