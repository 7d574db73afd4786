import type { FamilyKernels } from '../signatures';

/** Updates of a linear layer's weights from what their gradient is the product of. */
export function linearReference(
  { gemm }: FamilyKernels<'algebra'>, { sgdStep, adamStep }: FamilyKernels<'optimizer'>,
): FamilyKernels<'linear'> {
  return {
    sgdLinearStep(m, n, k, dy, x, lr, momentum, weightDecay, nesterov, dw, w, v) {
      gemm(true, false, n, k, m, 1, dy, x, 0, dw);
      sgdStep(n * k, lr, momentum, weightDecay, nesterov, w, dw, v);
    },

    adamLinearStep(rows, n, k, dy, x, stepSize, beta1, beta2, epsilon, weightDecay, keep, dw, w, m, v) {
      gemm(true, false, n, k, rows, 1, dy, x, 0, dw);
      adamStep(n * k, stepSize, beta1, beta2, epsilon, weightDecay, keep, w, dw, m, v);
    },
  };
}
