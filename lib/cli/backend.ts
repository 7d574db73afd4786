import { selectBackend } from '../kernels';
import type { BackendName } from '../kernels/contract';

/** Tells on standard error, in one line, when the native kernels were wanted but do not load. */
export function announceFallback(choice?: BackendName): void {
  const { fallback } = selectBackend(choice);
  if (fallback !== undefined) process.stderr.write(`${fallback}\n`);
}
