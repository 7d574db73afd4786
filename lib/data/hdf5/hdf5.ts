import { readThread } from '../threads/onThread';
import type { Hdf5File } from './readHdf5';

/**
 * Reads the bytes of an HDF5 file, by the package h5wasm, on a thread of its own. Nothing outside the bytes is read: what links to other files is left out. Throws ERR_DATA, naming the file, for one that
 * is damaged, whose data sets hold something else than numbers, and where h5wasm is not installed.
 */
export function readHdf5(bytes: Uint8Array, file: string): Hdf5File {
  return readThread('hdf5', file, { bytes });
}
