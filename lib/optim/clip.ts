import { checkKernels, checkList, checkNumber } from '../arguments';
import type { FloatArray, Kernels } from '../kernels/contract';

/**
 * Scales all gradients by a common factor so that their Euclidean norm is at most `limit` (Pascanu et al. 2013). As PyTorch's
 * clip_grad_norm_, the factor is limit / (norm + 1e-6). Returns the norm before scaling.
 */
export function clipNorm(kernels: Kernels, gradients: FloatArray, limit: number): number {
  checkKernels(kernels);
  checkList(gradients, 'gradients', 'an array of gradients', true);
  checkNumber(limit, 'limit');
  const norm = kernels.nrm2(gradients.length, gradients);
  const factor = limit / (norm + 1e-6);
  if (factor < 1) kernels.scal(gradients.length, factor, gradients);
  return norm;
}
