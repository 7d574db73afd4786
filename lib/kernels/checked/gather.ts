import { expected } from '../../errors';
import type { Kernels } from '../contract';
import type { GatherKernels } from '../reference/gather';
import { array, floatTypeOf, indices, isArray, scalar, size } from './arguments';

export function gatherChecked(kernels: Kernels): GatherKernels {
  const type = floatTypeOf(kernels.dtype);
  const source = (name: string, src: unknown): void => {
    if (!isArray('Uint8Array', 0, src) && !isArray(type, 0, src)) {
      throw expected('ERR_KERNEL_ARG', `a Uint8Array or ${type}`, name, src);
    }
  };
  const anySource = (name: string, src: unknown): void => {
    if (!isArray('Uint8Array', 0, src) && !isArray('Float32Array', 0, src) && !isArray('Float64Array', 0, src)) {
      throw expected('ERR_KERNEL_ARG', 'a Uint8Array, Float32Array or Float64Array', name, src);
    }
  };
  const byteSource = (name: string, src: unknown): void => {
    if (!isArray('Uint8Array', 0, src)) throw expected('ERR_KERNEL_ARG', 'a Uint8Array', name, src);
  };
  return {
    gatherRows(m, n, rows, src, scale, shift, x) {
      size('gatherRows m', m);
      size('gatherRows n', n);
      array('gatherRows indices', 'Int32Array', m, rows);
      source('gatherRows src', src);
      array('gatherRows scale', type, n, scale);
      array('gatherRows shift', type, n, shift);
      array('gatherRows x', type, m * n, x);
      if (n > 0) indices('gatherRows indices', m, Math.floor(src.length / n), rows); // rows of no columns are not read
      kernels.gatherRows(m, n, rows, src, scale, shift, x);
    },

    gatherImages(m, channels, height, width, rows, geometry, src, scale, shift, x) {
      size('gatherImages m', m);
      size('gatherImages channels', channels);
      size('gatherImages height', height);
      size('gatherImages width', width);
      const n = channels * height * width;
      size('gatherImages channels·height·width', n);
      array('gatherImages indices', 'Int32Array', m, rows);
      array('gatherImages geometry', 'Int32Array', 7 * m, geometry);
      source('gatherImages src', src);
      array('gatherImages scale', type, n, scale);
      array('gatherImages shift', type, n, shift);
      array('gatherImages x', type, m * n, x);
      if (n > 0) indices('gatherImages indices', m, Math.floor(src.length / n), rows);
      kernels.gatherImages(m, channels, height, width, rows, geometry, src, scale, shift, x);
    },

    standardizeRows(m, n, rows, src, mean, std, x) {
      size('standardizeRows m', m);
      size('standardizeRows n', n);
      array('standardizeRows indices', 'Int32Array', m, rows);
      anySource('standardizeRows src', src);
      array('standardizeRows mean', 'Float64Array', n, mean);
      array('standardizeRows std', 'Float64Array', n, std);
      array('standardizeRows x', type, m * n, x);
      if (n > 0) indices('standardizeRows indices', m, Math.floor(src.length / n), rows);
      kernels.standardizeRows(m, n, rows, src, mean, std, x);
    },

    standardizeImages(m, channels, height, width, rows, geometry, src, mean, std, x) {
      size('standardizeImages m', m);
      size('standardizeImages channels', channels);
      size('standardizeImages height', height);
      size('standardizeImages width', width);
      const n = channels * height * width;
      size('standardizeImages channels·height·width', n);
      array('standardizeImages indices', 'Int32Array', m, rows);
      array('standardizeImages geometry', 'Int32Array', 7 * m, geometry);
      anySource('standardizeImages src', src);
      array('standardizeImages mean', 'Float64Array', n, mean);
      array('standardizeImages std', 'Float64Array', n, std);
      array('standardizeImages x', type, m * n, x);
      if (n > 0) indices('standardizeImages indices', m, Math.floor(src.length / n), rows);
      kernels.standardizeImages(m, channels, height, width, rows, geometry, src, mean, std, x);
    },

    gatherBytes(m, n, rows, src, x) {
      size('gatherBytes m', m);
      size('gatherBytes n', n);
      array('gatherBytes indices', 'Int32Array', m, rows);
      byteSource('gatherBytes src', src);
      array('gatherBytes x', 'Uint8Array', m * n, x);
      if (n > 0) indices('gatherBytes indices', m, Math.floor(src.length / n), rows);
      kernels.gatherBytes(m, n, rows, src, x);
    },

    gatherByteImages(m, channels, height, width, rows, geometry, src, x) {
      size('gatherByteImages m', m);
      size('gatherByteImages channels', channels);
      size('gatherByteImages height', height);
      size('gatherByteImages width', width);
      const n = channels * height * width;
      size('gatherByteImages channels·height·width', n);
      array('gatherByteImages indices', 'Int32Array', m, rows);
      array('gatherByteImages geometry', 'Int32Array', 7 * m, geometry);
      byteSource('gatherByteImages src', src);
      array('gatherByteImages x', 'Uint8Array', m * n, x);
      if (n > 0) indices('gatherByteImages indices', m, Math.floor(src.length / n), rows);
      kernels.gatherByteImages(m, channels, height, width, rows, geometry, src, x);
    },

    byteMoments(m, n, src, sums, squares) {
      size('byteMoments m', m);
      size('byteMoments n', n);
      array('byteMoments src', 'Uint8Array', m * n, src);
      array('byteMoments sums', 'Int32Array', n, sums);
      array('byteMoments squares', 'Int32Array', n, squares);
      kernels.byteMoments(m, n, src, sums, squares);
    },

    mixRows(m, n, lambda, partners, x, y) {
      size('mixRows m', m);
      size('mixRows n', n);
      scalar('mixRows lambda', lambda);
      array('mixRows partners', 'Int32Array', m, partners);
      array('mixRows x', type, m * n, x);
      array('mixRows y', type, m * n, y);
      indices('mixRows partners', m, m, partners);
      kernels.mixRows(m, n, lambda, partners, x, y);
    },
  };
}
