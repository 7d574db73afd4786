import type { Kernels } from '../../kernels/contract';
import type { Family, FamilyKernels } from '../../kernels/signatures';
import type { Draw } from '../verifyDraw';

/** One call of a kernel, to be made on two backends. */
export interface VerifyCase {
  readonly label: string;
  /** Calls the kernel with fresh outputs; returns those, guard elements included, and the returned number. */
  readonly run: (kernels: Kernels) => readonly ArrayLike<number>[];
  /**
   * By how much the elements of the outputs may differ between two backends. An element without a bound, guards among
   * them, must be the same bit for bit. Every bound holds for the errors of both sides together.
   */
  readonly bounds: readonly ArrayLike<number>[];
}

export const lengths = [0, 1, 3, 7, 8, 17, 33, 64, 65, 200, 1001] as const;
export const shapes = [
  [0, 3], [3, 0], [1, 1], [1, 8], [8, 1], [3, 7], [7, 17], [17, 10], [33, 65], [64, 64], [65, 3], [200, 50],
] as const;
/** The last but one is more than a block of the TypeScript product in every direction, the last much deeper than wide. */
export const products = [
  [0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [1, 7, 3], [7, 1, 8], [5, 10, 4], [8, 8, 8], [3, 17, 33], [17, 33, 7],
  [33, 8, 65], [64, 65, 33], [65, 64, 200], [200, 10, 50], [129, 131, 259], [17, 5, 1100],
] as const;

export const shapeOf = (...sizes: readonly number[]): string => sizes.join('x');
export const indicesUpTo = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** One bound for each of `length` elements. */
export const boundEach = (length: number, bound: (i: number) => number): number[] => indicesUpTo(length).map(bound);

/** A case whose outputs must agree bit for bit. */
export const exact = (label: string, run: VerifyCase['run']): VerifyCase => ({ label, run, bounds: [] });

/** Makes the cases of each kernel of a family. */
export type CaseMakers<Name extends Family> = Readonly<Record<keyof FamilyKernels<Name>, (draw: Draw) => Generator<VerifyCase>>>;
