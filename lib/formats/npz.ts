import type { FloatArray } from '../kernels/contract';
import type { Model } from '../inference/model';
import { zipFile } from './zipFile';

/** The weights of a model as an .npz archive, which np.load reads: an array for each parameter and buffer, by its name in a model file. */
export function npzOfWeights(model: Model): Uint8Array {
  return zipFile(Object.fromEntries(Object.entries(model.weights()).map(([name, { shape, values }]) => [`${name}.npy`, npy(shape, values)])));
}

/** A .npy file of version 1. */
function npy(shape: readonly number[], values: FloatArray): Uint8Array {
  const tuple = shape.length === 1 ? `(${String(shape[0]!)},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<f${String(values.BYTES_PER_ELEMENT)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, ' ');
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(length, 8);
  head.write(`${text.padEnd(length - 1)}\n`, 10);
  return Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
