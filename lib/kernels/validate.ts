import { BlastrainError, expected } from '../errors';
import type { Dtype, KernelName, Kernels } from './contract';
import { volumeOf } from './declare';
import type { Argument, ArrayArgument, Signature } from './declare';
import { kernelNames, signatures } from './signatures';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const buffers = ArrayBuffer;
const { floor } = Math;
const { isInteger } = Number;

const { toStringTag } = Symbol;

/* The getters of typed arrays themselves, which an object cannot override; they cost 5 ns more than a property access. */
const {
  [Symbol.toStringTag]: tag, length: extent, buffer: memory, byteOffset: offset, set,
} = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array);
const tagGetter = tag.get as (this: unknown) => string | undefined;
const lengthGetter = extent.get as (this: unknown) => number;
const bufferGetter = memory.get as (this: unknown) => ArrayBuffer;
const offsetGetter = offset.get as (this: unknown) => number;
const setter = set.value as (this: unknown, from: unknown, at: number) => void;
/** Of a typed array, whatever it says itself. */
export const lengthOf = (array: unknown): number => lengthGetter.call(array);
export const bufferOf = (array: unknown): ArrayBuffer => bufferGetter.call(array);
export const offsetOf = (array: unknown): number => offsetGetter.call(array);
/** `to.set(from, at)`. */
export const setArray = (to: unknown, from: unknown, at: number): void => { setter.call(to, from, at); };

/** The types of the arrays that kernels take. */
export type ArrayType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
type Operation = (...args: unknown[]) => unknown;

type Operations = Readonly<Record<KernelName, Operation>>;
/** Wraps `operations` in their checks; `refuse` throws the error for a call that fails one. */
type Guard = (refuse: (kernel: KernelName, args: readonly unknown[]) => never, operations: Operations) => Operations;

/**
 * The same kernels behind checks of every argument against its signature. Nothing is written before all checks have passed.
 * Throws ERR_KERNEL_ARG for a wrong type, dtype, size or length, ERR_KERNEL_INDEX for a label or row index out of range.
 */
export function checked(kernels: Kernels): Kernels {
  const { dtype } = kernels;
  const guard = guards[dtype] ??= compile(dtype);
  const refuse = (kernel: KernelName, args: readonly unknown[]): never => { throw refusalOf(kernel, dtype, args); };
  return { ...kernels, ...guard(refuse, kernels as unknown as Operations) as unknown as Kernels };
}

const guards: Partial<Record<Dtype, Guard>> = {};

/**
 * The checks of all kernels, compiled from their signatures: a loop over a signature and a call's arguments would cost the toy net's
 * steps a quarter of their speed, and leave the arguments to the garbage collector. The loop is still used where Node may not compile
 * text (--disallow-code-generation-from-strings).
 */
function compile(dtype: Dtype): Guard {
  const text = kernelNames.map((name) => {
    const parameters = signatures[name].args.map((argument) => argument.name).join(', ');
    return `${name}: (${parameters}) => {
      if (!(${conditionsOf(signatures[name], dtype).join(' && ')})) refuse('${name}', [${parameters}]);
      return operations.${name}(${parameters});
    }`;
  });
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made of the constant table alone
    const make = new Function('isSize', 'isArray', 'areBelow', 'floor', 'lengthOf', `return (refuse, operations) => ({ ${text.join(', ')} });`);
    return (make as (...helpers: unknown[]) => Guard)(isSize, isArray, areBelow, floor, lengthOf);
  } catch (error) {
    if ((error as Error).name !== 'EvalError') throw error;
    return (_, operations) => Object.fromEntries(kernelNames.map((name) => [name, (...args: unknown[]) => {
      validate(name, dtype, args);
      return operations[name](...args);
    }])) as Operations;
  }
}

