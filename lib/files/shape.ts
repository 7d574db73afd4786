import { expected } from '../errors';
import type { ErrorCode } from '../errors';

/**
 * Checks a value that was parsed from a file: returns it, or throws an error that names the place and what was expected there. A shape may
 * replace a null by NaN in place, so the value must not be used elsewhere.
 */
export type Shape<T> = (value: unknown, at: Place) => T;

/** The place of a value in a file. */
export interface Place {
  readonly parent?: Place;
  readonly key?: string | number;
  /** Set at the root only. */
  readonly source?: ShapeSource;
}

/** The file that a value was read from, and the code of errors about it. */
export interface ShapeSource {
  readonly file: string;
  /** Number of the line, from 1, in a file of lines. */
  readonly line?: number;
  readonly code: ErrorCode;
}

/** Returns the value if it has the shape. Throws `code`, naming the first place that does not fit, with `file`, `line` and `path` in its details. */
export function checkShape<T>(value: unknown, shape: Shape<T>, source: ShapeSource): T {
  return shape(value, { source });
}

function refuse(what: string, value: unknown, at: Place): never {
  let path = '';
  let place = at;
  for (; place.parent !== undefined; place = place.parent) {
    path = typeof place.key === 'number' ? `[${String(place.key)}]${path}` : `.${String(place.key)}${path}`;
  }
  path = path.replace(/^\./, '');
  const { file, line, code } = place.source!;
  const name = line === undefined ? file : `line ${String(line)} of ${file}`;
  throw expected(code, what, path === '' ? name : `${path} in ${name}`, value, { file, ...(line !== undefined && { line }), ...(path !== '' && { path }) });
}

/** A shape from a predicate; `what` is its name in errors, such as 'a number'. */
export function shapeOf<T>(what: string, accepts: (value: unknown) => boolean): Shape<T> {
  return (value, at) => (accepts(value) ? (value as T) : refuse(what, value, at));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const anything = shapeOf<unknown>('anything', () => true);
export const text = shapeOf<string>('a text', (value) => typeof value === 'string');
export const flag = shapeOf<boolean>('true or false', (value) => typeof value === 'boolean');
/** A finite number. */
export const number = shapeOf<number>('a number', Number.isFinite);
/** A whole number from 0. */
export const count = shapeOf<number>('a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
/**
 * A number, or null or absent, which are read as NaN: JSON writes NaN and infinities as null, and files of earlier versions lack some
 * keys.
 */
export const numberOrNaN: Shape<number> = (value, at) =>
  (value === null || value === undefined ? NaN : typeof value === 'number' ? value : refuse('a number or null', value, at));

/** One of these values. */
export function oneOf<const T extends string | number | boolean | null>(...values: readonly T[]): Shape<T> {
  return shapeOf(`${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`, (value) => (values as readonly unknown[]).includes(value));
}

export function nullOr<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

/** For a key of an object that may be absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined ? undefined : shape(value, at));
}

/** A list; of `length` items where given. */
export function listOf<T>(item: Shape<T>, length?: number): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) refuse('a list', value, at);
    const list = value as unknown[];
    if (length !== undefined && list.length !== length) refuse(`a list of ${String(length)}`, list, at);
    for (let i = 0; i < list.length; i++) list[i] = item(list[i], { parent: at, key: i });
    return list as T[];
  };
}

/** An object with any keys, whose values all have the same shape. */
export function recordOf<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isObject(value)) return refuse('an object', value, at);
    for (const key of Object.keys(value)) value[key] = item(value[key], { parent: at, key });
    return value as Record<string, T>;
  };
}

/** An object with these keys. Other keys are kept, as a later version may have written them. */
export function objectOf<T extends object>(shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> {
  const entries = Object.entries<Shape<unknown>>(shapes);
  return (value, at) => {
    if (!isObject(value)) return refuse('an object', value, at);
    for (const [key, shape] of entries) {
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      const read = shape(own, { parent: at, key });
      if (read !== own) value[key] = read;
    }
    return value as T;
  };
}

/** A discriminated union: an object whose key `tag` names its kind. */
export function unionOf<T extends object>(tag: keyof T & string, kinds: Readonly<Record<string, Shape<T>>>): Shape<T> {
  const known = oneOf(...Object.keys(kinds));
  return (value, at) => {
    if (!isObject(value)) return refuse('an object', value, at);
    const kind = known(Object.hasOwn(value, tag) ? value[tag] : undefined, { parent: at, key: tag });
    return kinds[kind]!(value, at);
  };
}

/** A shape with a further condition; `what` is its name in errors. */
export function refine<T>(shape: Shape<T>, what: string, holds: (value: T) => boolean): Shape<T> {
  return (value, at) => {
    const read = shape(value, at);
    return holds(read) ? read : refuse(what, read, at);
  };
}
