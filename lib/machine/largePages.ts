let hook: ((bytes: Uint8Array) => void) | undefined;

/** Sets what asks the system for large pages for memory that nothing was written to yet: the addon, once it has loaded in this thread. */
export function setLargePagesHook(advise: (bytes: Uint8Array) => void): void {
  hook = advise;
}

/**
 * Has fresh memory of two large pages (of 2 MB) and more lie in such, where the addon has loaded in this thread and the system has them. For data sets: rows of a batch lie
 * anywhere in them, and of small pages there are more than a core remembers the places of.
 */
export function useLargePages(buffer: ArrayBufferLike): void {
  if (buffer.byteLength >= 2 * 2 ** 21) hook?.(new Uint8Array(buffer));
}
