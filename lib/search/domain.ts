import { BlastrainError, expected, nearest } from '../errors';
import type { RandomState } from '../random';
import type { Domain, ParameterValue } from './types';

/** A domain with an order. */
export type Range = Exclude<Domain, { readonly type: 'choice' }>;

/**
 * The axis on which a range is sampled uniformly: its numbers, or their logarithms. Each integer covers a cell around it, so that
 * the first and the last are drawn as often as the others.
 */
export interface Axis {
  readonly low: number;
  readonly high: number;
  at(value: number): number;
  /** The nearest value of the range. */
  valueAt(place: number): number;
  /** The ends of an integer's cell; undefined where values are no integers. */
  cell(value: number): readonly [number, number] | undefined;
}

/** The keys that describe each type of domain, beside `type`, `when` and `points`. */
const domainKeys = {
  'uniform': ['low', 'high'],
  'log-uniform': ['low', 'high'],
  'integer': ['low', 'high', 'step'],
  'log-integer': ['low', 'high', 'step'],
  'choice': ['values'],
} as const satisfies Record<Domain['type'], readonly string[]>;

/** Significant digits of a drawn number, so that tables of trials stay readable; narrow ranges get more, see {@link digitsOf}. */
const minDigits = 6;
/** 17 digits distinguish all doubles. */
const maxDigits = 17;

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/**
 * Parses the domain of a parameter from its entry in a space; `path` names the entry. Throws ERR_CONFIG with details.path for an
 * unknown type or key, an empty choice, low ≥ high, a logarithmic range from zero or less, and a range that is no multiple
 * of the step.
 */
export function parseDomain(entry: Readonly<Record<string, unknown>>, path: string): Domain {
  const { type } = entry;
  if (typeof type !== 'string' || !Object.hasOwn(domainKeys, type)) {
    throw expected('ERR_CONFIG', `one of ${Object.keys(domainKeys).join(', ')}`, `${path}.type`, type, { path: `${path}.type` });
  }
  refuseUnknownKeys(entry, ['type', 'when', 'points', ...domainKeys[type as Domain['type']]], path, `${path}.`);
  return type === 'choice' ? parseChoice(entry['values'], `${path}.values`) : parseRange(type as Range['type'], entry, path);
}

