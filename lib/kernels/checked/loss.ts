import { expected } from '../../errors';
import type { Kernels } from '../contract';
import type { LossKernels } from '../reference/loss';
import { array, floatTypeOf, indices, scalar, size } from './arguments';

export function lossChecked(kernels: Kernels): LossKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    softmaxForward(m, n, x, y) {
      size('softmaxForward m', m);
      size('softmaxForward n', n);
      array('softmaxForward x', type, m * n, x);
      array('softmaxForward y', type, m * n, y);
      kernels.softmaxForward(m, n, x, y);
    },

    softmaxBackward(m, n, y, dy, dx) {
      size('softmaxBackward m', m);
      size('softmaxBackward n', n);
      array('softmaxBackward y', type, m * n, y);
      array('softmaxBackward dy', type, m * n, dy);
      array('softmaxBackward dx', type, m * n, dx);
      kernels.softmaxBackward(m, n, y, dy, dx);
    },

    softmaxCrossEntropyForward(m, n, x, labels, probs) {
      size('softmaxCrossEntropyForward m', m);
      size('softmaxCrossEntropyForward n', n);
      array('softmaxCrossEntropyForward x', type, m * n, x);
      array('softmaxCrossEntropyForward labels', 'Int32Array', m, labels);
      array('softmaxCrossEntropyForward probs', type, m * n, probs);
      indices('softmaxCrossEntropyForward labels', m, n, labels);
      return kernels.softmaxCrossEntropyForward(m, n, x, labels, probs);
    },

    softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx) {
      size('softmaxCrossEntropyBackward m', m);
      size('softmaxCrossEntropyBackward n', n);
      scalar('softmaxCrossEntropyBackward scale', scale);
      array('softmaxCrossEntropyBackward probs', type, m * n, probs);
      array('softmaxCrossEntropyBackward labels', 'Int32Array', m, labels);
      array('softmaxCrossEntropyBackward dx', type, m * n, dx);
      indices('softmaxCrossEntropyBackward labels', m, n, labels);
      kernels.softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx);
    },

    softCrossEntropyForward(m, n, smoothing, x, targets, weights, probs) {
      size('softCrossEntropyForward m', m);
      size('softCrossEntropyForward n', n);
      scalar('softCrossEntropyForward smoothing', smoothing);
      array('softCrossEntropyForward x', type, m * n, x);
      array('softCrossEntropyForward targets', type, m * n, targets);
      array('softCrossEntropyForward weights', type, n, weights);
      array('softCrossEntropyForward probs', type, m * n, probs);
      return kernels.softCrossEntropyForward(m, n, smoothing, x, targets, weights, probs);
    },

    softCrossEntropyBackward(m, n, scale, smoothing, probs, targets, weights, dx) {
      size('softCrossEntropyBackward m', m);
      size('softCrossEntropyBackward n', n);
      scalar('softCrossEntropyBackward scale', scale);
      scalar('softCrossEntropyBackward smoothing', smoothing);
      array('softCrossEntropyBackward probs', type, m * n, probs);
      array('softCrossEntropyBackward targets', type, m * n, targets);
      array('softCrossEntropyBackward weights', type, n, weights);
      array('softCrossEntropyBackward dx', type, m * n, dx);
      kernels.softCrossEntropyBackward(m, n, scale, smoothing, probs, targets, weights, dx);
    },

    squaredErrorForward(n, x, targets) {
      size('squaredErrorForward n', n);
      array('squaredErrorForward x', type, n, x);
      array('squaredErrorForward targets', type, n, targets);
      return kernels.squaredErrorForward(n, x, targets);
    },

    squaredErrorBackward(n, scale, x, targets, dx) {
      size('squaredErrorBackward n', n);
      scalar('squaredErrorBackward scale', scale);
      array('squaredErrorBackward x', type, n, x);
      array('squaredErrorBackward targets', type, n, targets);
      array('squaredErrorBackward dx', type, n, dx);
      kernels.squaredErrorBackward(n, scale, x, targets, dx);
    },

    argmax(m, n, x, out) {
      size('argmax m', m);
      size('argmax n', n);
      array('argmax x', type, m * n, x);
      array('argmax out', 'Int32Array', m, out);
      if (n === 0 && m > 0) throw expected('ERR_KERNEL_ARG', 'a positive integer', 'argmax n', n);
      kernels.argmax(m, n, x, out);
    },
  };
}
