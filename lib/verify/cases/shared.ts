import type { FloatArray, KernelName, Kernels } from '../../kernels/contract';
import { gemm } from '../../kernels/gemm';
import { signatures } from '../../kernels/signatures';
import type { Family, FamilyKernels } from '../../kernels/signatures';
import type { Draw } from '../draw';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs } = Math;

/** One call of a kernel, made on two backends whose outputs are compared. */
export interface VerifyCase {
  readonly label: string;
  /** Calls the kernel with fresh outputs; returns these, with their guard elements, and the number that the kernel returned. */
  readonly run: (kernels: Kernels) => readonly ArrayLike<number>[];
  /**
   * By how much each element of the outputs may differ between the backends: the errors of both together. Elements without a bound, such
   * as guard elements, must agree bit for bit; those with a bound of 0 must be the same number.
   */
  readonly bounds: readonly ArrayLike<number>[];
}

const fewLengths = [0, 1, 3, 7, 8, 17, 33, 64, 65, 200, 1001] as const;
/**
 * Lengths of loops. Native threads divide a loop into ranges of at least 32,768 elements if it is bound by memory, and of 4,096 if it
 * computes functions such as exp (native/pool.h): the last length of each list is enough for three threads.
 */
export const memoryLengths = [...fewLengths, 100_003] as const;
export const computeLengths = [...fewLengths, 13_001] as const;

const fewShapes = [
  [0, 3], [3, 0], [1, 1], [1, 8], [8, 1], [3, 7], [7, 17], [17, 10], [33, 65], [64, 64], [65, 3], [200, 50],
] as const;
/** The same for rows and columns, whichever of the two threads divide. */
export const memoryShapes = [...fewShapes, [331, 307]] as const;
export const computeShapes = [...fewShapes, [67, 203]] as const;

/** Shapes m, n, k of products. Threads divide those of 131,072 multiplications or more; the last two are deep, below and above that. */
export const products = [
  [0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [1, 7, 3], [7, 1, 8], [5, 10, 4], [8, 8, 8], [3, 17, 33], [17, 33, 7],
  [33, 8, 65], [64, 65, 33], [65, 64, 200], [200, 10, 50], [17, 5, 1100], [19, 13, 1100],
] as const;

export const shapeOf = (...sizes: readonly number[]): string => sizes.join('x');
export const indicesUpTo = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** One bound for each of `length` elements. */
export function boundEach(length: number, bound: (i: number) => number): Float64Array {
  const bounds = new Float64Array(length);
  for (let i = 0; i < length; i++) bounds[i] = bound(i);
  return bounds;
}

/** Σ|terms| of each element of op(A)·op(B), to which the bound of a product is proportional; in double, by the TypeScript product. */
export function termSizes(
  transA: boolean, transB: boolean, m: number, n: number, k: number, a: ArrayLike<number>, b: ArrayLike<number>,
): Float64Array {
  const sizes = new Float64Array(m * n);
  gemm(transA, transB, m, n, k, 1, magnitudes(a), magnitudes(b), 0, sizes);
  return sizes;
}

function magnitudes(x: ArrayLike<number>): Float64Array {
  const sizes = new Float64Array(x.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = abs(x[i]!);
  return sizes;
}

/** A case whose outputs must agree bit for bit. */
export const exact = (label: string, run: VerifyCase['run']): VerifyCase => ({ label, run, bounds: [] });

/**
 * The cases of an elementwise kernel whose backends agree bit for bit: ordinary and hostile numbers for the arrays that its signature
 * reads, fresh outputs for those that it writes, and for each scalar one of the given values.
 */
export const exactLoop = (
  kernel: KernelName, scalars: Readonly<Record<string, readonly number[]>> = {},
): (draw: Draw) => Generator<VerifyCase> => function* (draw) {
  const { args } = signatures[kernel];
  for (const n of memoryLengths) {
    for (const label of ['uniform', 'hostile'] as const) {
      const drawn = args.map((argument) => {
        switch (argument.kind) {
          case 'size': return n;
          case 'scalar': return draw.pick(scalars[argument.name]!);
          case 'bytes': return Uint8Array.from({ length: n }, () => draw.pick([0, 0, 1, 255]));
          default: return 'use' in argument && argument.use === 'writes' ? undefined : draw[label](n);
        }
      });
      yield exact(`n=${n} ${label}`, (kernels) => {
        const outputs = args.map((argument, i) => (
          'use' in argument && argument.use !== 'reads' ? draw.output(n, drawn[i] as FloatArray | undefined) : undefined));
        (kernels[kernel] as (...values: unknown[]) => unknown)(...drawn.map((value, i) => outputs[i] ?? value));
        return outputs.filter((output) => output !== undefined);
      });
    }
  }
};

/** A generator of cases for each kernel of a family. */
export type CaseMakers<Name extends Family> = Readonly<Record<keyof FamilyKernels<Name>, (draw: Draw) => Generator<VerifyCase>>>;
