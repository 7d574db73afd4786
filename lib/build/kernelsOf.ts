import { defaultKernels } from '../kernels';
import type { Kernels } from '../kernels/contract';
import { precisionOf } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** The kernels of a spec. Throws ERR_BACKEND. */
export function kernelsOf(spec: TrainSpec): Kernels {
  return defaultKernels(precisionOf(spec), spec.backend ?? undefined);
}
