import { basename, dirname } from 'node:path';
import { checkObject, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { waitAsync } from '../files';
import type { Waiting } from '../files/acquire';
import { otherData } from '../data/otherData';
import { trainingRows } from '../build/trainingRows';
import type { TrainingData } from '../build/buildTraining';
import { checkPlace, claimFolder, nextName, ownFolder } from '../runFolder/ownedFolder';
import { loadModule } from '../spec/modules';
import type { SearchEvent } from './events';
import { Journal, readJournal } from './journal';
import { soleOwner } from './leases';
import { loadRows } from './loadRows';
import { checkedSpec, checkLimits, checkMemory, headOf, searchDataOf, waitListener, workersOf } from './preparation';
import type { SearchLimits } from './records';
import { SearchLoop } from './searchLoop';
import { parseSearch, withModule } from './searchSpec';
import type { GivenSearch, SearchSpec } from './searchSpec';
import { runShared } from './sharedSearch';

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
  /**
   * Whether any number of processes, on any machines that see the folder, may work on the search: each that is started with the same spec,
   * `runs` and `name` begins it or joins it. `workers` and `budget` are each process's own.
   */
  readonly shared?: boolean;
  /** A module with parts of one's own, see `loadModule`, for the key `module` of a base that names none. A search that is not parsed is then checked when it has been loaded, by the iteration. */
  readonly module?: string;
  /** Called while waiting for an owner of the folder on another host, as in {@link TrainOptions}. */
  readonly onWait?: (waiting: Waiting) => void;
}

/** What may change when a search is resumed; absent options stay as they were. */
export interface ResumeOptions extends Pick<SearchOptions, 'data' | 'workers' | 'budget' | 'module' | 'onWait'> {
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
 * Searches for hyper-parameters, with trials in worker threads, and another that loads the rows. The search is as a file has it, or as `parseSearch` gives it. Every step is written to the journal of runs/NAME before it is acted on.
 * Test rows are not used: {@link TrainingData} has none, and rows marked as another split than expected are refused.
 * Throws ERR_CONFIG at once for invalid options. The iteration throws ERR_IO, ERR_DATA and ERR_BACKEND, which every trial would meet;
 * any other error ends only the trial in which it occurs.
 */
export function search(spec: GivenSearch | SearchSpec, options: SearchOptions): SearchRun {
  checkObject(spec, 'spec', 'a search', ['space']);
  checkObject(spec.space, 'spec.space', 'a space');
  checkObject(options, 'options');
  const { runs, data, module } = options;
  checkText(runs, 'runs', 'the folder of runs');
  if (options.name !== undefined) checkText(options.name, 'name', 'a name');
  if (module !== undefined) checkText(module, 'module', 'the path of a module');
  const prepare = (): Prepared => {
    const parsed = isParsed(spec) ? spec : parseSearch(withModule(spec, module));
    return { spec: parsed, limits: checkLimits({ trials: parsed.trials, budget: options.budget ?? null, ...workersOf(parsed, options.workers) }) };
  };
  const known = module === undefined ? prepare() : undefined;
  if (options.shared === true && options.name === undefined) throw expected('ERR_CONFIG', 'a name, by which processes find the search that they share,', 'name', undefined, { path: 'name' });
  const name = options.name ?? nextName(runs, 'search');
  if (data !== undefined) trainingRows(data);
  return searchRun(name, async function* (stopped) {
    if (module !== undefined) await loadModule(module);
    const { spec: parsed, limits } = known ?? prepare();
    yield* options.shared === true ? runShared(parsed, { ...options, name }, stopped) : runNew(parsed, { ...options, name, limits }, stopped);
  });
}

interface Prepared {
  readonly spec: SearchSpec;
  readonly limits: SearchLimits;
}

/** Whether a search is one that `parseSearch` gave. */
function isParsed(spec: GivenSearch | SearchSpec): spec is SearchSpec {
  return 'sampler' in spec && Object.hasOwn(spec.space, 'base') && Array.isArray((spec as SearchSpec).space.parameters);
}

/**
 * Resumes the search in a folder, however it ended: interrupted segments of training continue from the checkpoints of their runs.
 * Throws as {@link search} does; the iteration throws ERR_DATA for data other than before, ERR_CONFIG where there is no
 * search, ERR_CHECKPOINT for a damaged journal.
 */
export function resumeSearch(folder: string, options: ResumeOptions = {}): SearchRun {
  checkText(folder, 'folder', 'the folder of a search');
  checkOptions(options);
  const { data, module } = options;
  if (data !== undefined) trainingRows(data);
  if (module !== undefined) checkText(module, 'module', 'the path of a module');
  return searchRun(basename(folder), async function* (stopped) {
    if (module !== undefined) await loadModule(module);
    yield* runResumed(folder, options, stopped);
  });
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
  const rows = data ?? await loadRows(spec.space.base);
  const searchData = searchDataOf(spec, rows, data === undefined);
  checkMemory(limits.workers, spec, searchData);
  const owned = await waitAsync(claimFolder({ runs, name }), { onWait: waitListener(stopped, onWait) });
  const { path: folder, lock } = owned;
  const head = headOf(spec, name, rows, limits);
  let journal: Journal | undefined;
  try {
    lock.keepAlive();
    journal = Journal.create(folder, head, lock);
    yield* new SearchLoop({ folder, journal, owners: soleOwner(lock), searchData, stopped, head, limits, isResumed: false }).run();
  } finally {
    try {
      journal?.close();
    } finally {
      owned.release();
    }
  }
}

async function* runResumed(folder: string, options: ResumeOptions, stopped: Promise<'stopped'>): AsyncGenerator<SearchEvent, void> {
  const { head: { shared, ...begun } } = readJournal(folder); // throws before anything is created in a folder that has no search
  if (shared !== undefined) {
    yield* runShared(checkedSpec(begun, folder), { ...options, runs: dirname(folder), name: basename(folder), isJoined: true }, stopped);
    return;
  }
  const owned = await waitAsync(ownFolder(folder), { onWait: waitListener(stopped, options.onWait) });
  const { lock } = owned;
  let journal: Journal | undefined;
  try {
    lock.keepAlive();
    journal = Journal.reopen(folder, lock);
    const { contents } = journal;
    const { elapsed } = contents;
    const head = { ...contents.head, spec: checkedSpec(contents.head, folder) };
    const { workers, budget = contents.limits.budget, trials = contents.limits.trials } = options;
    const limits = checkLimits({ ...(workers === undefined ? contents.limits : workersOf(head.spec, workers)), budget, trials });
    const rows = options.data ?? await loadRows(head.spec.space.base);
    if (rows.origin.digest !== head.dataDigest) throw otherData(`search ${head.name} began with`, head.dataDigest, rows.origin, ' to go on with');
    const searchData = searchDataOf(head.spec, rows, options.data === undefined);
    checkMemory(limits.workers, head.spec, searchData);
    journal.append({ elapsed, type: 'resume', at: new Date().toISOString(), ...limits });
    yield* new SearchLoop({ folder, journal, owners: soleOwner(lock), searchData, stopped, head, limits, isResumed: true }).run();
  } finally {
    try {
      journal?.close();
    } finally {
      owned.release();
    }
  }
}
