import type { FloatArray, KernelName, Kernels, SourceArray } from './contract';

/** A non-negative integer below 2³¹, which is what BLAS counts with. */
export interface SizeArgument {
  readonly kind: 'size';
  readonly name: string;
}

export interface ScalarArgument {
  readonly kind: 'scalar';
  readonly name: string;
}

export interface FlagArgument {
  readonly kind: 'flag';
  readonly name: string;
}

/**
 * What an array holds: numbers of the kernel's dtype, float64, bytes, int32; indices, which are int32 below a bound; or the rows of a
 * data set, as many as there are: of bytes or of the dtype (`source`), of bytes or of either dtype (`anySource`), of bytes.
 */
export type ArrayKind = 'floats' | 'doubles' | 'bytes' | 'ints' | 'indices' | 'source' | 'anySource' | 'byteSource';

export interface ArrayArgument<Kind extends ArrayKind = ArrayKind> {
  readonly kind: Kind;
  readonly name: string;
  /**
   * The sizes, constants, or sums of products of these, as `n*k+passed`, that multiply to its least length; of a source: to the length of
   * a row.
   */
  readonly shape: readonly string[];
  /** `room` is scratch memory for the kernel: its contents afterwards are unspecified. */
  readonly use: 'reads' | 'writes' | 'updates' | 'room';
  /** The inputs that it may be the same array as. */
  readonly sameAs: readonly string[];
  /** Of indices: the size that they lie below, or the source whose rows they count. */
  readonly bound?: string;
  /** The scalar whose 0 means that the output is written without being read. */
  readonly readUnlessZero?: string;
  /** The scalar whose 0 means that the array is not used and may be empty. */
  readonly unusedIfZero?: string;
}

export type Argument = SizeArgument | ScalarArgument | FlagArgument | ArrayArgument;

export const size = (name: string): SizeArgument => ({ kind: 'size', name });
export const scalar = (name: string): ScalarArgument => ({ kind: 'scalar', name });
export const flag = (name: string): FlagArgument => ({ kind: 'flag', name });

/** The names of the sizes in a factor of a shape. */
export function sizesIn(factor: string): readonly string[] {
  return factor.split(/[+*]/).filter((name) => !/^\d+$/.test(name));
}

/** How many numbers a shape holds, where `valueOf` gives the sizes. */
export function volumeOf(shape: readonly string[], valueOf: (name: string) => number): number {
  const ofTerm = (term: string): number => term.split('*').reduce((product, name) => product * (/^\d+$/.test(name) ? Number(name) : valueOf(name)), 1);
  return shape.reduce((volume, factor) => volume * factor.split('+').reduce((sum, term) => sum + ofTerm(term), 0), 1);
}

/* Arrays are declared as in the contract, by name and shape: `x[m,n]`. They hold floats where nothing else is said. */

const declare = (declaration: string, use: ArrayArgument['use'], sameAs: readonly string[] = []): ArrayArgument<'floats'> => {
  const [name, shape] = declaration.slice(0, -1).split('[') as [string, string];
  return { kind: 'floats', name, shape: shape.split(','), use, sameAs };
};
export const reads = (declaration: string): ArrayArgument<'floats'> => declare(declaration, 'reads');
/** An output, which may be the same array as the inputs that are named. */
export const writes = (declaration: string, ...sameAs: string[]): ArrayArgument<'floats'> => declare(declaration, 'writes', sameAs);
export const updates = (declaration: string): ArrayArgument<'floats'> => declare(declaration, 'updates');
export const room = (declaration: string): ArrayArgument<'floats'> => declare(declaration, 'room');
/** An output that is added to, times a scalar. */
export const accumulates = (declaration: string, beta: string): ArrayArgument<'floats'> =>
  ({ ...updates(declaration), readUnlessZero: beta });
