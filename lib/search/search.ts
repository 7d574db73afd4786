import { basename, join } from 'node:path';
import { checkObject, checkOptions, checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import { fileError, lockedBy, waitAsync } from '../files';
import type { Waiting } from '../files/acquire';
import { otherData } from '../data/otherData';
import { loadData } from '../data/sources';
import { trainingRows } from '../build/trainingRows';
import type { TrainingData } from '../build/buildTraining';
import { checkPlace, claimFolder, nextName, ownFolder } from '../runFolder/ownedFolder';
import { searchFiles } from '../runFolder/runFiles';
import { checkWorkersMemory } from '../build/memory';
import { dataRequest } from '../spec/spec';
import { version } from '../version';
import { kernelsFor } from '../kernels';
import { defaultThreads } from '../machine';
import { SearchLoop } from './searchLoop';
import type { SearchData } from './searchLoop';
import type { SearchEvent } from './events';
import { foldsOf } from '../build/folds';
import { Journal, readJournal } from './journal';
import { monitorOfSpec } from '../build/buildOptimizer';
import type { SearchHead, SearchLimits } from './records';
import { parseSearch } from './searchSpec';
import type { SearchSpec } from './searchSpec';

/** Workers by default, at most: each has a model and its optimiser in memory. */
const maxDefaultWorkers = 8;

/** Workers at most, as many as the kernels take threads. */
const maxWorkers = 256;

/** Options of a new search. */
export interface SearchOptions {
  /** The folder in which the search's folder is made. */
  readonly runs: string;
  /** Name of its folder; by default search-1, search-2, … */
  readonly name?: string;
  /** Rows to train and to select on; by default what the base's `data` names. */
  readonly data?: TrainingData;
  /** Trials that are trained at the same time; by default one for each usable thread (of the cores and quotas), 8 at most. Threads are divided among them. */
  readonly workers?: number;
  /** Seconds after which the search ends; null for no limit. */
  readonly budget?: number | null;
  /** Called while waiting for an owner of the folder on another host, as in {@link TrainOptions}. */
  readonly onWait?: (waiting: Waiting) => void;
}

/** What may change when a search is resumed; absent options stay as they were. */
export interface ResumeOptions extends Pick<SearchOptions, 'data' | 'workers' | 'budget' | 'onWait'> {
  /** Number of trials to make in all. */
  readonly trials?: number | null;
}

/** A search, which runs while its events are iterated over; only once, a second loop throws ERR_CONFIG. */
export interface SearchRun extends AsyncIterable<SearchEvent> {
  readonly name: string;
  /** Ends the search early; trials in training keep their checkpoints and can be resumed. */
  stop(): void;
}

/**
 * Searches for hyper-parameters, with trials in worker threads. Every step is written to the journal of runs/NAME before it is acted on.
 * Test rows are not used: {@link TrainingData} has none, and rows marked as another split than expected are refused.
 * Throws ERR_CONFIG at once for invalid options. The iteration throws ERR_IO, ERR_DATA and ERR_BACKEND, which every trial would meet;
 * any other error ends only the trial in which it occurs.
 */
export function search(spec: SearchSpec, options: SearchOptions): SearchRun {
  checkObject(spec, 'spec', 'a search, as parseSearch gives it,', ['space', 'sampler', 'pruner']);
  checkObject(spec.space, 'spec.space', 'a space, as parseSearch gives it,', ['base', 'parameters']);
  checkObject(options, 'options');
  const { runs, data } = options;
  checkText(runs, 'runs', 'the folder of runs');
  if (options.name !== undefined) checkText(options.name, 'name', 'a name');
  const limits = checkLimits({ trials: spec.trials, budget: options.budget ?? null, ...workersOf(spec, options.workers) });
  const name = options.name ?? nextName(runs, 'search');
  if (data !== undefined) trainingRows(data);
  return searchRun(name, (stopped) => runNew(spec, { ...options, name, limits }, stopped));
}

/**
 * Resumes the search in a folder, however it ended: interrupted segments of training continue from the checkpoints of their runs.
 * Throws as {@link search} does; the iteration throws ERR_DATA for data other than before, ERR_CONFIG where there is no
 * search, ERR_CHECKPOINT for a damaged journal.
 */
export function resumeSearch(folder: string, options: ResumeOptions = {}): SearchRun {
  checkText(folder, 'folder', 'the folder of a search');
  checkOptions(options);
  if (options.data !== undefined) trainingRows(options.data);
  return searchRun(basename(folder), (stopped) => runResumed(folder, options, stopped));
}

function searchRun(name: string, start: (stopped: Promise<'stopped'>) => AsyncIterable<SearchEvent>): SearchRun {
  let stop = (): void => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = (): void => {
      resolve('stopped');
    };
  });
  let isTaken = false;
  return {
    name,
    stop,
    async *[Symbol.asyncIterator]() {
      if (isTaken) throw expected('ERR_CONFIG', 'one loop, as each would be a search of its own,', 'the events of a search', 'a second one', { path: 'search' });
      isTaken = true;
      yield* start(stopped);
    },
  };
}

interface NewSearch extends SearchOptions {
  readonly name: string;
  readonly limits: SearchLimits;
}

