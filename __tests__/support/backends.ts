import { backendNames } from '../../lib/kernels/contract';
import type { BackendName, Dtype, Precision } from '../../lib/kernels/contract';

/**
 * The backends under test: all, unless BLASTRAIN_BACKEND=typescript says that this machine has no native one. Where native
 * does not load and nothing says so, `kernelsFor` throws and the suite fails: a suite that skipped it would prove nothing.
 */
export const backends: readonly BackendName[] =
  process.env.BLASTRAIN_BACKEND === 'typescript' ? ['typescript'] : backendNames;

export const dtypes: readonly Dtype[] = ['float32', 'float64'];
export const precisions: readonly Precision[] = [...dtypes, 'bfloat16'];

/** Every backend at every dtype, as rows for describe.each. */
export const variants: readonly { readonly backend: BackendName; readonly dtype: Dtype }[] =
  backends.flatMap((backend) => dtypes.map((dtype) => ({ backend, dtype })));

/** The same at every precision. */
export const precisionVariants: readonly { readonly backend: BackendName; readonly precision: Precision }[] =
  backends.flatMap((backend) => precisions.map((precision) => ({ backend, precision })));
