import { selectBackend } from '../kernels';
import type { BackendName } from '../kernels/contract';

/** Prints one line to standard error when the native kernels were asked for but do not load. */
export function announceFallback(choice?: BackendName): void {
  const { fallback } = selectBackend(choice);
  if (fallback !== undefined) process.stderr.write(`${fallback}\n`);
}
