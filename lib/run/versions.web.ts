import { vectorsHere } from '../kernels';
import { version } from '../version';

/** The browser. */
export function platformName(): string {
  return (globalThis as { readonly navigator?: { readonly userAgent: string } }).navigator?.userAgent ?? 'a page';
}

/** Versions of what a run computes with. */
export function versions(): Readonly<Record<string, string>> {
  return { blastrain: version, ...(vectorsHere() !== 'none' && { vectors: vectorsHere() }) };
}