/** Throws ERR_CONFIG, naming the nearest, for a key of `entry` that is not in `keys`; `prefix` makes the key a path. */
export function refuseUnknownKeys(entry: object, keys: readonly string[], name: string, prefix = ''): void {
  for (const key of Object.keys(entry)) {
    if (keys.includes(key)) continue;
    const suggestion = nearest(key, keys);
    throw new BlastrainError(
      'ERR_CONFIG',
      `Expected one of ${keys.join(', ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`} for the keys of ${name} but received '${key}'`,
      { path: `${prefix}${key}`, nearest: suggestion ?? null },
    );
  }
}

function parseChoice(values: unknown, path: string): Domain {
  if (!Array.isArray(values) || values.length === 0) throw expected('ERR_CONFIG', 'one or more values', path, values, { path });
  const texts = new Set<string>();
  for (const value of values as unknown[]) {
    if (!isValue(value)) throw expected('ERR_CONFIG', 'texts, numbers, true, false, null or lists of them', path, value, { path });
    const text = JSON.stringify(value);
    if (texts.has(text)) throw expected('ERR_CONFIG', 'each value once', path, value, { path });
    texts.add(text);
  }
  return { type: 'choice', values: values as ParameterValue[] };
}

/** Nested lists only up to a depth, because a list that contains itself would not end. */
function isValue(value: unknown, depth = 0): value is ParameterValue {
  if (Array.isArray(value)) return depth < 16 && value.every((one) => isValue(one, depth + 1));
  return value === null || typeof value === 'string' || typeof value === 'boolean' || isFiniteNumber(value);
}

function parseRange(type: Range['type'], entry: Readonly<Record<string, unknown>>, path: string): Range {
  const whole = type === 'integer' || type === 'log-integer';
  const { low, high } = entry;
  for (const [key, bound] of [['low', low], ['high', high]] as const) {
    if (!(whole ? Number.isSafeInteger(bound) : isFiniteNumber(bound))) {
      throw expected('ERR_CONFIG', whole ? 'an integer' : 'a number', `${path}.${key}`, bound, { path: `${path}.${key}` });
    }
  }
  const [min, max] = [low as number, high as number];
  if (!(min < max)) throw expected('ERR_CONFIG', 'low < high', path, `${String(min)} and ${String(max)}`, { path });
  if (type.startsWith('log-') && min <= 0) {
    throw expected('ERR_CONFIG', 'a number > 0, as a logarithm is taken of it,', `${path}.low`, min, { path: `${path}.low` });
  }
  if (type === 'uniform' || type === 'log-uniform') return { type, low: min, high: max };
  const { step = 1 } = entry;
  if (!(Number.isSafeInteger(step) && (step as number) >= 1 && (max - min) % (step as number) === 0)) {
    throw expected('ERR_CONFIG', `an integer that leads from ${String(min)} to ${String(max)}`, `${path}.step`, step, { path: `${path}.step` });
  }
  return { type, low: min, high: max, step: step as number };
}

export function axisOf(range: Range): Axis {
  const { low, high } = range;
  const isLog = range.type.startsWith('log-');
  const at = isLog ? Math.log : (value: number): number => value;
  const from = isLog ? Math.exp : at;
  const clamp = (value: number): number => Math.min(high, Math.max(low, value));
  if (!('step' in range)) {
    const digits = digitsOf(range);
    return { low: at(low), high: at(high), at, valueAt: (place) => clamp(Number(from(place).toPrecision(digits))), cell: () => undefined };
  }
  const { step } = range;
  // A logarithmic cell must stay above 0: a first value smaller than the step gets a lower half of value / 2.
  const below = (value: number): number => at(isLog ? Math.max(value - step / 2, value / 2) : value - step / 2);
  const above = (value: number): number => at(value + step / 2);
  return {
    low: below(low),
    high: above(high),
    at,
    valueAt: (place) => clamp(low + step * Math.round((from(place) - low) / step)),
    cell: (value) => [below(value), above(value)],
  };
}

/** Significant digits that give a range at least 10^5 distinct values, however narrow it is. */
function digitsOf({ type, low, high }: Exclude<Range, { readonly step: number }>): number {
  // Width of the range relative to its numbers: 1 or more where it begins at 0 or spans orders of magnitude.
  const covered = type === 'log-uniform' ? Math.log1p((high - low) / low) : (high - low) / Math.max(Math.abs(low), Math.abs(high));
  return Math.min(maxDigits, Math.max(minDigits, minDigits - 1 + Math.ceil(-Math.log10(covered))));
}

/** Draws a value uniformly from the domain, from a logarithmic one uniformly in the logarithm. */
export function draw(domain: Domain, random: RandomState): ParameterValue {
  if (domain.type === 'choice') return domain.values[random.randint(0, domain.values.length)]!;
  const axis = axisOf(domain);
  return axis.valueAt(axis.low + random.random() * (axis.high - axis.low));
}

/** The values of a grid: all of a choice, and about `points` values of a range, bounds included. */
export function gridValues(domain: Domain, points: number): readonly ParameterValue[] {
  if (domain.type === 'choice') return domain.values;
  if ('step' in domain && (domain.high - domain.low) / domain.step < points) {
    const { low, high, step } = domain;
    return Array.from({ length: (high - low) / step + 1 }, (_, i) => low + i * step);
  }
  const axis = axisOf(domain);
  const [first, last] = [axis.at(domain.low), axis.at(domain.high)];
  const values = Array.from({ length: points }, (_, i) => axis.valueAt(first + (i / (points - 1)) * (last - first)));
  return [...new Set(values)];
}

/** Whether two values are the same, lists in all that they hold. */
export function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => isSame(value, b[i])));
}

/** Whether a value is one of the domain's. */
export function isIn(domain: Domain, value: unknown): boolean {
  if (domain.type === 'choice') return domain.values.some((other) => isSame(other, value));
  if (!isFiniteNumber(value) || value < domain.low || value > domain.high) return false;
  return !('step' in domain) || Number.isInteger((value - domain.low) / domain.step);
}
