import { checkList, checkOptions } from '../arguments';
import { expected, nearest } from '../errors';
import { kernelsFor } from '../kernels';
import type { KernelName, Kernels, Precision } from '../kernels/contract';
import { kernelNames, kernelsIn, signatures } from '../kernels/signatures';
import { verifyCases } from './verifyCases';
import type { VerifyCase } from './verifyCases';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, max } = Math;
const { isNaN } = Number;
const { is } = Object;

/** What to verify; by default the native kernels against the TypeScript ones. */
export interface VerifyOptions {
  /** Gives the kernels under test. */
  readonly candidate?: (precision: Precision) => Kernels;
  /** Default: all. */
  readonly kernels?: readonly KernelName[];
  /** Seed of the inputs; default 0. */
  readonly seed?: number;
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
 * Runs every kernel at both dtypes, and products in bfloat16 too, on ragged sizes and hostile inputs, and holds what it writes against the TypeScript
 * kernels, within bounds derived from the arithmetic (verifyDraw.ts). Takes about a second. Throws ERR_BACKEND when the
 * native kernels are asked for and do not load.
 */
export function verifyKernels(options: VerifyOptions = {}): VerifyReport {
  checkOptions(options);
  const { candidate = (precision: Precision) => kernelsFor(precision, 'native'), kernels = kernelNames, seed = 0 } = options;
  if (typeof candidate !== 'function') throw expected('ERR_CONFIG', 'a function of the precision', 'candidate', candidate, { path: 'candidate' });
  checkList(kernels, 'kernels', 'a list of names of kernels');
  for (const name of kernels) {
    if (!kernelNames.includes(name)) throw expected('ERR_CONFIG', 'names of kernels', 'kernels', name, { path: 'kernels', nearest: nearest(name, kernelNames) ?? null });
  }
  const results = (['float32', 'float64', 'bfloat16'] as const).flatMap((precision) => {
    const [tested, reference] = [candidate(precision), kernelsFor(precision, 'typescript')];
    return kernels
      .filter((kernel) => kernelsIn(precision).includes(kernel))
      .map((kernel) => verifyKernel(kernel, precision, tested, reference, seed));
  });
  return { passed: results.every(({ passed }) => passed), seed, results };
}

function verifyKernel(kernel: KernelName, precision: Precision, tested: Kernels, reference: Kernels, seed: number): VerifyResult {
  const { exact } = signatures[kernel];
  let cases = 0;
  let worst = 0;
  let worstCase = '';
  for (const each of verifyCases(kernel, precision, seed)) {
    const error = errorOf(each, exact, tested, reference);
    if (error > worst) [worst, worstCase] = [error, each.label];
    cases++;
  }
  return { kernel, precision, cases, exact, worst, worstCase, passed: worst <= 1 };
}

/** The largest error of a case's outputs, in units of what is allowed: nothing where the kernel is exact. */
function errorOf({ run, bounds }: VerifyCase, exact: boolean, tested: Kernels, reference: Kernels): number {
  const right = run(reference);
  return run(tested).reduce((worst, output, o) => {
    for (let i = 0; i < output.length; i++) {
      const value = output[i]!;
      const truth = right[o]![i]!;
      if (is(value, truth)) continue;
      const error = abs(value - truth) / (exact ? 0 : bounds[o]?.[i] ?? 0);
      worst = max(worst, isNaN(error) ? Infinity : error); // NaN: where a NaN or an infinity stands alone
    }
    return worst;
  }, 0);
}
