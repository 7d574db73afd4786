import { BlastrainError, toPlain } from '../../errors';
import { defaultThreads } from '../../machine';
import { Instance } from './instance';
import { mendOfMemory, openModule, placeOfModules } from './moduleFile';
import type { WasmVectors } from './webAssembly';

/** Whether the WebAssembly kernels can be used here; if not, why, and what to type. */
export type WasmStatus =
  | { readonly loaded: true; readonly vectors: WasmVectors; readonly memoryBytes: number; readonly sharesMemory: boolean }
  | { readonly loaded: false; readonly reason: string; readonly mend: string };

type Outcome = { readonly instance: Instance } | { readonly reason: string; readonly mend: string };
let outcome: Outcome | undefined;
let chosen: { readonly threads: number; readonly divisions: number | null } | undefined;

/** The module with this thread's memory, or why there is none. Loads it on the first call in each thread. */
export function loadWasm(): Outcome {
  outcome ??= tryToLoad();
  return outcome;
}

/** The module with this thread's memory. Throws ERR_BACKEND, with reason and mend, where it does not load. */
export function requireWasm(): Instance {
  const result = loadWasm();
  if ('instance' in result) return result.instance;
  const { reason, mend } = result;
  throw new BlastrainError(
    'ERR_BACKEND', `Expected a module that loads for backend wasm but received: ${reason}; to mend it, type: ${mend}`, { reason, mend, tried: placeOfModules() });
}

/** Forgets that there was no module, as there is one now. */
export function retryWasm(): void {
  if (outcome !== undefined && 'reason' in outcome) outcome = undefined;
}

/** How many threads share the calls of this one; 1 where the module does not load. */
export function wasmThreads(): number {
  const result = loadWasm();
  return 'instance' in result ? result.instance.threads : 1;
}

/** Sets that number, and into how many parts calls from this thread divide their work; loads nothing. */
export function setWasmThreads(threads: number, divisions: number | null): void {
  chosen = { threads, divisions };
  if (outcome !== undefined && 'instance' in outcome) outcome.instance.setThreads(threads, divisions);
}

function tryToLoad(): Outcome {
  try {
    const opened = openModule();
    if ('reason' in opened) return opened;
    const instance = new Instance(opened.module);
    instance.setThreads(chosen?.threads ?? defaultThreads(), chosen?.divisions ?? null);
    return { instance };
  } catch (error) {
    return { reason: toPlain(error).message.split('\n', 1)[0]!, mend: mendOfMemory };
  }
}
