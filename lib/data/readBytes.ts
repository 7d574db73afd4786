import type { ByteSource } from './bytes';

// In a file of its own, as types that the package exports must not need those of Node.js.

/** Bytes of a source in memory. */
export function readBytes(bytes: ByteSource, position: number, length: number): Buffer {
  const read = Buffer.alloc(length);
  bytes.read(read, position);
  return read;
}
