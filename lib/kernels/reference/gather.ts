import type { Kernels, SourceArray } from '../contract';
import type { Rounding } from './rounding';

/** Minibatches out of a data set. */
export type GatherKernels = Pick<Kernels, 'gatherRows'>;

export function gatherReference(round: Rounding): GatherKernels {
  return {
    gatherRows(m, n, indices, src: SourceArray, scale, shift, x) {
      for (let i = 0, to = 0; i < m; i++) {
        const from = indices[i]! * n;
        for (let j = 0; j < n; j++, to++) x[to] = round(scale[j]! * src[from + j]!) + shift[j]!;
      }
    },
  };
}
