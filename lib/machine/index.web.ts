export { formatBytes, withMemory } from './bytes';
export { setLargePagesHook, useLargePages } from './largePages';

/** A page has no environment variables. */
export const environment: Readonly<Record<string, string | undefined>> = {};

/** Nothing tells a page how much memory is left: an allocation that fails does, see {@link withMemory}. */
export function requireMemory(_bytes: number, _name: string, _received: unknown): void {
  // nothing to look at
}

/** As many as the machine has cores, where threads can share memory; else one. */
export function defaultThreads(): number {
  return globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}

/** A page's memory is the browser's business. */
export function memoryNodes(): number {
  return 0;
}
