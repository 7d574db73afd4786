import { expected } from './errors';

/*
 * Checks of the arguments of public functions, which can be anything in a program without types. They throw an error that names the
 * argument, in place of the engine's TypeError about a property of undefined.
 */

/** Throws ERR_CONFIG, naming the argument, for anything but an object that has these members. */
export function checkObject(value: unknown, name: string, what = 'an object', members: readonly string[] = []): void {
  const isFit = value !== null && typeof value === 'object' && members.every((member) => (value as Record<string, unknown>)[member] !== undefined);
  if (!isFit) throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** Throws ERR_CONFIG, naming the argument, for anything but an object or undefined. */
export function checkOptions(value: unknown, name = 'options'): void {
  if (value !== undefined) checkObject(value, name, 'an object or nothing');
}

/** Throws ERR_CONFIG, naming the argument, for anything but a non-empty string. */
export function checkText(value: unknown, name: string, what = 'a path'): void {
  if (typeof value !== 'string' || value === '') throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** Throws ERR_CONFIG, naming the argument, for anything but a finite number. */
export function checkNumber(value: unknown, name: string): void {
  if (!Number.isFinite(value)) throw expected('ERR_CONFIG', 'a finite number', name, value, { path: name });
}

/** Throws ERR_CONFIG, naming the argument, for anything but a safe integer ≥ min. */
export function checkInteger(value: unknown, name: string, min: number): void {
  if (!(Number.isSafeInteger(value) && (value as number) >= min)) {
    throw expected('ERR_CONFIG', `an integer of at least ${String(min)}`, name, value, { path: name });
  }
}

/** Throws ERR_CONFIG, naming the argument, for anything but an array, or a typed array where `mayBeTyped`. */
export function checkList(value: unknown, name: string, what = 'a list', mayBeTyped = false): void {
  if (!(Array.isArray(value) || (mayBeTyped && ArrayBuffer.isView(value)))) throw expected('ERR_CONFIG', what, name, value, { path: name });
}

/** Throws ERR_CONFIG for anything but kernels, as `kernelsFor` returns them. */
export function checkKernels(value: unknown): void {
  checkObject(value, 'kernels', 'kernels, as kernelsFor gives them,', ['backend', 'dtype', 'allocate', 'gemm']);
}

/** Throws ERR_CONFIG for anything but a model, as `mlp` and `Sequential` make it. */
export function checkModel(value: unknown): void {
  checkObject(value, 'model', 'a model, as mlp makes it,', ['arena', 'kernels', 'chain', 'maxBatch']);
}

/** Throws ERR_CONFIG for anything but a random generator. */
export function checkRandom(value: unknown): void {
  checkObject(value, 'random', 'a RandomState', ['randint', 'gaussian']);
}