/** The checks of {@link validate} as expressions in the kernel's parameters; those of indices last. */
function conditionsOf({ args, needsColumns }: Signature, dtype: Dtype): readonly string[] {
  const conditions = args.map((argument) => {
    const { name } = argument;
    switch (argument.kind) {
      case 'size': return `isSize(${name})`;
      case 'scalar': return `typeof ${name} === 'number'`;
      case 'flag': return `typeof ${name} === 'boolean'`;
      default: {
        const product = productText(argument.shape);
        const length = argument.unusedIfZero === undefined ? product : `${argument.unusedIfZero} === 0 ? 0 : ${product}`;
        const least = isSource(argument) ? '0' : length;
        return `(${typesOf(argument, dtype).map((type) => `isArray('${type}', ${least}, ${name})`).join(' || ')})`;
      }
    }
  });
  for (const argument of args.filter(isArrayArgument)) {
    const { name, bound } = argument;
    const product = productText(argument.shape);
    if (isSource(argument)) conditions.push(`isSize(${product})`);
    if (bound === undefined) continue;
    const source = sourceNamed(bound, args);
    const columns = source && productText(source.shape);
    conditions.push(columns === undefined ? `areBelow(${bound}, ${product}, ${name})`
      : `(${columns} === 0 || areBelow(floor(lengthOf(${bound}) / (${columns})), ${product}, ${name}))`);
  }
  if (needsColumns === true) conditions.push('(m === 0 || n > 0)');
  return conditions;
}

/**
 * Throws for the first argument of a kernel's call that does not fit, and does nothing where all do: ERR_KERNEL_ARG or, when all else
 * fits, ERR_KERNEL_INDEX.
 */
function validate(kernel: KernelName, dtype: Dtype, values: readonly unknown[]): void {
  const { args, needsColumns } = signatures[kernel];
  const valueOf = (name: string): unknown => values[args.findIndex((argument) => argument.name === name)];
  const productOf = (shape: readonly string[]): number => volumeOf(shape, (name) => Number(valueOf(name)));
  const arrays = args.filter(isArrayArgument);
  args.forEach((argument, position) => {
    const [name, value] = [`${kernel} ${argument.name}`, values[position]];
    if (argument.kind === 'size') checkSize(name, value);
    else if (argument.kind === 'scalar') {
      if (typeof value !== 'number') throw expected('ERR_KERNEL_ARG', 'a number', name, value);
    } else if (argument.kind === 'flag') {
      if (typeof value !== 'boolean') throw expected('ERR_KERNEL_ARG', 'a boolean', name, value);
    } else {
      // A source's rows are pictures where they have more than one size, and their product is a size, too.
      if (argument === arrays[0]) for (const { shape } of arrays.filter(isSource)) checkSize(`${kernel} ${shape.join('·')}`, productOf(shape));
      const types = typesOf(argument, dtype);
      const unused = argument.unusedIfZero !== undefined && valueOf(argument.unusedIfZero) === 0;
      const length = unused || isSource(argument) ? 0 : productOf(argument.shape);
      if (types.some((type) => isTrulyArray(type, length, value))) return;
      const what = `${types[0] === 'Int32Array' ? 'an' : 'a'} ${types.join(', ').replace(/, (\w+)$/, ' or $1')}`;
      throw expected('ERR_KERNEL_ARG', isSource(argument) ? what : `${what} of at least ${length} elements`, name, value);
    }
  });
  if (needsColumns === true && valueOf('n') === 0 && valueOf('m') !== 0) {
    throw expected('ERR_KERNEL_ARG', 'a positive integer', `${kernel} n`, 0);
  }
  for (const { name, shape, bound } of arrays) {
    if (bound === undefined) continue;
    const source = sourceNamed(bound, args);
    const columns = source === undefined ? 1 : productOf(source.shape);
    if (columns === 0) continue; // rows of no columns are not read
    const limit = source === undefined ? valueOf(bound) as number : floor(lengthOf(valueOf(bound)) / columns);
    const indices = valueOf(name) as Int32Array;
    for (let i = 0; i < productOf(shape); i++) {
      const index = indices[i]!;
      if (!(index >= 0 && index < limit)) throw expected('ERR_KERNEL_INDEX', `an index in [0, ${limit})`, `${kernel} ${name}[${i}]`, index);
    }
  }
}

