import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { BlastrainError, toPlain } from '../errors';
import { packageRoot } from '../files';
import { defaultThreads } from '../machine';
import { allocate, storedDtype } from './contract';
import type { Dtype, KernelName, Kernels, Precision } from './contract';
import { refusalOf } from './validate';

/** What the addon tells about itself and the machine. */
export interface NativeInfo {
  /** OpenBLAS's own description of its build; empty with another BLAS. */
  readonly openblasVersion: string;
  /** The CPU that OpenBLAS chose its kernels for. */
  readonly openblasCore: string;
  /** Whether the addon is linked with no BLAS library and computes all products by itself. */
  readonly ownBlas: boolean;
  readonly threads: number;
  readonly maxThreads: number;
  readonly cpuFeatures: readonly string[];
  /**
   * Which instructions the addon's own products use: generic, avx2, avx512 or amx; amx-emulated where BLASTRAIN_ISA asks for what
   * this CPU does not have, and plain C++ computes the same.
   */
  readonly isa: string;
  /** Whether products of float32 are computed as several of bfloat16, so that products of bytes are faster. */
  readonly splitsProducts: boolean;
  readonly compiler: string;
}

/** Whether the native backend can be used here; if not, why, and what to type. */
export type NativeStatus =
  | { readonly loaded: true; readonly info: NativeInfo }
  | { readonly loaded: false; readonly reason: string; readonly mend: string };

type Operation = (...args: unknown[]) => unknown;
/** Kernels by name. */
type Operations = Readonly<Record<string, Operation>>;

/** What native/addon.cc exports. */
export interface Addon {
  readonly float32: Operations;
  readonly float64: Operations;
  /** Those that are products. */
  readonly bfloat16: Operations;
  readonly info: () => NativeInfo;
  readonly setThreads: (threads: number) => void;
  /** Into how many parts calls from this thread divide their work; 0 for as many as threads. */
  readonly setDivisions: (divisions: number) => void;
  /** At most so many threads, until {@link setThreads} is called in the process. */
  readonly limitDefaultThreads: (most: number) => void;
  readonly getThreads: () => number;
  /** Computes chains of multiply-adds in registers, about that many FLOPs on each thread; returns how many on all, 0 without instructions for bfloat16. */
  readonly multiplyAdds: Readonly<Record<Precision, (flops: number) => number>>;
}

type Outcome = { readonly addon: Addon } | { readonly reason: string; readonly mend: string };
let outcome: Outcome | undefined;

/** The addon, or why there is none. Loads it on the first call in each thread. */
export function loadAddon(): Outcome {
  outcome ??= tryToLoad();
  return outcome;
}

/** The addon. Throws ERR_BACKEND, with reason and mend, where it does not load. */
export function requireAddon(): Addon {
  const result = loadAddon();
  if ('addon' in result) return result.addon;
  const { reason, mend } = result;
  throw new BlastrainError(
    'ERR_BACKEND',
    `Expected an addon that loads for backend native but received: ${reason}; to mend it, type: ${mend}`,
    { reason, mend, tried: process.env.BLASTRAIN_PREBUILD ?? packageRoot },
  );
}

/** How many threads the addon's kernels share; 1 where it does not load. */
export function addonThreads(): number {
  const result = loadAddon();
  return 'addon' in result ? result.addon.getThreads() : 1;
}

/** Sets that number, and into how many parts calls from this thread divide their work; does nothing where the addon does not load. */
export function setAddonThreads(threads: number, divisions: number | null): void {
  const result = loadAddon();
  if (!('addon' in result)) return;
  result.addon.setThreads(threads);
  result.addon.setDivisions(divisions ?? 0);
}

/** What scripts/addon.js exports. */
interface Addons {
  readonly locate: (root: string) => string;
  readonly needsTrial: (path: string) => boolean;
  readonly noteTrial: (path: string, forAll: boolean) => void;
  readonly trial: (path: string) => string | undefined;
}

/** Has the addon tried in a process of its own before this thread loads it, where it has not yet: one that ends the process then counts as none. */
export function tryAddon(): void {
  outcome ??= tryToLoad(true);
}

function tryToLoad(careful = false): Outcome {
  try {
    const load = createRequire(join(packageRoot, 'package.json'));
    const { locate, needsTrial, noteTrial, trial } = load('./scripts/addon.js') as Addons;
    // From the package, or from what BLASTRAIN_PREBUILD names (a convention of node-gyp-build).
    const path = locate(packageRoot);
    if (careful || needsTrial(path)) {
      const reason = trial(path);
      if (reason !== undefined) return whyNot(reason);
      noteTrial(path, false);
    }
    const addon = load(path) as Addon;
    // OpenBLAS, which says how many there are, knows nothing of quotas.
    addon.limitDefaultThreads(defaultThreads());
    return { addon };
  } catch (error) {
    return whyNot(toPlain(error).message);
  }
}

/** What a build needs, by platform; elsewhere the build says what it misses. */
const tools: Partial<Record<NodeJS.Platform, string>> = {
  linux: existsSync('/etc/alpine-release') ? 'apk add g++ make cmake openblas-dev && ' : 'apt-get install g++ make cmake libopenblas-dev && ',
  darwin: 'xcode-select --install; brew install cmake && ',
};

function whyNot(message: string): { reason: string; mend: string } {
  const build = packageRoot.includes(`${sep}node_modules${sep}`) ? 'npm rebuild blastrain --build-from-source' : 'npm run install';
  const mend = `${tools[process.platform] ?? ''}${build}`;
  if (message.startsWith('No native build was found')) {
    return { reason: `no binary was built for ${process.platform}-${process.arch}`, mend };
  }
  const reason = message.split('\n', 1)[0]!;
  return { reason, mend: reason.startsWith('libopenblas') ? 'apt-get install libopenblas0' : mend };
}

/**
 * The native kernels of a precision. Memory safety is the addon's own: it checks every argument and refuses with a bare code.
 * The checks of TypeScript run only then, to put the refusal into words.
 */
export function nativeKernels(addon: Addon, precision: Precision): Kernels {
  const dtype = storedDtype(precision);
  const operations = Object.entries({ ...addon[dtype], ...addon[precision] });
  const prefersBytes = precision === 'bfloat16' || (precision === 'float32' && addon.info().splitsProducts);
  const facts = { backend: 'native', dtype, prefersBytes, allocate: (length: number) => allocate(dtype, length) } as const;
  const explained = operations.map(([name, operation]) => [name, explain(name as KernelName, dtype, operation)]);
  return { ...Object.fromEntries(explained), ...facts } as Kernels;
}

/** `operation` with refusals in words. The wrapper is inlined: it costs 5 ns of a call's 125. */
function explain(kernel: KernelName, dtype: Dtype, operation: Operation): Operation {
  return (...args) => {
    try {
      return operation(...args);
    } catch {
      throw refusalOf(kernel, dtype, args);
    }
  };
}
