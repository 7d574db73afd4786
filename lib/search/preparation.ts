import { join } from 'node:path';
import { expected, toPlain } from '../errors';
import { fileError, lockedBy } from '../files';
import type { Waiting } from '../files';
import type { TrainingData } from '../build/buildTraining';
import { monitorOfSpec } from '../build/buildOptimizer';
import { foldsOf } from '../build/folds';
import { checkWorkersMemory } from '../build/memory';
import { trainingRows } from '../build/trainingRows';
import { kernelsFor } from '../kernels';
import { defaultThreads } from '../machine';
import { searchFiles } from '../runFolder/runFiles';
import { version } from '../version';
import type { SearchHead, SearchLimits } from './records';
import type { SearchData } from './decisions';
import { parseSearch } from './searchSpec';
import type { SearchSpec } from './searchSpec';

// What a search needs before it begins, or goes on, and the checks of it.

/** Workers by default, at most: each has a model and its optimiser in memory. */
const maxDefaultWorkers = 8;

/** Workers at most, as many as the kernels take threads. */
const maxWorkers = 256;

/** Passes waits for the folder on to `onWait`; throws ERR_LOCKED, which ends the waiting, once the search is stopped. */
export function waitListener(stopped: Promise<'stopped'>, onWait: ((waiting: Waiting) => void) | undefined): (waiting: Waiting) => void {
  let isStopped = false;
  void stopped.then(() => { isStopped = true; });
  return (waiting) => {
    if (isStopped) throw lockedBy(waiting.path, waiting.owner);
    onWait?.(waiting);
  };
}

/** Splits the rows into folds. Workers share rows in memory; those on disk each worker loads by itself, by the base spec. */
export function searchDataOf({ space: { base }, folds: count, seed }: SearchSpec, rows: TrainingData, canLoad: boolean): SearchData {
  const folds = foldsOf(trainingRows(rows), count, seed);
  if (!folds.some(({ train, validation }) => 'stored' in train || 'stored' in validation)) return { folds, rows: { rows: folds } };
  if (!canLoad) throw expected('ERR_CONFIG', 'rows in memory, or a base that names those on disk,', 'data', rows.origin.description, { path: 'data' });
  return { folds, rows: { spec: base } };
}

/** Throws ERR_MEMORY where memory is too small for the workers to train trials of the base's size. A base that does not fit the data fails in each trial instead. */
export function checkMemory(workers: number, { space: { base } }: SearchSpec, { folds }: SearchData): void {
  try {
    checkWorkersMemory(workers, base, folds[0]!.train, kernelsFor(base.dtype, 'typescript'));
  } catch (error) {
    if (toPlain(error).code !== 'ERR_SHAPE') throw error;
  }
}

/** The threads of each worker: an equal share of the usable ones, or the base's `threads` where that is fewer. Throws ERR_CONFIG. */
export function workersOf(
  { space: { base } }: SearchSpec, workers = Math.min(defaultThreads(), maxDefaultWorkers),
): Pick<SearchLimits, 'workers' | 'threads'> {
  checkWorkers(workers);
  const share = Math.max(1, Math.floor(defaultThreads() / workers));
  return { workers, threads: Math.min(share, base.threads ?? share) };
}

/** The workers of a process that joins a shared search, whose trials have so many threads each. Throws ERR_CONFIG. */
export function workersWith(
  threads: number, workers = Math.min(Math.max(1, Math.floor(defaultThreads() / threads)), maxDefaultWorkers),
): Pick<SearchLimits, 'workers' | 'threads'> {
  checkWorkers(workers);
  return { workers, threads };
}

function checkWorkers(workers: number): void {
  if (!(Number.isSafeInteger(workers) && workers >= 1 && workers <= maxWorkers)) {
    throw expected('ERR_CONFIG', `an integer in [1, ${String(maxWorkers)}]`, 'workers', workers, { path: 'workers' });
  }
}

/** Throws ERR_CONFIG. */
export function checkLimits(limits: SearchLimits): SearchLimits {
  const { trials, budget } = limits;
  if (trials !== null && !(Number.isSafeInteger(trials) && trials >= 1)) {
    throw expected('ERR_CONFIG', 'an integer of at least 1 or null', 'trials', trials, { path: 'trials' });
  }
  if (budget !== null && !(Number.isFinite(budget) && budget > 0)) {
    throw expected('ERR_CONFIG', 'a number of seconds > 0 or null', 'budget', budget, { path: 'budget' });
  }
  return limits;
}

/** The spec in a journal, checked again, as the file may have been altered. Throws ERR_CHECKPOINT. */
export function checkedSpec({ spec }: SearchHead, folder: string): SearchSpec {
  const { space: { base, parameters }, ...rest } = spec;
  const space = Object.fromEntries(parameters.map(({ name, domain, points, when }) => [name, { ...domain, points, when }]));
  try {
    return parseSearch({ ...rest, base, space });
  } catch (error) {
    const { code, message } = toPlain(error);
    throw fileError('ERR_CHECKPOINT', 'the spec of a search', join(folder, searchFiles.journal), `one that is refused: ${message} [${code}]`);
  }
}

/** The first line of a new search's journal. */
export function headOf(spec: SearchSpec, name: string, { origin }: TrainingData, limits: SearchLimits): SearchHead {
  const { metric, better } = monitorOfSpec(spec.space.base);
  return {
    type: 'search', name, startedAt: new Date().toISOString(), version, spec, monitor: { metric, better },
    data: origin.description, dataDigest: origin.digest, ...limits,
  };
}
