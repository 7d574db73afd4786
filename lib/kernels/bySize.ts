import type { KernelName, Kernels } from './contract';

type Operation = (...args: unknown[]) => unknown;
type Operations = Readonly<Record<string, Operation>>;

/**
 * Up to which size a kernel is faster in TypeScript, where a native call costs some 100 ns whatever it does: of n elements, of m·n
 * elements, or of m·n·k multiplications. Measured in both dtypes. Kernels with exponentials break even at a dozen, GELU never.
 */
const limits: Readonly<Record<'n' | 'mn' | 'mnk', Partial<Readonly<Record<KernelName, number>>>>> = {
  n: {
    axpy: 64, scal: 64, dot: 64, nrm2: 64, lerp: 64, add: 64, maskScale: 64,
    reluForward: 64, reluBackward: 64, leakyReluForward: 64, leakyReluBackward: 64,
    tanhForward: 12, tanhBackward: 64, sigmoidForward: 12, sigmoidBackward: 64,
    squaredErrorForward: 64, squaredErrorBackward: 64,
    sgdStep: 40, adamStep: 16, rmspropStep: 20, lionStep: 40,
  },
  mn: {
    biasForward: 64, biasBackward: 64,
    batchNormForward: 64, batchNormEvaluate: 64, batchNormBackward: 64, layerNormForward: 50, layerNormBackward: 50,
    softmaxForward: 12, softmaxBackward: 50, softmaxCrossEntropyForward: 16, softmaxCrossEntropyBackward: 64,
    softCrossEntropyForward: 20, softCrossEntropyBackward: 50,
    argmax: 64, gatherRows: 64, standardizeRows: 64, mixRows: 64,
  },
  mnk: { sgdLinearStep: 120, adamLinearStep: 40 },
};
/** The same of gemm, whose sizes stand behind two flags. */
const productLimit = 250;

/**
 * The kernels of `large`, with calls below a measured size going to `small` instead. Which it is follows from a call's sizes
 * alone, so that equal calls give equal bits. Both have to check their arguments: refusals come from either.
 */
export function bySize(large: Kernels, small: Kernels): Kernels {
  return {
    ...large,
    ...chosen(large, small, limits.n, (limit, few, many) =>
      (n, ...rest) => (n as number <= limit ? few(n, ...rest) : many(n, ...rest))),
    ...chosen(large, small, limits.mn, (limit, few, many) =>
      (m, n, ...rest) => ((m as number) * (n as number) <= limit ? few(m, n, ...rest) : many(m, n, ...rest))),
    ...chosen(large, small, limits.mnk, (limit, few, many) =>
      (m, n, k, ...rest) => (
        (m as number) * (n as number) * (k as number) <= limit ? few(m, n, k, ...rest) : many(m, n, k, ...rest))),
    gemm(transA, transB, m, n, k, alpha, a, b, beta, c) {
      if (m * n * k <= productLimit) small.gemm(transA, transB, m, n, k, alpha, a, b, beta, c);
      else large.gemm(transA, transB, m, n, k, alpha, a, b, beta, c);
    },
  };
}

function chosen(
  large: Kernels, small: Kernels, those: Partial<Readonly<Record<KernelName, number>>>,
  choose: (limit: number, few: Operation, many: Operation) => Operation,
): Partial<Kernels> {
  const [few, many] = [small, large] as unknown as [Operations, Operations];
  return Object.fromEntries(Object.entries(those).map(([name, limit]) => [name, choose(limit, few[name]!, many[name]!)]));
}
