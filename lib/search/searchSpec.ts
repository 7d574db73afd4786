import { expected } from '../errors';
import { refuseUnknownKeys } from './domain';
import { parseSpace } from './space';
import type { Sampler, Space } from './types';

/** Everything that decides a search. */
export interface SearchSpec {
  readonly space: Space;
  readonly sampler: Sampler['name'];
  /** Decides which trials are proposed, and how rows are shared among folds. */
  readonly seed: number;
  /** How many trials to make; null goes on until time is up, or a grid ends. */
  readonly trials: number | null;
  readonly pruner: 'asha' | 'none';
  /** One in `eta` trials of a rung is promoted, to a budget `eta` times as large. */
  readonly eta: number;
  /** Share of the length of training after which the first rung compares trials, at least. */
  readonly minShare: number;
  /** A trial's score is the mean over folds × seeds runs; 1 fold is the data's own validation split. */
  readonly folds: number;
  readonly seeds: number;
}

interface Field {
  readonly default: unknown;
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
}

const integer = (fallback: number | null, least: number, most: number): Field => ({
  default: fallback,
  what: most === Infinity ? `an integer of at least ${String(least)}` : `an integer in [${String(least)}, ${String(most)}]`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
});
const choice = (fallback: string, values: readonly string[]): Field => ({
  default: fallback, what: `one of ${values.join(', ')}`, accepts: (value) => values.includes(value as string),
});

const trials = integer(null, 1, Infinity);
const fields: { readonly [Key in Exclude<keyof SearchSpec, 'space'>]: Field } = {
  sampler: choice('tpe', ['grid', 'random', 'tpe']),
  seed: integer(0, 0, 2 ** 32 - 1),
  trials: { ...trials, what: `${trials.what} or null`, accepts: (value) => value === null || trials.accepts(value) },
  pruner: choice('asha', ['asha', 'none']),
  eta: integer(3, 2, 100),
  minShare: { default: 1 / 9, what: 'a number in (0, 1]', accepts: (value) => typeof value === 'number' && value > 0 && value <= 1 },
  folds: integer(1, 1, 1000),
  seeds: integer(1, 1, 1000),
};

/**
 * Checks the object that a search is described by, as in a spec file, and fills in the defaults: `base`, `set` and `space`, see
 * `parseSpace`, and the keys of {@link SearchSpec}. Throws ERR_CONFIG with details.path, naming the nearest key to a misspelt one.
 */
export function parseSearch(input: unknown): SearchSpec {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) throw expected('ERR_CONFIG', 'an object', 'the search', input);
  const given = input as Record<string, unknown>;
  refuseUnknownKeys(given, ['base', 'set', 'space', ...Object.keys(fields)], 'the search');
  const read: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    const value = given[key] ?? field.default;
    if (!field.accepts(value)) throw expected('ERR_CONFIG', field.what, key, value, { path: key });
    read[key] = value;
  }
  return { ...(read as unknown as Omit<SearchSpec, 'space'>), space: parseSpace(given['base'], given['set'], given['space']) };
}
