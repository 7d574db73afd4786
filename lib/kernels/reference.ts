import { allocate, storedDtype } from './contract';
import type { Kernels, Precision } from './contract';
import { activationReference } from './reference/activation';
import { algebraReference } from './reference/algebra';
import { bfloat16Algebra } from './reference/bfloat16';
import { bytesReference } from './reference/bytes';
import { columnsReference } from './reference/columns';
import { embeddingReference } from './reference/embedding';
import { gatherReference } from './reference/gather';
import { linearReference } from './reference/linear';
import { lossReference } from './reference/loss';
import { membersReference } from './reference/members';
import { normalizationReference } from './reference/normalization';
import { optimizerReference } from './reference/optimizer';
import { randomReference } from './reference/random';

/**
 * The kernels in TypeScript: the reference that other backends are verified against, and the backend where those do not load.
 * Arguments are not checked here; see validate.ts.
 *
 * JavaScript computes in double and rounds when it stores into a Float32Array. Because a double has more than twice a
 * float's digits, one operation computed in double and then rounded equals the float operation. Kernels whose result
 * must equal the native one bit for bit therefore round after each operation; sums stay in double and are rounded once.
 */
export function createReference(precision: Precision): Kernels {
  const dtype = storedDtype(precision);
  const single = dtype === 'float32';
  const algebra = precision === 'bfloat16' ? bfloat16Algebra(algebraReference(true)) : algebraReference(single);
  const optimizer = optimizerReference(single);
  return {
    backend: 'typescript',
    dtype,
    prefersBytes: precision === 'bfloat16',
    allocate: (length) => allocate(dtype, length),
    ...algebra,
    ...columnsReference(single),
    ...embeddingReference(single),
    ...activationReference(single),
    ...normalizationReference(single),
    ...lossReference(single),
    ...optimizer,
    ...linearReference(algebra, optimizer),
    ...membersReference(single),
    ...bytesReference(single, algebra, optimizer),
    ...gatherReference(single),
    ...randomReference(single),
  };
}
