import { expected } from '../errors';
import { waitAsync } from '../files';
import type { Waiting } from '../files';
import { otherData } from '../data/otherData';
import type { TrainingData } from '../build/buildTraining';
import { selectBackend } from '../kernels';
import { bitsDependOn } from '../run/bitsDependOn';
import { versions } from '../run/versions';
import { shareFolder } from '../runFolder/ownedFolder';
import { version } from '../version';
import type { SearchEvent } from './events';
import { Journal } from './journal';
import type { JournalContents } from './journal';
import { Leases } from './leases';
import { loadRows } from './loadRows';
import { checkLimits, checkMemory, headOf, searchDataOf, waitListener, workersOf, workersWith } from './preparation';
import { SearchLoop } from './searchLoop';
import type { SearchSpec } from './searchSpec';

/** How a process takes part in a shared search. */
export interface SharedSearchOptions {
  readonly runs: string;
  readonly name: string;
  readonly data?: TrainingData;
  readonly workers?: number;
  readonly budget?: number | null;
  /** Trials to make in all, for every process from now on; by default what the search has. */
  readonly trials?: number | null;
  /** Whether the spec is the search's own, which is there. */
  readonly isJoined?: boolean;
  readonly onWait?: (waiting: Waiting) => void;
}

/**
 * Begins a search that any number of processes work on, or joins it. The journal is written by one process at a time, which decides what comes next from all
 * that it holds; a trial is trained by whoever has its lease. Throws ERR_CONFIG for another spec, version or processor than the
 * search's, ERR_DATA for other data, and as a search does.
 */
export async function* runShared(spec: SearchSpec, options: SharedSearchOptions, stopped: Promise<'stopped'>): AsyncGenerator<SearchEvent, void> {
  const { runs, name, data, workers, budget = null, trials } = options;
  const rows = data ?? await loadRows(spec.space.base);
  const searchData = searchDataOf(spec, rows, data === undefined);
  const own = checkLimits({ trials: trials ?? spec.trials, budget, ...workersOf(spec, workers) });
  const onWait = waitListener(stopped, options.onWait);
  const folder = await waitAsync(shareFolder({ runs, name }), { onWait });
  const bits = bitsOf(spec);
  const { journal, isNew } = await Journal.share(folder, { ...headOf(spec, name, rows, own), shared: bits }, onWait);
  const { head } = journal.contents;
  if (!isNew) refuseOther(journal.contents, { spec, rows, bits, isJoined: options.isJoined === true });
  const limits = { ...own, ...workersWith(head.threads, isNew ? own.workers : workers) };
  checkMemory(limits.workers, spec, searchData);
  if (!isNew) {
    await journal.hold(() => {
      const { elapsed, limits: { trials: known } } = journal.contents;
      journal.append({ elapsed, type: 'resume', at: new Date().toISOString(), ...limits, trials: trials === undefined ? known : trials });
    });
  }
  const owners = new Leases();
  try {
    yield* new SearchLoop({ folder, journal, owners, searchData, head: { ...head, spec }, stopped, limits, isResumed: !isNew }).run();
  } finally {
    owners.close();
  }
}

/** What the last bits of the trials depend on here, but for the number of threads, which is the search's. */
function bitsOf({ space: { base } }: SearchSpec): Readonly<Record<string, string>> {
  const { backend } = selectBackend(base.backend ?? undefined);
  const { threads: _, ...bits } = bitsDependOn({ backend, threads: 1, versions: versions() });
  return bits;
}

interface Joining {
  readonly spec: SearchSpec;
  readonly rows: TrainingData;
  readonly bits: Readonly<Record<string, string>>;
  readonly isJoined: boolean;
}

/** Throws ERR_CONFIG or ERR_DATA where trials of this process would not be those of the search. */
function refuseOther({ head, limits }: JournalContents, { spec, rows, bits, isJoined }: Joining): void {
  const { name, shared = {} } = head;
  const refuse = (path: string, was: unknown, is: unknown): never => {
    throw expected('ERR_CONFIG', `${was === undefined ? 'nothing' : JSON.stringify(was)}, as search ${name} has it,`, path, is, { path });
  };
  if (head.version !== version) refuse('the version of blastrain', head.version, version);
  if (!isJoined) {
    const other = differenceOf(plain(head.spec), plain(spec), '');
    if (other !== undefined) refuse(...other);
    if (spec.trials !== head.spec.trials && spec.trials !== limits.trials) refuse('trials', limits.trials, spec.trials);
  }
  if (rows.origin.digest !== head.dataDigest) throw otherData(`search ${name} began with`, head.dataDigest, rows.origin);
  for (const key of Object.keys({ ...shared, ...bits })) if (shared[key] !== bits[key]) refuse(key, shared[key], bits[key]);
}

/** A spec as a journal holds it, without the number of trials, which may change. */
function plain({ trials: _, ...spec }: SearchSpec): unknown {
  return JSON.parse(JSON.stringify(spec)) as unknown;
}

/** The first place at which two values of JSON differ, and what each has there. */
function differenceOf(a: unknown, b: unknown, path: string): [path: string, a: unknown, b: unknown] | undefined {
  if (JSON.stringify(a) === JSON.stringify(b)) return undefined;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && Array.isArray(a) === Array.isArray(b)) {
    const [old, fresh] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
    for (const key of Object.keys({ ...old, ...fresh })) {
      const found = differenceOf(old[key], fresh[key], path === '' ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined; // the same in another order
  }
  return [path, a, b];
}
