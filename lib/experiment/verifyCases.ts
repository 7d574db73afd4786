import { storedDtype } from '../kernels/contract';
import type { KernelName, Precision } from '../kernels/contract';
import { signatures } from '../kernels/signatures';
import { activationCases } from './verifyCases/activation';
import { algebraCases } from './verifyCases/algebra';
import { gatherCases } from './verifyCases/gather';
import { byteCases, linearCases } from './verifyCases/linear';
import { lossCases } from './verifyCases/loss';
import { normalizationCases } from './verifyCases/normalization';
import { optimizerCases } from './verifyCases/optimizer';
import type { VerifyCase } from './verifyCases/shared';
import { Draw } from './verifyDraw';

export type { VerifyCase } from './verifyCases/shared';

const makers: Readonly<Record<KernelName, (draw: Draw) => Generator<VerifyCase>>> = {
  ...algebraCases,
  ...activationCases,
  ...normalizationCases,
  ...lossCases,
  ...optimizerCases,
  ...linearCases,
  ...byteCases,
  ...gatherCases,
};

/** The cases of a kernel in a precision: the same ones for the same seed. */
export function verifyCases(kernel: KernelName, precision: Precision, seed: number): Generator<VerifyCase> {
  return makers[kernel](new Draw(signatures[kernel].product ? precision : storedDtype(precision), seed));
}
