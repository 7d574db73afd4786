import type { BackendName, Kernels, Precision } from './contract';
import { addonThreads, loadAddon, nativeKernels, requireAddon, setAddonThreads } from './native';
import { createReference } from './reference';
import { checked } from './validate';
import { wasmKernels } from './wasm/kernels';
import { loadWasm, requireWasm, setWasmThreads, wasmThreads } from './wasm/load';

/** An implementation of the kernel contract. */
export interface Backend {
  /** Its name in sentences: «the native kernels». */
  readonly title: string;
  /** Makes it ready in this thread. Throws ERR_BACKEND, with reason and mend, where it cannot be used here. */
  readonly load: () => void;
  /** Why it cannot be used here, and what to type; undefined where it can. Loads it. */
  readonly whyMissing: () => { readonly reason: string; readonly mend: string } | undefined;
  /** All kernels in a precision, each checking its arguments, and the `allocate` of this backend. Throws ERR_BACKEND as `load` does. */
  readonly kernels: (precision: Precision) => Kernels;
  /**
   * The number of threads of its kernels, and into how many parts calls from this thread divide their work, null for as
   * many as threads; absent where one thread does all of it. Where the process has one memory, it has one number of threads too; else each thread that computes has its own.
   */
  readonly threads?: { readonly get: () => number; readonly set: (threads: number, divisions: number | null) => void };
  /** Whether a call costs so much that calls of a few elements are faster in TypeScript; see smallCalls.ts. */
  readonly hasCostlyCalls: boolean;
  /** Whether the machine's peak is measured with it, so that its times can be given as a share of that. */
  readonly definesPeak: boolean;
  /** What may change the last bits of a run on it, as a run's record names it. */
  readonly bitsDependOn: readonly ('threads' | 'v8' | 'openblas' | 'openblasCore' | 'isa' | 'vectors')[];
}

/** Every backend. Where none is asked for, the first of {@link backendNames} that can be used is taken; the TypeScript one always can. */
export const backends: Readonly<Record<BackendName, Backend>> = {
  native: {
    title: 'native',
    load: requireAddon,
    whyMissing: () => {
      const outcome = loadAddon();
      return 'addon' in outcome ? undefined : outcome;
    },
    kernels: (precision) => nativeKernels(requireAddon(), precision),
    threads: { get: addonThreads, set: setAddonThreads },
    hasCostlyCalls: true,
    definesPeak: true,
    bitsDependOn: ['threads', 'openblas', 'openblasCore', 'isa'],
  },
  wasm: {
    title: 'WebAssembly',
    load: requireWasm,
    whyMissing: () => {
      const outcome = loadWasm();
      return 'instance' in outcome ? undefined : outcome;
    },
    kernels: (precision) => wasmKernels(requireWasm(), precision),
    threads: { get: wasmThreads, set: setWasmThreads },
    hasCostlyCalls: true,
    definesPeak: false,
    bitsDependOn: ['threads', 'v8', 'vectors'],
  },
  typescript: {
    title: 'TypeScript',
    load: () => undefined,
    whyMissing: () => undefined,
    kernels: (precision) => checked(createReference(precision)),
    hasCostlyCalls: false,
    definesPeak: false,
    bitsDependOn: ['v8'],
  },
};
