import { dirname, join } from 'node:path';
import { isOwned } from '../files';
import type { RunState } from '../history/outcome';
import { RunHistory } from '../history/runHistory';
import { lockOf } from '../runFolder/ownedFolder';
import { readLabels } from '../runFolder/labels';
import { readStatus } from '../runFolder/runControl';
import type { RunStatus } from '../runFolder/runControl';
import { runFiles } from '../runFolder/runFolder';
import { readSpecOutline } from '../runFolder/runRecord';
import type { SpecOutline } from '../runFolder/runRecord';
import type { ResultEvent } from '../train/events';
import type { LabelsEntry, RunEntry } from './api';
import { attempt, lstat, stampOf } from './fileCache';
import type { FileCache } from './fileCache';
import { readPresentState } from './presentState';
import type { PresentState } from './presentState';
import { changedKeys } from './specKeys';

/** A trial is running if its metrics were written at most so many milliseconds ago. */
const fresh = 15_000;

/** Reads runs for lists. What has not changed since is not read again. */
export class RunReader {
  private readonly known = new Map<string, PresentState>();
  /** Entries of runs that nobody owns, by path. */
  private readonly settled = new Map<string, { readonly stamp: string; readonly entry: RunEntry }>();

  constructor(private readonly files: FileCache) {}

  /** The entry of a run that has not changed since it was read and will not change by itself; undefined where it has to be read. */
  settledEntry(name: string, path: string): RunEntry | undefined {
    const settled = this.settled.get(path);
    return settled !== undefined && settled.entry.name === name && settled.stamp === this.look(path).stamp ? settled.entry : undefined;
  }

  /** The entry of a run's folder, without its results on the test split. What cannot be read becomes its failure. */
  entry(name: string, path: string): RunEntry {
    const { stamp, changed, written } = this.look(path);
    const { entry, isOwned } = this.read(name, path, written);
    // Times of files are coarse, so that one which has just changed may change again without another time.
    if (isOwned || Date.now() - changed < 2 * fresh) this.settled.delete(path);
    else this.settled.set(path, { stamp, entry });
    return entry;
  }

  private look(path: string): { readonly stamp: string; readonly changed: number; readonly written: number | undefined } {
    const folder = lstat(path);
    const metrics = lstat(join(path, runFiles.metrics));
    // Files of the folder but the metrics and the lock are replaced by renaming, which the folder's own time shows.
    return { stamp: `${stampOf(folder)} ${stampOf(metrics)}`, changed: Math.max(folder?.mtimeMs ?? Infinity, metrics?.mtimeMs ?? 0), written: metrics?.mtimeMs };
  }

  private read(name: string, path: string, written: number | undefined): { readonly entry: RunEntry; readonly isOwned: boolean } {
    const [outline, badSpec] = attempt(() => outlineOf(path, this.files));
    const [state, badMetrics] = attempt(() => this.state(path, outline?.isResumed === true));
    const [status, badStatus] = attempt(() => (lstat(join(path, runFiles.status)) === undefined ? undefined : readStatus(path)));
    const [owner, badLock] = attempt(() => ownerOf(path));
    const damage = badSpec ?? badStatus ?? badMetrics ?? badLock;
    const history = state?.history ?? new RunHistory();
    const { start, result, scores, step, lastEvaluation } = history;
    const runState = damage === null ? stateOf(owner, status, result, written) : 'damaged';
    const known = runState === 'failed' ? undefined : scores;
    const best = runState === 'failed' ? undefined : state?.best.best;
    const entry: RunEntry = {
      kind: 'run',
      name,
      state: runState,
      stoppable: owner === 'run',
      startedAt: outline?.startedAt ?? null,
      begunAt: outline?.begunAt ?? null,
      step,
      steps: start?.steps ?? null,
      ...(history.isRegression
        ? { valRmse: finite(known?.valRmse), trainRmse: finite(known?.trainRmse) } : { valAccuracy: finite(known?.valAccuracy), trainAccuracy: finite(known?.trainAccuracy) }),
      valLoss: finite(known?.valLoss),
      trainLoss: runState === 'failed' ? null : finite(lastEvaluation?.trainLoss ?? history.steps[0]?.loss),
      best: best ?? null,
      epoch: finite(result?.epochs ?? lastEvaluation?.epoch),
      parameters: start?.parameters ?? null,
      seconds: finite(result?.seconds),
      stepMilliseconds: finite(result?.stepMilliseconds),
      keys: outline?.keys ?? {},
      ...labelsOf(path, this.files),
      failure: damage ?? (status === undefined ? null : { code: status.code, message: status.message }),
    };
    return { entry, isOwned: owner !== undefined };
  }

  private state(path: string, isResumed: boolean): PresentState {
    const state = readPresentState(join(path, runFiles.metrics), isResumed, this.known.get(path));
    this.known.set(path, state);
    return state;
  }
}

/** What spec.json tells of a run in a list. */
export function outlineOf(path: string, files: FileCache): Omit<SpecOutline, 'spec'> & Pick<RunEntry, 'keys'> {
  return files.of(join(path, runFiles.spec), () => {
    const { spec, ...outline } = readSpecOutline(path);
    return { ...outline, keys: changedKeys(spec) };
  });
}

/** What people wrote about something, or why that cannot be read. */
export function labelsOf(path: string, files: FileCache): LabelsEntry {
  const file = join(path, runFiles.labels);
  const [labels = {}, failure] = attempt(() => files.of(file, () => readLabels(path)));
  return { labels, ...(failure !== null && { badLabels: failure.message }) };
}

export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Whose live process owns a run: its own, that of the search whose trial it is, or none. */
type Owner = 'run' | 'search' | undefined;

function ownerOf(path: string): Owner {
  const lock = lockOf(path);
  return isOwned(lock) ? dirname(lock) === path ? 'run' : 'search' : undefined;
}

function stateOf(owner: Owner, status: RunStatus | undefined, result: ResultEvent | undefined, written: number | undefined): RunState {
  if (owner === 'run') return 'running';
  if (status !== undefined) return 'failed';
  if (result !== undefined) return result.ended === 'stopped' ? 'stopped' : 'finished';
  return owner === 'search' && written !== undefined && Date.now() - written < fresh ? 'running' : 'unfinished';
}
