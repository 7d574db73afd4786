import { activationChecked } from './checked/activation';
import { algebraChecked } from './checked/algebra';
import { bytesChecked } from './checked/bytes';
import { gatherChecked } from './checked/gather';
import { linearChecked } from './checked/linear';
import { lossChecked } from './checked/loss';
import { normalizationChecked } from './checked/normalization';
import { optimizerChecked } from './checked/optimizer';
import type { Kernels } from './contract';

/**
 * The same kernels behind checks of every argument, in the contract's order: the contract's table of types and lengths.
 * Nothing is written before all checks have passed. Throws ERR_KERNEL_ARG for a wrong type, dtype, size or length,
 * ERR_KERNEL_INDEX for a label or row index out of range.
 */
export function checked(kernels: Kernels): Kernels {
  return {
    backend: kernels.backend,
    dtype: kernels.dtype,
    prefersBytes: kernels.prefersBytes,
    ...algebraChecked(kernels),
    ...activationChecked(kernels),
    ...normalizationChecked(kernels),
    ...lossChecked(kernels),
    ...optimizerChecked(kernels),
    ...linearChecked(kernels),
    ...bytesChecked(kernels),
    ...gatherChecked(kernels),
  };
}
