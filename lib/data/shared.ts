import { useLargePages } from '../machine';

/** Zeroed memory that threads share, where this place has it: a page only where its server isolates it (crossOriginIsolated). */
export function sharedBytes(bytes: number): ArrayBuffer {
  const buffer = (typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)) as ArrayBuffer;
  useLargePages(buffer);
  return buffer;
}

/** Whether other threads can have an array without a copy. */
export function isShared({ buffer }: ArrayBufferView): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'; // of any realm
}
