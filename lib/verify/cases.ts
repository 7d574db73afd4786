import { storedDtype } from '../kernels/contract';
import type { KernelName, Precision } from '../kernels/contract';
import { signatures } from '../kernels/signatures';
import { activationCases } from './cases/activation';
import { algebraCases } from './cases/algebra';
import { columnCases } from './cases/columns';
import { embeddingCases } from './cases/embedding';
import { gatherCases } from './cases/gather';
import { byteCases, linearCases } from './cases/linear';
import { lossCases } from './cases/loss';
import { memberCases } from './cases/members';
import { normalizationCases } from './cases/normalization';
import { optimizerCases } from './cases/optimizer';
import { randomCases } from './cases/random';
import type { VerifyCase } from './cases/shared';
import { Draw } from './draw';

export type { VerifyCase } from './cases/shared';

const makers: Readonly<Record<KernelName, (draw: Draw) => Generator<VerifyCase>>> = {
  ...algebraCases,
  ...columnCases,
  ...embeddingCases,
  ...activationCases,
  ...normalizationCases,
  ...lossCases,
  ...optimizerCases,
  ...linearCases,
  ...memberCases,
  ...byteCases,
  ...gatherCases,
  ...randomCases,
};

/** The cases of a kernel in a precision, the same for the same seed; without products of more multiplications than `mostMultiplications`. */
export function verifyCases(kernel: KernelName, precision: Precision, seed: number, mostMultiplications?: number): Generator<VerifyCase> {
  return makers[kernel](new Draw(signatures[kernel].product ? precision : storedDtype(precision), seed, mostMultiplications));
}
