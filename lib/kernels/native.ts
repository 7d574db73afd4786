import { BlastrainError } from '../errors';
import { memoryNodes, useLargePages } from '../machine';
import type { Addon, AddonOutcome, Operation } from './addon';
import { openAddon, placeOfAddon } from './addonFile';
import { allocate, bytesPerNumber, storedDtype } from './contract';
import type { Dtype, FloatArray, KernelName, Kernels, Precision } from './contract';
import { refusalOf } from './validate';

let outcome: AddonOutcome | undefined;

/** The addon, or why there is none. Loads it on the first call in each thread. */
export function loadAddon(): AddonOutcome {
  outcome ??= openAddon(false);
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
    { reason, mend, tried: placeOfAddon() },
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

/** Has the addon tried in a process of its own before this thread loads it, where it has not yet: one that ends the process then counts as none. */
export function tryAddon(): void {
  outcome ??= openAddon(true);
}

/**
 * The native kernels of a precision. Memory safety is the addon's own: it checks every argument and refuses with a bare code.
 * The checks of TypeScript run only then, to put the refusal into words.
 */
export function nativeKernels(addon: Addon, precision: Precision): Kernels {
  const dtype = storedDtype(precision);
  const operations = Object.entries({ ...addon[dtype], ...addon[precision] });
  const { splitsProducts, packsBytes } = addon.info();
  const prefersBytes = precision === 'bfloat16' || (precision === 'float32' && (splitsProducts || packsBytes));
  const facts = { backend: 'native', dtype, prefersBytes, allocate: (length: number) => allocateFor(addon, dtype, length) } as const;
  const explained = operations.map(([name, operation]) => [name, explain(name as KernelName, dtype, operation)]);
  return { ...Object.fromEntries(explained), ...facts } as Kernels;
}

/** Bytes of an array from which on it gets large pages of its own, a quarter of one: what is left of the last one is lost. */
const worthLargePages = 2 ** 19;

/** The most: Node.js takes no longer buffers from an addon. Where so long an array begins makes no difference. */
const mostFromAddon = 2 ** 30;

function allocateFor(addon: Addon, dtype: Dtype, length: number): FloatArray {
  const width = bytesPerNumber(dtype), bytes = width * length;
  const buffer = bytes >= worthLargePages && bytes <= mostFromAddon ? addon.allocateLargePages(length, width, memoryNodes()) : undefined;
  if (buffer !== undefined) return dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
  const array = allocate(dtype, length);
  useLargePages(array.buffer);
  return array;
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