/** An array that is neither read nor written where the scalar is 0. */
export const unlessZero = (name: string, array: ArrayArgument<'floats'>): ArrayArgument<'floats'> => ({ ...array, unusedIfZero: name });
export const doubles = (array: ArrayArgument<'floats'>): ArrayArgument<'doubles'> => ({ ...array, kind: 'doubles' });
export const bytes = (array: ArrayArgument<'floats'>): ArrayArgument<'bytes'> => ({ ...array, kind: 'bytes' });
export const ints = (array: ArrayArgument<'floats'>): ArrayArgument<'ints'> => ({ ...array, kind: 'ints' });
export const indices = (declaration: string, bound: string): ArrayArgument<'indices'> =>
  ({ ...reads(declaration), kind: 'indices', bound });
/** Rows of the shape, as many as there are. */
export const source = (declaration: string): ArrayArgument<'source'> => ({ ...reads(declaration), kind: 'source' });
export const anySource = (declaration: string): ArrayArgument<'anySource'> => ({ ...reads(declaration), kind: 'anySource' });
export const byteSource = (declaration: string): ArrayArgument<'byteSource'> => ({ ...reads(declaration), kind: 'byteSource' });

/** What a kernel takes and how it behaves, apart from its formula. */
export interface Signature<Arguments extends readonly Argument[] = readonly Argument[]> {
  readonly args: Arguments;
  /** Whether all backends agree bit for bit; else within a bound, which the cases of its verification derive. */
  readonly exact: boolean;
  /** Whether it multiplies matrices, m·n·k numbers with as many: such kernels exist in bfloat16 too. */
  readonly product: boolean;
  /**
   * Whether it returns a sum of as many parts as there are threads, whose last bits therefore differ between numbers of threads; such
   * kernels exist in bfloat16 too, where parts have fixed sizes.
   */
  readonly sum: boolean;
  /**
   * The largest product of sizes for which a call is faster in TypeScript, as a native call takes at least some 100 ns.
   * Measured in both dtypes; 0 for never.
   */
  readonly small: number;
  /** Whether rows of no columns are refused. */
  readonly needsColumns?: boolean;
}

/** A kernel whose formula determines every bit. */
export const exact = <const Arguments extends readonly Argument[]>(args: Arguments, small = 0): Signature<Arguments> =>
  ({ args, exact: true, product: false, sum: false, small });
/** A kernel with functions, such as exponentials, or sums that backends may compute differently. */
export const bounded = <const Arguments extends readonly Argument[]>(args: Arguments, small = 0): Signature<Arguments> =>
  ({ ...exact(args, small), exact: false });
export const sum = <const Arguments extends readonly Argument[]>(args: Arguments, small = 0): Signature<Arguments> =>
  ({ ...bounded(args, small), sum: true });
export const product = <const Arguments extends readonly Argument[]>(args: Arguments, small = 0): Signature<Arguments> =>
  ({ ...bounded(args, small), product: true });

/** The argument that a parameter of the contract asks for. */
type ArgumentFor<Parameter> =
  [Parameter] extends [boolean] ? FlagArgument
  : [Parameter] extends [number] ? SizeArgument | ScalarArgument
  : [Parameter] extends [Int32Array] ? ArrayArgument<'ints' | 'indices'>
  : [Parameter] extends [Uint8Array] ? ArrayArgument<'bytes' | 'byteSource'>
  : [Parameter] extends [Float64Array] ? ArrayArgument<'doubles'>
  : [Parameter] extends [FloatArray] ? ArrayArgument<'floats'>
  : [Parameter] extends [SourceArray] ? ArrayArgument<'source' | 'anySource'>
  : never;
type ArgumentsFor<Parameters extends readonly unknown[]> = { readonly [Index in keyof Parameters]: ArgumentFor<Parameters[Index]> };

/** A signature for every kernel, whose arguments have the number, order and kinds of the contract's parameters. */
export type SignatureTable = { readonly [Name in KernelName]: Signature<ArgumentsFor<Parameters<Kernels[Name]>>> };
