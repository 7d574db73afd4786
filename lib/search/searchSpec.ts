import { expected } from '../errors';
import type { GivenSpec } from '../spec/spec';
import { refuseUnknownKeys } from './domain';
import { parseSpace } from './space';
import type { Sampler, Space } from './types';

/** Settings of a search; together with the data they determine its trials. */
export interface SearchSpec {
  readonly space: Space;
  readonly sampler: Sampler['name'];
  /** Seed of the sampler and of the split into folds. */
  readonly seed: number;
  /** Number of trials; null for no limit but the budget and the size of a grid. */
  readonly trials: number | null;
  readonly pruner: 'asha' | 'none';
  /** One in `eta` trials of a rung is promoted to the next, which is `eta` times as long. */
  readonly eta: number;
  /** The first rung ends after at least this share of the full length of training. */
  readonly minShare: number;
  /** A trial's score is the mean over folds × seeds runs; with 1 fold the data's own validation split is used. */
  readonly folds: number;
  readonly seeds: number;
}

/** A search as it stands in a spec file, see docs/search.md: what is left out has its default. */
export interface GivenSearch extends Partial<Omit<SearchSpec, 'space'>> {
  /** The name of a preset, or a spec, of what all trials share. */
  readonly base?: string | GivenSpec;
  /** Keys over those of `base`. */
  readonly set?: GivenSpec;
  /** What is varied: a domain for each key of a spec. */
  readonly space: Readonly<Record<string, unknown>>;
}

/** A search whose base has the module, unless it names one. */
export function withModule<Given extends object>(given: Given, module: string | undefined): Given {
  const { base, set } = given as { readonly base?: unknown; readonly set?: unknown };
  if (module === undefined || (isObject(base) && 'module' in base) || !(set === undefined || isObject(set))) return given;
  return { ...given, set: { module, ...set } };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Field {
  readonly default: unknown;
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
}

const integer = (fallback: number | null, min: number, max: number): Field => ({
  default: fallback,
  what: max === Infinity ? `an integer of at least ${String(min)}` : `an integer in [${String(min)}, ${String(max)}]`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
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
 * Checks a search as it stands in a spec file and fills in defaults. Its keys are `base`, `set` and `space`, see `parseSpace`, and those
 * of {@link SearchSpec}. Throws ERR_CONFIG with details.path; for a misspelt key it names the nearest.
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
