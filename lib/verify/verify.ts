import { checkInteger, checkList, checkOptions } from '../arguments';
import { expected, nearest } from '../errors';
import { backends, getThreads, kernelsFor, setThreads } from '../kernels';
import type { KernelName, Kernels, Precision } from '../kernels/contract';
import { kernelNames, kernelsIn, signatures } from '../kernels/signatures';
import { verifyCases } from './cases';
import type { VerifyCase } from './cases';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, max } = Math;
const { isNaN } = Number;
const { is } = Object;

/** Numbers of threads to test, where a backend has more than one: one, and numbers that divide sizes evenly and unevenly. */
const threadCounts = [1, 2, 3] as const;

/** What to verify; by default the native kernels against the TypeScript ones. */
export interface VerifyOptions {
  /** Gives the kernels under test. */
  readonly candidate?: (precision: Precision) => Kernels;
  /** Default: all. */
  readonly kernels?: readonly KernelName[];
  /** Seed of the inputs; default 0. */
  readonly seed?: number;
  /** Numbers of threads to compute with, where the kernels have threads; default 1, 2 and 3. */
  readonly threads?: readonly number[];
  /** Leaves out products of more multiplications, which take an emulated processor a minute; default: none. */
  readonly mostMultiplications?: number;
  /** Whether to stop at the first wrong case of a kernel; default false: all cases run, and the worst is reported. */
  readonly firstFailure?: boolean;
}

/** The result of one kernel in one precision. */
export interface VerifyResult {
  readonly kernel: KernelName;
  readonly precision: Precision;
  readonly cases: number;
  /** Whether all outputs had to agree bit for bit. */
  readonly exact: boolean;
  /**
   * The largest error as a fraction of its bound; above 1 the kernel is wrong. Infinity (null in JSON) if outputs without a bound differ,
   * only one of them is NaN, or an element beyond the output was written.
   */
  readonly worst: number;
  /** The case of the largest error; empty if there was none. */
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
 * Runs every kernel in both dtypes, and products and sums in bfloat16 too, on ragged sizes and hostile inputs, with 1, 2 and 3 threads, and
 * compares its outputs with those of the TypeScript kernels, within bounds derived from the arithmetic (draw.ts). Takes a few seconds,
 * during which it changes the number of threads of the process. Throws ERR_BACKEND if the native kernels are asked for and do not load.
 */
export function verifyKernels(options: VerifyOptions = {}): VerifyReport {
  checkOptions(options);
  const { candidate = (precision: Precision) => kernelsFor(precision, 'native'), ...rest } = options;
  if (typeof candidate !== 'function') throw expected('ERR_CONFIG', 'a function of the precision', 'candidate', candidate, { path: 'candidate' });
  return verifyCandidates([candidate], rest)[0]!;
}

/** Reports on several candidates, whose inputs, bounds and right outputs are computed once: more than half of the time of one. */
export function verifyCandidates(candidates: readonly ((precision: Precision) => Kernels)[], options: Omit<VerifyOptions, 'candidate'> = {}): VerifyReport[] {
  const { kernels = kernelNames, seed = 0, threads = threadCounts, mostMultiplications = Infinity, firstFailure = false } = options;
  checkList(kernels, 'kernels', 'a list of names of kernels');
  for (const name of kernels) {
    if (!kernelNames.includes(name)) throw expected('ERR_CONFIG', 'names of kernels', 'kernels', name, { path: 'kernels', nearest: nearest(name, kernelNames) ?? null });
  }
  checkList(threads, 'threads', 'a list of numbers of threads');
  for (const count of threads) checkInteger(count, 'threads', 1);
  if (mostMultiplications !== Infinity) checkInteger(mostMultiplications, 'mostMultiplications', 1);
  const threadsBefore = getThreads('native');
  try {
    const results = (['float32', 'float64', 'bfloat16'] as const).flatMap((precision) => {
      const [tested, reference] = [candidates.map((candidate) => candidate(precision)), kernelsFor(precision, 'typescript')];
      return kernels
        .filter((kernel) => kernelsIn(precision).includes(kernel))
        .map((kernel) => verifyKernel(kernel, precision, tested, reference, verifyCases(kernel, precision, seed, mostMultiplications), threads, firstFailure));
    });
    return candidates.map((_, c) => ({ passed: results.every((each) => each[c]!.passed), seed, results: results.map((each) => each[c]!) }));
  } finally {
    setThreads(threadsBefore);
  }
}

/** The results of one kernel for each of the candidates. */
function verifyKernel(
  kernel: KernelName, precision: Precision, tested: readonly Kernels[], reference: Kernels, toRun: Iterable<VerifyCase>, threadsToTest: readonly number[],
  firstFailure: boolean,
): VerifyResult[] {
  const { exact } = signatures[kernel];
  let cases = 0;
  const found = tested.map(() => ({ worst: 0, worstCase: '' }));
  for (const each of toRun) {
    const right = each.run(reference);
    tested.forEach((candidate, c) => {
      for (const { error, threads } of errorsOf(each, exact, candidate, right, threadsToTest)) {
        if (error > found[c]!.worst) found[c] = { worst: error, worstCase: threads === 1 ? each.label : `${each.label}, ${threads} threads` };
      }
    });
    cases++;
    if (firstFailure && found.every(({ worst }) => worst > 1)) break;
  }
  return found.map(({ worst, worstCase }) => ({ kernel, precision, cases, exact, worst, worstCase, passed: worst <= 1 }));
}

/** The largest error of a case's outputs for each number of threads, as a fraction of its bound; exact kernels have none. */
function* errorsOf(
  { run, bounds }: VerifyCase, exact: boolean, tested: Kernels, right: readonly ArrayLike<number>[], threadsToTest: readonly number[],
): Generator<{ threads: number; error: number }> {
  let before: readonly ArrayLike<number>[] | undefined;
  for (const threads of backends[tested.backend].threads === undefined ? [1] : threadsToTest) {
    setThreads(threads);
    const outputs = run(tested);
    // Most outputs have the same bits with any number of threads, and need not be compared again.
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
    worst = max(worst, isNaN(error) ? Infinity : error); // NaN if one of the two is NaN or infinite
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
