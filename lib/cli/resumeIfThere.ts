import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { expected } from '../errors';
import { readRunHistory } from '../history/readRunHistory';
import { changeable } from '../run/resumedSpec';
import { findRun, runFiles } from '../runFolder/runFolder';
import { readRunSpec } from '../runFolder/runRecord';
import { parseSpec } from '../spec/spec';
import type { GivenSpec, TrainSpec } from '../spec/spec';
import type { ResultEvent } from '../train/events';

/** What there is of a run that a command names: the run ended, or goes on with changes to its spec. */
export type RunThere =
  | { readonly folder: string; readonly result: ResultEvent }
  | { readonly folder: string; readonly changes: GivenSpec };

/** Keys that a run records where its spec leaves them to the data or to the machine. */
const filledIn: readonly (keyof TrainSpec)[] = ['batchSize', 'backend', 'threads', 'shards', 'divisions'];
/** Keys that make an ended run go on, if they change. */
const lengths: readonly (keyof TrainSpec)[] = ['steps', 'epochs', 'maxSeconds', 'earlyStopping'];

/**
 * The run of this name and spec; undefined where none has begun. Throws ERR_CONFIG where the name is that of a run whose spec differs in other keys than
 * a run that goes on may change.
 */
export function runThere(runs: string, name: string, spec: TrainSpec): RunThere | undefined {
  if (!existsSync(join(runs, name, runFiles.spec))) return undefined;
  const folder = findRun(runs, join(runs, name));
  const changes = changesOf(parseSpec(readRunSpec(folder).spec), spec, name);
  const metrics = join(folder, runFiles.metrics);
  const result = existsSync(metrics) ? readRunHistory(metrics).result : undefined;
  if (result !== undefined && result.ended !== 'stopped' && !lengths.some((key) => key in changes)) return { folder, result };
  return { folder, changes };
}

function changesOf(before: TrainSpec, now: TrainSpec, name: string): GivenSpec {
  const changed = (Object.keys(now) as (keyof TrainSpec)[]).filter((key) => {
    if (isDeepStrictEqual(before[key], now[key])) return false;
    // With divisions of the spec's own the bits do not depend on the threads, which are then those of this machine.
    if (key === 'threads' && before.divisions !== null) return true;
    if (now[key] === null && filledIn.includes(key)) return false;
    // A last layer that began anew has the size of the data.
    return !(key === 'layers' && now.from !== null);
  });
  const other = changed.find((key) => !changeable.includes(key));
  if (other !== undefined) throw expected('ERR_CONFIG', `${JSON.stringify(before[other])}, as run ${name} has,`, other, now[other], { path: other });
  return Object.fromEntries(changed.map((key) => [key, now[key]]));
}
