/** What asks the system for large pages for memory that nothing was written to yet; the addon, once it has loaded. */
let ask: ((bytes: Uint8Array) => void) | undefined;

export function setLargePages(asking: (bytes: Uint8Array) => void): void {
  ask = asking;
}

/**
 * Has fresh memory of two large pages (of 2 MB) and more lie in such, where the addon has loaded in this thread and the system has them. For data sets: rows of a batch lie
 * anywhere in them, and of small pages there are more than a core remembers the places of.
 */
export function useLargePages(buffer: ArrayBufferLike): void {
  if (buffer.byteLength >= 2 * 2 ** 21) ask?.(new Uint8Array(buffer));
}
