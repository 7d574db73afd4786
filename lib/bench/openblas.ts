import { nativeStatus } from '../kernels';

/**
 * The environment of other programs that are measured: OpenBLAS uses the same kernels in them as in the addon, which chooses some where
 * OpenBLAS does not know the CPU (native/blas/linked_library.cc). By itself it would take those of 2004 there, a fifth as fast.
 */
export function openblasEnvironment(): NodeJS.ProcessEnv {
  const status = nativeStatus();
  const core = status.loaded ? status.info.openblasCore : '';
  return core === '' ? process.env : { ...process.env, OPENBLAS_CORETYPE: core };
}
