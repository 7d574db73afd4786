import { expected } from '../../errors';
import type { Kernels } from '../contract';
import type { GatherKernels } from '../reference/gather';
import { array, floatTypeOf, indices, isArray, size } from './arguments';

export function gatherChecked(kernels: Kernels): GatherKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
    gatherRows(m, n, rows, src, scale, shift, x) {
      size('gatherRows m', m);
      size('gatherRows n', n);
      array('gatherRows indices', 'Int32Array', m, rows);
      if (!isArray('Uint8Array', 0, src) && !isArray(type, 0, src)) {
        throw expected('ERR_KERNEL_ARG', `a Uint8Array or ${type}`, 'gatherRows src', src);
      }
      array('gatherRows scale', type, n, scale);
      array('gatherRows shift', type, n, shift);
      array('gatherRows x', type, m * n, x);
      if (n > 0) indices('gatherRows indices', m, Math.floor(src.length / n), rows); // rows of no columns are not read
      kernels.gatherRows(m, n, rows, src, scale, shift, x);
    },
  };
}