/** The error for a refused call: what {@link validate} throws or, where it finds nothing, that an array's prototype is wrong. */
export function refusalOf(kernel: KernelName, dtype: Dtype, values: readonly unknown[]): Error {
  try {
    validate(kernel, dtype, values);
  } catch (error) {
    return error as Error;
  }
  return new BlastrainError('ERR_KERNEL_ARG', `Expected arrays with the prototypes of their types for ${kernel} but received others`);
}

/** How many numbers a shape holds, as an expression in the sizes. */
function productText(shape: readonly string[]): string {
  return shape.map((factor) => (factor.includes('+') ? `(${factor})` : factor)).join(' * ');
}

function isArrayArgument(argument: Argument): argument is ArrayArgument {
  return 'shape' in argument;
}

/** Whether it is the rows of a data set. */
export function isSource({ kind }: ArrayArgument): boolean {
  return kind === 'source' || kind === 'anySource' || kind === 'byteSource';
}

/** The source of that name; undefined where the name is a size's. */
function sourceNamed(name: string, args: readonly Argument[]): ArrayArgument | undefined {
  return args.filter(isArrayArgument).find((argument) => argument.name === name && isSource(argument));
}

/** What an array may be. */
function typesOf({ kind }: ArrayArgument, dtype: Dtype): readonly ArrayType[] {
  const floats = dtype === 'float32' ? 'Float32Array' : 'Float64Array';
  switch (kind) {
    case 'floats': return [floats];
    case 'ints':
    case 'indices': return ['Int32Array'];
    case 'doubles': return ['Float64Array'];
    case 'source': return ['Uint8Array', floats];
    case 'anySource': return ['Uint8Array', 'Float32Array', 'Float64Array'];
    default: return ['Uint8Array'];
  }
}

/**
 * By tag, not by class, as an array may come from another realm. The length is checked by reading the last element needed: a `length`
 * property could be forged, and a detached array has no elements.
 */
function isArray(type: ArrayType, length: number, value: unknown): boolean {
  if (!buffers.isView(value)) return false;
  const view = value as unknown as { readonly [toStringTag]: string; readonly [index: number]: number };
  return view[toStringTag] === type && (length === 0 || view[length - 1] !== undefined);
}

/** The type of a typed array that a kernel may take, by its tag; undefined for all else. */
export function arrayTypeOf(value: unknown): ArrayType | undefined {
  const type = buffers.isView(value) ? tagGetter.call(value) : undefined;
  return type === 'Float32Array' || type === 'Float64Array' || type === 'Int32Array' || type === 'Uint8Array' ? type : undefined;
}

/** The same by the getters of typed arrays, for the error message. */
function isTrulyArray(type: ArrayType, length: number, value: unknown): boolean {
  return buffers.isView(value) && tagGetter.call(value) === type && lengthOf(value) >= length;
}

/** Sizes stay below 2³¹: that is what BLAS counts with. */
export function isSize(value: unknown): boolean {
  return typeof value === 'number' && isInteger(value) && value >= 0 && value < 2 ** 31;
}

function checkSize(name: string, value: unknown): void {
  if (isSize(value)) return;
  const what = isInteger(value) && value as number > 0 ? 'an integer below 2147483648' : 'a non-negative integer';
  throw expected('ERR_KERNEL_ARG', what, name, value);
}

/** Whether the first `count` values are indices in [0, bound). */
function areBelow(bound: number, count: number, values: Int32Array): boolean {
  for (let i = 0; i < count; i++) {
    if (values[i]! < 0 || values[i]! >= bound) return false;
  }
  return true;
}