async function* runNew(
  spec: SearchSpec, { runs, name, data, limits, onWait }: NewSearch, stopped: Promise<'stopped'>,
): AsyncGenerator<SearchEvent, void> {
  checkPlace({ runs, name });
  const rows = data ?? loadData(dataRequest(spec.space.base));
  const searchData = searchDataOf(spec, rows, data === undefined);
  checkMemory(limits.workers, spec, searchData);
  const owned = await waitAsync(claimFolder({ runs, name }), { onWait: waitListener(stopped, onWait) });
  const { path: folder, lock } = owned;
  const { description, digest } = rows.origin;
  const { metric, better } = monitorOfSpec(spec.space.base);
  const head: SearchHead = {
    type: 'search', name, startedAt: new Date().toISOString(), version, spec, monitor: { metric, better }, data: description, dataDigest: digest, ...limits,
  };
  let journal: Journal | undefined;
  try {
    lock.keepAlive();
    journal = Journal.create(folder);
    journal.append({ elapsed: 0, ...head });
    yield* new SearchLoop({ folder, journal, lock, searchData, stopped, head, limits }).run();
  } finally {
    try {
      journal?.close();
    } finally {
      owned.release();
    }
  }
}

async function* runResumed(folder: string, options: ResumeOptions, stopped: Promise<'stopped'>): AsyncGenerator<SearchEvent, void> {
  readJournal(folder); // throws before anything is created in a folder that has no search
  const owned = await waitAsync(ownFolder(folder), { onWait: waitListener(stopped, options.onWait) });
  const { lock } = owned;
  let journal: Journal | undefined;
  try {
    lock.keepAlive();
    const reopened = Journal.reopen(folder);
    const { contents } = reopened;
    journal = reopened.journal;
    const { elapsed } = contents;
    const head = { ...contents.head, spec: checkedSpec(contents.head, folder) };
    const { workers, budget = contents.limits.budget, trials = contents.limits.trials } = options;
    const limits = checkLimits({ ...(workers === undefined ? contents.limits : workersOf(head.spec, workers)), budget, trials });
    const rows = options.data ?? loadData(dataRequest(head.spec.space.base));
    if (rows.origin.digest !== head.dataDigest) throw otherData(`search ${head.name} began with`, head.dataDigest, rows.origin, ' to go on with');
    const searchData = searchDataOf(head.spec, rows, options.data === undefined);
    checkMemory(limits.workers, head.spec, searchData);
    journal.append({ elapsed, type: 'resume', at: new Date().toISOString(), ...limits });
    yield* new SearchLoop({ folder, journal, lock, searchData, stopped, head, limits, before: contents }).run();
  } finally {
    try {
      journal?.close();
    } finally {
      owned.release();
    }
  }
}

/** Passes waits for the folder on to `onWait`; throws ERR_LOCKED, which ends the waiting, once the search is stopped. */
function waitListener(stopped: Promise<'stopped'>, onWait: SearchOptions['onWait']): (waiting: Waiting) => void {
  let isStopped = false;
  void stopped.then(() => { isStopped = true; });
  return (waiting) => {
    if (isStopped) throw lockedBy(waiting.path, waiting.owner);
    onWait?.(waiting);
  };
}

/** Splits the rows into folds. Workers share rows in memory; those on disk each worker loads by itself, by the base spec. */
function searchDataOf({ space: { base }, folds: count, seed }: SearchSpec, rows: TrainingData, canLoad: boolean): SearchData {
  const folds = foldsOf(trainingRows(rows), count, seed);
  if (!folds.some(({ train, validation }) => 'stored' in train || 'stored' in validation)) return { folds, rows: { rows: folds } };
  if (!canLoad) throw expected('ERR_CONFIG', 'rows in memory, or a base that names those on disk,', 'data', rows.origin.description, { path: 'data' });
  return { folds, rows: { spec: base } };
}

/** Throws ERR_MEMORY where memory is too small for the workers to train trials of the base's size. A base that does not fit the data fails in each trial instead. */
function checkMemory(workers: number, { space: { base } }: SearchSpec, { folds }: SearchData): void {
  try {
    checkWorkersMemory(workers, base, folds[0]!.train, kernelsFor(base.dtype, 'typescript'));
  } catch (error) {
    if (toPlain(error).code !== 'ERR_SHAPE') throw error;
  }
}

/** The threads of each worker: an equal share of the usable ones, or the base's `threads` where that is fewer. Throws ERR_CONFIG. */
function workersOf(
  { space: { base } }: SearchSpec, workers = Math.min(defaultThreads(), maxDefaultWorkers),
): Pick<SearchLimits, 'workers' | 'threads'> {
  if (!(Number.isSafeInteger(workers) && workers >= 1 && workers <= maxWorkers)) {
    throw expected('ERR_CONFIG', `an integer in [1, ${String(maxWorkers)}]`, 'workers', workers, { path: 'workers' });
  }
  const share = Math.max(1, Math.floor(defaultThreads() / workers));
  return { workers, threads: Math.min(share, base.threads ?? share) };
}

function checkLimits(limits: SearchLimits): SearchLimits {
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
function checkedSpec({ spec }: SearchHead, folder: string): SearchSpec {
  const { space: { base, parameters }, ...rest } = spec;
  const space = Object.fromEntries(parameters.map(({ name, domain, points, when }) => [name, { ...domain, points, when }]));
  try {
    return parseSearch({ ...rest, base, space });
  } catch (error) {
    const { code, message } = toPlain(error);
    throw fileError('ERR_CHECKPOINT', 'the spec of a search', join(folder, searchFiles.journal), `one that is refused: ${message} [${code}]`);
  }
}
