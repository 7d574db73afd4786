import type { Precision } from '../kernels/contract';
import { activationCases } from './verifyCases/activation';
import { algebraCases } from './verifyCases/algebra';
import { gatherCases } from './verifyCases/gather';
import { byteCases, linearCases } from './verifyCases/linear';
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
  ...byteCases,
  ...gatherCases,
};

/** Every kernel, in the contract's order. */
export const kernelNames = Object.keys(makers) as KernelName[];

/** Those of them that a precision has: products alone differ between bfloat16 and float32. */
export function kernelsIn(precision: Precision): readonly KernelName[] {
  return precision === 'bfloat16' ? ['gemm', ...Object.keys({ ...linearCases, ...byteCases }) as KernelName[]] : kernelNames;
}

/** The cases of a kernel in a precision: the same ones for the same seed. */
export function verifyCases(kernel: KernelName, precision: Precision, seed: number): Generator<VerifyCase> {
  return makers[kernel](new Draw(precision, seed));
}
