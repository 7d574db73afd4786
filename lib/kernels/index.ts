import { expected, nearest } from '../errors';
import { environment } from '../machine';
import type { NativeStatus } from './addon';
import { backends } from './backends';
import { backendNames } from './contract';
import type { BackendName, Kernels, Precision } from './contract';
import { loadAddon } from './native';
import { smallCalls } from './smallCalls';
import { loadWasm } from './wasm/load';
import type { WasmStatus } from './wasm/load';

export { backends } from './backends';
export type { NativeInfo, NativeStatus } from './addon';
export type { WasmStatus } from './wasm/load';
export { vectorsHere } from './wasm/webAssembly';

/** The backend that runs, and where a preferred one could not be loaded, one line that says so. */
export interface BackendChoice {
  readonly backend: BackendName;
  /** That the preferred one did not load, why, and what to type to have it. */
  readonly fallback?: string;
}

/** What BLASTRAIN_ISA may say; native/isa.h reads it. */
const instructionSets = ['generic', 'avx2', 'avx512', 'amx'] as const;
const precisions: readonly Precision[] = ['float32', 'float64', 'bfloat16'];

/**
 * The backend that is asked for by `choice`, else by the environment variable BLASTRAIN_BACKEND; else the first of native, wasm and typescript
 * that loads. Throws ERR_CONFIG for an unknown name, ERR_BACKEND where a backend was asked for by name and
 * does not load. As it comes before every use of kernels, it also refuses a BLASTRAIN_ISA that the addon would not understand.
 */
export function selectBackend(choice?: BackendName): BackendChoice {
  const isa = environment['BLASTRAIN_ISA'];
  if (isa !== undefined && isa !== '') oneOf(instructionSets, isa, 'BLASTRAIN_ISA');
  const variable = environment['BLASTRAIN_BACKEND'];
  const selected = choice !== undefined ? oneOf(backendNames, choice, 'backend')
    : variable !== undefined && variable !== '' ? oneOf(backendNames, variable, 'BLASTRAIN_BACKEND')
    : undefined;
  if (selected !== undefined) {
    backends[selected].load();
    return { backend: selected };
  }
  const backend = backendNames.find((name) => backends[name].whyMissing() === undefined)!; // TypeScript can always
  const missing = backendNames.slice(0, backendNames.indexOf(backend)).map((name) => ({ title: backends[name].title, ...backends[name].whyMissing()! }));
  const [preferred, ...others] = missing;
  if (preferred === undefined) return { backend };
  return {
    backend,
    fallback: `The ${preferred.title} kernels did not load (${preferred.reason})${others.map(({ title, reason }) => `, nor the ${title} ones (${reason})`).join('')}; ` +
      `the ${backends[backend].title} kernels run instead, ${backend === 'wasm' ? 'several' : 'many'} times slower. For the ${preferred.title} ones, type: ${preferred.mend}`,
  };
}

/** The backends that can be used here, the preferred one first. The TypeScript one always can. */
export function usableBackends(): readonly BackendName[] {
  return backendNames.filter((name) => backends[name].whyMissing() === undefined);
}

function oneOf<Name extends string>(names: readonly Name[], name: string, path: string): Name {
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  const suggestion = nearest(name, names);
  const what = `${names.join(' or ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
  throw expected('ERR_CONFIG', what, path, name, { path, nearest: suggestion ?? null });
}

/**
 * The kernels to compute with: {@link kernelsFor}, but where calls to the backend are costly, those of a few elements run in TypeScript.
 * Which do follows from their sizes alone, see smallCalls.ts.
 */
export function defaultKernels(precision: Precision, backend?: BackendName): Kernels {
  const kernels = kernelsFor(precision, backend);
  return backends[kernels.backend].hasCostlyCalls ? smallCalls(kernels, kernelsFor(precision, 'typescript')) : kernels;
}

/**
 * The kernels of a dtype or of bfloat16, every one on the given or else the selected backend ({@link selectBackend}, whose errors it throws).
 * Throws ERR_CONFIG for an unknown precision. The first call in a thread loads the addon.
 */
export function kernelsFor(precision: Precision, backend?: BackendName): Kernels {
  oneOf(precisions, precision, 'precision');
  return backends[selectBackend(backend).backend].kernels(precision);
}

/** Whether the native backend loads here, and what it tells about itself; if not, why, and what to type. */
export function nativeStatus(): NativeStatus {
  const outcome = loadAddon();
  return 'addon' in outcome ? { loaded: true, info: outcome.addon.info() } : { loaded: false, ...outcome };
}

/** Whether the WebAssembly backend loads here, and which of its two modules runs; if not, why, and what to type. */
export function wasmStatus(): WasmStatus {
  const outcome = loadWasm();
  if (!('instance' in outcome)) return { loaded: false, ...outcome };
  const { vectors, memory, mostThreads } = outcome.instance;
  return { loaded: true, vectors, memoryBytes: memory.byteLength, sharesMemory: mostThreads > 1 };
}

/**
 * Sets how many threads the native kernels share, in the whole process, and the WebAssembly ones that this thread calls; more than 256 are cut down to that. Until then
 * they share as many as cores and quotas allow, native ones also OPENBLAS_NUM_THREADS. The TypeScript kernels have one thread, as WebAssembly's where memory cannot be shared.
 *
 * Calls from this thread divide their work into at most `divisions` parts, up to 256, by default one for each thread. Sums are added part by
 * part, so that equal divisions give equal bits, whatever the number of threads that compute the parts; fewer than threads leave some idle.
 *
 * Throws ERR_CONFIG unless both are positive integers.
 */
export function setThreads(threads: number, divisions: number | null = null): void {
  for (const [name, value] of Object.entries({ threads, ...(divisions !== null && { divisions }) })) {
    if (!(Number.isInteger(value) && value > 0 && value < 2 ** 31)) throw expected('ERR_CONFIG', 'a positive integer', name, value, { path: name });
  }
  for (const backend of Object.values(backends)) backend.threads?.set(threads, divisions);
}

/** How many threads the kernels of a backend use, by default of the selected one. */
export function getThreads(backend: BackendName = selectBackend().backend): number {
  return backends[oneOf(backendNames, backend, 'backend')].threads?.get() ?? 1;
}
