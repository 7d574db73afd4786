import { printable } from './text';

/**
 * Stable error codes. Identify an error by `code`, not by `instanceof`: structured clone drops the class, and errors made natively
 * can belong to another realm.
 */
export type ErrorCode =
  | 'ERR_CONFIG' //       invalid spec, option or argument; details.path names it
  | 'ERR_DATA' //         invalid data file or data set; details.file names it
  | 'ERR_SHAPE' //        sizes of model, data or arrays do not fit together
  | 'ERR_KERNEL_ARG' //   a kernel argument has the wrong type or length
  | 'ERR_KERNEL_INDEX' // a label or row index is out of range
  | 'ERR_BACKEND' //      the requested backend does not load; details: what was tried and the remedy
  | 'ERR_DIVERGED' //     the loss is no longer finite; details: step, learningRate, lastFiniteLoss
  | 'ERR_CHECKPOINT' //   a checkpoint is truncated, altered, of another format or does not fit
  | 'ERR_NETWORK' //      a download failed
  | 'ERR_WORKER' //       a training thread ended without emitting a result or an error
  | 'ERR_MEMORY' //       memory does not suffice; details.path names the option that needs it
  | 'ERR_IO' //           a file could not be read or written (permissions, space)
  | 'ERR_CLUSTER' //      ranks of a training on several machines do not find each other, do not answer or do not fit together
  | 'ERR_LOCKED'; //      another process writes into the folder or file; details: host, pid and since when

/** Facts about an error, which can be cloned to another thread and printed as JSON. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The class of all errors that blastrain throws. The message is one sentence; unprintable characters in quoted text are escaped. */
export class BlastrainError extends Error {
  override readonly name = 'BlastrainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(printable(typeof message === 'string' ? message : describe(message)), options);
  }
}

/** An error with the standard message «Expected WHAT for NAME but received VALUE». */
export function expected(
  code: ErrorCode,
  what: string,
  name: string,
  received: unknown,
  details: ErrorDetails = {},
): BlastrainError {
  return new BlastrainError(code, `Expected ${what} for ${name} but received ${describe(received)}`, details);
}

/** A value as text for an error message: short, strings quoted, arrays by type and length. Never throws. */
export function describe(value: unknown): string {
  try {
    return describeReadable(value);
  } catch {
    return 'a value that cannot be read'; // its getters throw, or it is a revoked proxy
  }
}

function describeReadable(value: unknown): string {
  if (typeof value === 'string') return value.length > 80 ? `'${value.slice(0, 77)}...'` : `'${value}'`;
  if (ArrayBuffer.isView(value)) {
    // By the getter of the prototype, as the array's own `length` may be overwritten.
    const isTyped = !Object.prototype.toString.call(value).includes('DataView');
    const length = isTyped ? Reflect.get(Object.getPrototypeOf(Uint8Array.prototype) as object, 'length', value) as number : value.byteLength;
    return `${value.constructor.name} of length ${String(length)}`;
  }
  if (Array.isArray(value)) return (value.length > 8 ? undefined : shortJson(value)) ?? `an array of length ${String(value.length)}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${String(value)}n`;
  if (Object.is(value, -0)) return '-0';
  if (value !== null && typeof value === 'object') {
    const text = shortJson(value);
    return text === undefined || text.length > 80 ? `an object with keys ${Object.keys(value).slice(0, 8).join(', ')}` : text;
  }
  return String(value);
}

/** Values of an object that are written into a message at most. */
const maxValues = 100;

/** Prefix of values that JSON cannot represent (NaN, Infinity, undefined, 5n), which JSON.stringify would write as null or refuse. */
const mark = '\u0000';
const marked = /"\\u0000([^"]*)"/g;

/** The JSON of an object with few values; undefined for more, for a cyclic one and for one whose getters or toJSON throw. */
function shortJson(value: object): string | undefined {
  let left = maxValues;
  try {
    return JSON.stringify(value, (key, one: unknown) => {
      if (left-- === 0 || ArrayBuffer.isView(one)) throw new RangeError('too long');
      if (typeof one === 'bigint') return `${mark}${String(one)}n`;
      return (one === undefined && key !== '') || (typeof one === 'number' && !Number.isFinite(one)) ? `${mark}${String(one)}` : one;
    }).replace(marked, '$1');
  } catch {
    return undefined;
  }
}

/** An error as plain data, for messages between threads and JSON lines. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly stack?: string;
}

/** Whether an error is the engine's for lack of memory, or for exceeding its limits on arrays, strings or the heap. */
export function isOutOfMemory(error: unknown): boolean {
  const { name, message, code } = (error ?? {}) as { readonly name?: unknown; readonly message?: unknown; readonly code?: unknown };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ERR_FS_FILE_TOO_LARGE' || code === 'ERR_STRING_TOO_LONG') return true;
  return name === 'RangeError' && /allocation failed|^Invalid (typed )?array (buffer )?length|^Invalid string length|(Map|Set) maximum size/i.test(String(message));
}

/**
 * The plain form of any thrown value. Errors of other origin keep their code (`ENOSPC`, …), or get `ERR_MEMORY` or `ERR_UNEXPECTED`.
 */
export function toPlain(thrown: unknown): PlainError {
  if (!(thrown !== null && typeof thrown === 'object' && 'message' in thrown)) {
    return { code: 'ERR_UNEXPECTED', message: String(thrown), details: {} };
  }
  if (isOutOfMemory(thrown)) {
    const { message, stack } = thrown as { message: unknown; stack?: unknown };
    return {
      code: 'ERR_MEMORY', message: `Expected enough memory for the operation but received ${describe(String(message))}`, details: {},
      ...(typeof stack === 'string' ? { stack } : {}),
    };
  }
  const error = thrown as { message: unknown; code?: unknown; details?: ErrorDetails; stack?: unknown };
  return {
    code: typeof error.code === 'string' ? error.code : 'ERR_UNEXPECTED',
    message: String(error.message),
    details: error.details ?? {},
    ...(typeof error.stack === 'string' ? { stack: error.stack } : {}),
  };
}

/** The inverse of {@link toPlain}: an error that can be thrown again. */
export function fromPlain(plain: PlainError): BlastrainError {
  const error = new BlastrainError(plain.code as ErrorCode, plain.message, plain.details);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

/** The candidate nearest to a misspelt name by edit distance; undefined where none is near or the name is no string. */
export function nearest(name: unknown, candidates: readonly string[]): string | undefined {
  if (typeof name !== 'string') return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
