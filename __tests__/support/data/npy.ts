import { writeFileSync } from 'node:fs';

/** Writes a .npy file, version 1, as np.save does; `shape` as Python writes it. Returns the path. */
export function saveNpy(path: string, descr: string, shape: string, data: ArrayBufferView): string {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
  writeFileSync(path, Buffer.concat([
    Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length & 255, header.length >> 8)}${header}`, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]));
  return path;
}
