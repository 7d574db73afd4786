import { join } from 'node:path';
import { checkInteger, checkList, checkObject } from '../arguments';
import { expected } from '../errors';
import type { ResultEvent } from '../train/events';
import { checkPlaceArgument, isTaken, nextName } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import type { TrainSpec } from '../spec/spec';

/** One of the runs of a spec with several seeds. */
export interface SeedRun {
  readonly spec: TrainSpec;
  readonly place: RunPlace & { readonly name: string };
}

/**
 * The runs of a spec with several seeds: the spec with `seed`, `seed + 1`, …, named NAME-seed0, NAME-seed1, … Throws
 * ERR_CONFIG when one of the names is taken.
 */
export function seedRuns(spec: TrainSpec, place: RunPlace): SeedRun[] {
  checkObject(spec, 'spec', 'a spec, as parseSpec gives it,', ['seed', 'seeds']);
  checkInteger(spec.seeds, 'seeds', 1);
  checkInteger(spec.seed, 'seed', 0);
  checkPlaceArgument(place);
  const { runs } = place;
  const base = 'name' in place ? place.name : nextName(runs, place.base);
  return Array.from({ length: spec.seeds }, (_, i) => {
    const seed = spec.seed + i;
    const name = `${base}-seed${String(seed)}`;
    if (isTaken(join(runs, name))) {
      throw expected('ERR_CONFIG', `names that ${runs} does not hold yet`, 'the runs', name, { path: 'name' });
    }
    return { spec: { ...spec, seed, seeds: 1 }, place: { runs, name } };
  });
}

/** Mean over the seeds, and standard deviation with n − 1 in the denominator. */
export interface Spread {
  readonly mean: number;
  readonly std: number;
}

const spreadKeys = ['trainAccuracy', 'valAccuracy', 'trainRmse', 'valRmse', 'valLoss'] as const;
type SpreadKey = (typeof spreadKeys)[number];

/** Mean and spread of the results of several seeds. An event after the last result; the test split is not used. */
export interface SeedsSummary {
  readonly type: 'summary';
  readonly runs: readonly (Pick<ResultEvent, 'run' | SpreadKey | 'seconds'> & { readonly seed: number })[];
  /** Of classes and labels. */
  readonly trainAccuracy?: Spread;
  readonly valAccuracy?: Spread;
  /** Of numbers and counts. */
  readonly trainRmse?: Spread;
  readonly valRmse?: Spread;
  readonly valLoss: Spread;
}

/** Summarises the results of two or more {@link seedRuns}, in their order. */
export function summariseSeeds(runs: readonly SeedRun[], results: readonly ResultEvent[]): SeedsSummary {
  checkList(runs, 'runs', 'the runs that seedRuns gives');
  checkList(results, 'results', 'the results of the runs');
  if (results.length > runs.length) throw expected('ERR_SHAPE', `at most one for each of ${String(runs.length)} runs`, 'results', results.length, { path: 'results' });
  runs.forEach((run) => { checkObject(run, 'runs', 'the runs that seedRuns gives', ['spec', 'place']); });
  results.forEach((result) => { checkObject(result, 'results', 'the results of the runs', ['run']); });
  const known = spreadKeys.filter((key) => results.every((result) => result[key] !== undefined));
  const pick = <Value>(of: (key: SpreadKey) => Value) => Object.fromEntries(known.map((key) => [key, of(key)])) as { readonly [Key in SpreadKey]: Value };
  return {
    type: 'summary',
    runs: results.map((result, i) => ({ run: result.run, seed: runs[i]!.spec.seed, ...pick((key) => result[key]!), seconds: result.seconds })),
    ...pick((key) => spreadOf(results.map((result) => result[key]!))),
  };
}

/** Mean and standard deviation of one value or more; the deviation of a single one is NaN. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}
