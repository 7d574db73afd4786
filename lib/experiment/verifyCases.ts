import type { Dtype } from '../kernels/contract';
import { activationCases } from './verifyCases/activation';
import { algebraCases } from './verifyCases/algebra';
import { gatherCases } from './verifyCases/gather';
import { linearCases } from './verifyCases/linear';
import { lossCases } from './verifyCases/loss';
import { normalizationCases } from './verifyCases/normalization';
import { optimizerCases } from './verifyCases/optimizer';
import type { CaseMakers, KernelName, VerifyCase } from './verifyCases/shared';
import { Draw } from './verifyDraw';

export type { KernelName, VerifyCase } from './verifyCases/shared';

const makers: CaseMakers<KernelName> = {
  ...algebraCases,
  ...activationCases,
  ...normalizationCases,
  ...lossCases,
  ...optimizerCases,
  ...linearCases,
  ...gatherCases,
};

/** Every kernel, in the contract's order. */
export const kernelNames = Object.keys(makers) as KernelName[];

/** The cases of a kernel at a dtype: the same ones for the same seed. */
export function verifyCases(kernel: KernelName, dtype: Dtype, seed: number): Generator<VerifyCase> {
  return makers[kernel](new Draw(dtype, seed));
}
