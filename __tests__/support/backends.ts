import { backendNames } from '../../lib/kernels/contract';
import type { BackendName, Dtype, Precision } from '../../lib/kernels/contract';

/**
 * The backends that layers, trainings and commands are tested on: native and typescript, unless BLASTRAIN_BACKEND=typescript says that this machine has no native one. Where native
 * does not load and nothing says so, `kernelsFor` throws and the suite fails: a suite that skipped it would prove nothing.
 */
export const backends: readonly BackendName[] =
  process.env.BLASTRAIN_BACKEND === 'typescript' ? ['typescript'] : ['native', 'typescript'];

/**
 * Those that kernels are tested on: every one. What calls kernels cannot tell wasm's from others once these keep the contract. A module that is
 * not built fails the suite, as an addon that does not load does: npm run wasm builds it.
 */
export const kernelBackends: readonly BackendName[] = process.env.BLASTRAIN_BACKEND === 'typescript' ? ['typescript'] : backendNames;

export const dtypes: readonly Dtype[] = ['float32', 'float64'];
export const precisions: readonly Precision[] = [...dtypes, 'bfloat16'];

/** Every backend at every dtype, as rows for describe.each. */
export const variants: readonly { readonly backend: BackendName; readonly dtype: Dtype }[] =
  backends.flatMap((backend) => dtypes.map((dtype) => ({ backend, dtype })));

/** Every backend that has kernels at every precision. */
export const precisionVariants: readonly { readonly backend: BackendName; readonly precision: Precision }[] =
  kernelBackends.flatMap((backend) => precisions.map((precision) => ({ backend, precision })));
