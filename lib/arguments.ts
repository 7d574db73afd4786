import { expected } from './errors';

/*
 * The first look at the arguments of public functions, which may be anything in a program without types: what is no object of the right
 * kind is refused by name, before the engine's own sentence about a property of undefined.
 */

/** Throws ERR_CONFIG, naming the argument, for anything but an object with the members that its use begins with. */
export function checkObject(value: unknown, name: string, what = 'an object', members: readonly string[] = []): void {
  const isFit = value !== null && typeof value === 'object' && members.every((member) => (value as Record<string, unknown>)[member] !== undefined);
  if (!isFit) throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** The same for options that may be left out. */
export function checkOptions(value: unknown, name = 'options'): void {
  if (value !== undefined) checkObject(value, name, 'an object or nothing');
}

/** Throws ERR_CONFIG, naming the argument, for anything but a text that is not empty. */
export function checkText(value: unknown, name: string, what = 'a path'): void {
  if (typeof value !== 'string' || value === '') throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** Throws ERR_CONFIG, naming the argument, for anything but a finite number. */
export function checkNumber(value: unknown, name: string): void {
  if (!Number.isFinite(value)) throw expected('ERR_CONFIG', 'a finite number', name, value, { path: name });
}

/** Throws ERR_CONFIG, naming the argument, for anything but an integer of at least `least`. */
export function checkInteger(value: unknown, name: string, least: number): void {
  if (!(Number.isSafeInteger(value) && (value as number) >= least)) {
    throw expected('ERR_CONFIG', `an integer of at least ${String(least)}`, name, value, { path: name });
  }
}

/** Throws ERR_CONFIG, naming the argument, for anything but a list: an array, or a typed one where it may be. */
export function checkList(value: unknown, name: string, what = 'a list', mayBeTyped = false): void {
  if (!(Array.isArray(value) || (mayBeTyped && ArrayBuffer.isView(value)))) throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** Kernels, as `kernelsFor` gives them. */
export function checkKernels(value: unknown): void {
  checkObject(value, 'kernels', 'kernels, as kernelsFor gives them,', ['backend', 'dtype', 'allocate', 'gemm']);
}

/** A model, as `mlp` and `Sequential` make them. */
export function checkModel(value: unknown): void {
  checkObject(value, 'model', 'a model, as mlp makes it,', ['arena', 'kernels', 'chain', 'maxBatch']);
}

/** A random generator. */
export function checkRandom(value: unknown): void {
  checkObject(value, 'random', 'a RandomState', ['randint', 'gaussian']);
}
