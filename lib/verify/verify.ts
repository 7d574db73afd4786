import { checkList, checkOptions } from '../arguments';
import { expected, nearest } from '../errors';
import { getThreads, kernelsFor, setThreads } from '../kernels';
import type { KernelName, Kernels, Precision } from '../kernels/contract';
import { kernelNames, kernelsIn, signatures } from '../kernels/signatures';
import { verifyCases } from './cases';
import type { VerifyCase } from './cases';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, max } = Math;
const { isNaN } = Number;
const { is } = Object;

/** Numbers of threads that native kernels are to be right with: alone, on an even share each, and on shares that leave some over. Others have one. */
const threadCounts = { native: [1, 2, 3], typescript: [1] } as const;

/** What to verify; by default the native kernels against the TypeScript ones. */
export interface VerifyOptions {
  /** Gives the kernels under test. */
  readonly candidate?: (precision: Precision) => Kernels;
  /** Default: all. */
  readonly kernels?: readonly KernelName[];
  /** Seed of the inputs; default 0. */
  readonly seed?: number;
  /** Whether to leave a kernel at its first wrong case; default false: all cases, and the worst of them is told. */
  readonly firstFailure?: boolean;
}

/** How one kernel did in one precision. */
export interface VerifyResult {
  readonly kernel: KernelName;
  readonly precision: Precision;
  readonly cases: number;
  /** Whether all outputs had to agree bit for bit. */
  readonly exact: boolean;
  /**
   * The worst error as a fraction of what is allowed; above 1 the kernel is wrong. Infinity (null in JSON) where nothing
   * is allowed: a bit differs, a NaN stands alone, or an element beyond the output was written.
   */
  readonly worst: number;
  /** Empty where no case had an error. */
  readonly worstCase: string;
  readonly passed: boolean;
}

/** What {@link verifyKernels} found. */
export interface VerifyReport {
  readonly passed: boolean;
  readonly seed: number;
  readonly results: readonly VerifyResult[];
}

/**
 * Runs every kernel at both dtypes, and products and sums in bfloat16 too, on ragged sizes and hostile inputs, with 1, 2 and 3 threads, and
 * holds what it writes against the TypeScript kernels, within bounds derived from the arithmetic (verifyDraw.ts). Takes a few seconds, in
 * which the number of threads of the whole process changes; afterwards it is as before. Throws ERR_BACKEND when the native kernels are
 * asked for and do not load.
 */
export function verifyKernels(options: VerifyOptions = {}): VerifyReport {
  checkOptions(options);
  const {
    candidate = (precision: Precision) => kernelsFor(precision, 'native'), kernels = kernelNames, seed = 0, firstFailure = false,
  } = options;
  if (typeof candidate !== 'function') throw expected('ERR_CONFIG', 'a function of the precision', 'candidate', candidate, { path: 'candidate' });
  checkList(kernels, 'kernels', 'a list of names of kernels');
  for (const name of kernels) {
    if (!kernelNames.includes(name)) throw expected('ERR_CONFIG', 'names of kernels', 'kernels', name, { path: 'kernels', nearest: nearest(name, kernelNames) ?? null });
  }
  const threads = getThreads('native');
  try {
    const results = (['float32', 'float64', 'bfloat16'] as const).flatMap((precision) => {
      const [tested, reference] = [candidate(precision), kernelsFor(precision, 'typescript')];
      return kernels
        .filter((kernel) => kernelsIn(precision).includes(kernel))
        .map((kernel) => verifyKernel(kernel, precision, tested, reference, verifyCases(kernel, precision, seed), firstFailure));
    });
    return { passed: results.every(({ passed }) => passed), seed, results };
  } finally {
    setThreads(threads);
  }
}

function verifyKernel(
  kernel: KernelName, precision: Precision, tested: Kernels, reference: Kernels, toRun: Iterable<VerifyCase>, firstFailure: boolean,
): VerifyResult {
  const { exact } = signatures[kernel];
  let cases = 0;
  let worst = 0;
  let worstCase = '';
  for (const each of toRun) {
    for (const { error, threads } of errorsOf(each, exact, tested, reference)) {
      if (error > worst) [worst, worstCase] = [error, threads === 1 ? each.label : `${each.label}, ${threads} threads`];
    }
    cases++;
    if (firstFailure && worst > 1) break;
  }
  return { kernel, precision, cases, exact, worst, worstCase, passed: worst <= 1 };
}

/** For each number of threads, the largest error of a case's outputs, in units of what is allowed: nothing where the kernel is exact. */
function* errorsOf(
  { run, bounds }: VerifyCase, exact: boolean, tested: Kernels, reference: Kernels,
): Generator<{ threads: number; error: number }> {
  const right = run(reference);
  let before: readonly ArrayLike<number>[] | undefined;
  for (const threads of threadCounts[tested.backend]) {
    setThreads(threads);
    const outputs = run(tested);
    // Most give the same bits with any number of threads: these need no second look.
    if (before !== undefined && outputs.every((output, o) => sameBits(output, before![o]!))) continue;
    before = outputs;
    yield { threads, error: max(0, ...outputs.map((output, o) => errorOf(output, right[o]!, exact ? undefined : bounds[o]))) };
  }
}

function errorOf(output: ArrayLike<number>, right: ArrayLike<number>, bounds: ArrayLike<number> | undefined): number {
  if (sameBits(output, right)) return 0;
  let worst = 0;
  for (let i = 0; i < output.length; i++) {
    const value = output[i]!;
    const truth = right[i]!;
    const bound = bounds?.[i];
    if (is(value, truth) || (bound !== undefined && value === truth)) continue;
    const error = abs(value - truth) / (bound ?? 0);
    worst = max(worst, isNaN(error) ? Infinity : error); // NaN: where a NaN or an infinity stands alone
  }
  return worst;
}

/** Whether two outputs are typed arrays of the same bytes. */
function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && bytesOf(a).equals(bytesOf(b));
}

function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
