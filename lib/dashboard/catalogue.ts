import { lstatSync, readdirSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { toPlain } from '../errors';
import { readDepthReport } from '../studies/depth';
import { lockOf } from '../runFolder/ownedFolder';
import { readStatus } from '../runFolder/runControl';
import type { RunStatus } from '../runFolder/runControl';
import { runFiles, searchFiles } from '../runFolder/runFolder';
import { readStart } from '../runFolder/runRecord';
import { isOwned, parseJson, readJsonLines, readPart, sizeLimits } from '../files';
import { checkShape } from '../files/shape';
import { RunHistory } from '../history/runHistory';
import type { SearchHead } from '../search/records';
import { headShape } from '../search/shapes';
import type { ResultEvent, StartEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import type { Entry, Failure, RunEntry, RunState } from './api';
import { runPath } from './folders';

/** Enough of a file's end to hold the last evaluation, and of its beginning to hold the first event. */
const endBytes = 2 ** 16;
const headBytes = 2 ** 16;
/** A trial is running if its metrics were written at most so many milliseconds ago. */
const fresh = 15_000;

interface Known {
  readonly stamp: string;
  readonly history: RunHistory;
}

/** The contents of a folder of runs. Metrics are read again only after they have changed. */
export class RunCatalogue {
  private readonly known = new Map<string, Known>();

  constructor(readonly runs: string) {}

  /** All entries, or the trials of a search; the last started comes first. Throws ERR_CONFIG for a search that is not there. */
  list(search?: string): Entry[] {
    const folder = search === undefined ? this.runs : runPath(this.runs, search);
    const entries: Entry[] = [];
    for (const child of childrenOf(folder)) {
      const name = search === undefined ? child : `${search}/${child}`;
      const entry = this.entry(name, join(folder, child));
      if (entry !== undefined) entries.push(entry);
    }
    const age = (entry: Entry): string => ('startedAt' in entry ? entry.startedAt : null) ?? '';
    return entries.sort((a, b) => age(b).localeCompare(age(a)) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** One run. Throws ERR_CONFIG when it is not there. */
  find(name: string): RunEntry | undefined {
    const entry = this.entry(name, runPath(this.runs, name));
    return entry?.kind === 'run' ? entry : undefined;
  }

  /** The entry of one folder. What cannot be read becomes its entry's failure, so that one damaged folder does not hide the others. */
  private entry(name: string, path: string): Entry | undefined {
    if (isThere(path, searchFiles.journal)) {
      const [head, failure] = attempt(() => readHead(path));
      return { kind: 'search', name, startedAt: head?.startedAt ?? null, failure };
    }
    if (isThere(path, runFiles.spec) || isThere(path, runFiles.metrics)) return this.run(name, path);
    if (!isThere(path, 'depth.json')) return undefined;
    const [report, failure] = attempt(() => readDepthReport(path));
    return { kind: 'depth', name, runs: report?.results.map(({ run }) => run) ?? [], failure };
  }

  private run(name: string, path: string): RunEntry {
    const written = lstat(join(path, runFiles.metrics))?.mtimeMs;
    const [begun, badSpec] = attempt(() => readStart(path));
    const [history = new RunHistory(), badMetrics] = attempt(() => this.history(path, begun?.isResumed === true));
    const [status, badStatus] = attempt(() => readStatus(path));
    const [owner, badLock] = attempt(() => ownerOf(path));
    const damage = badSpec ?? badStatus ?? badMetrics ?? badLock;
    const { start, result, scores, step } = history;
    const finite = (value: number | undefined): number | null => (value !== undefined && Number.isFinite(value) ? value : null);
    return {
      kind: 'run',
      name,
      state: damage === null ? stateOf(owner, status, result, written) : 'damaged',
      stoppable: owner === 'run',
      startedAt: begun?.startedAt ?? null,
      step,
      steps: start?.steps ?? null,
      ...(history.isRegression ? { valRmse: finite(scores?.valRmse) } : { valAccuracy: finite(scores?.valAccuracy) }),
      valLoss: finite(scores?.valLoss),
      failure: damage ?? (status === undefined ? null : { code: status.code, message: status.message }),
    };
  }

  /** @param isResumed whether there may be a later start: a resumed run may be longer than its first start says. */
  private history(path: string, isResumed: boolean): RunHistory {
    const stat = lstat(join(path, runFiles.metrics));
    const stamp = stat === undefined ? '' : `${String(stat.size)} ${String(stat.mtimeMs)}`;
    const known = this.known.get(path);
    if (known?.stamp === stamp) return known.history;
    const history = readEnds(path, isResumed);
    this.known.set(path, { stamp, history });
    return history;
  }
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

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((child) => child.isDirectory() && !child.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return []; // not created yet
  }
}

function lstat(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

/** Whether there is anything of that name, readable or not. */
function isThere(folder: string, name: string): boolean {
  return lstat(join(folder, name)) !== undefined;
}

/** The result of `read`, or why it failed. */
function attempt<T>(read: () => T): readonly [T, null] | readonly [undefined, Failure] {
  try {
    return [read(), null];
  } catch (error) {
    const { code, message } = toPlain(error);
    return [undefined, { code, message }];
  }
}

/** The first line of a search's journal; undefined while it is being written. */
function readHead(path: string): SearchHead | undefined {
  const file = join(path, searchFiles.journal);
  const head = readPart(file, () => ({ from: 0, length: headBytes }))?.bytes ?? Buffer.alloc(0);
  const end = head.indexOf(10);
  if (end < 0) return undefined;
  const source = { file, line: 1, code: 'ERR_CHECKPOINT' } as const;
  return checkShape(parseJson(head.toString('utf8', 0, end), { ...source, file: `line 1 of ${file}` }), headShape, source);
}

/** What the beginning and the end of a run's metrics tell: its start and its present state. */
function readEnds(path: string, isResumed: boolean): RunHistory {
  const file = join(path, runFiles.metrics);
  const source = { file, code: 'ERR_DATA' } as const;
  const head = readPart(file, () => ({ from: 0, length: headBytes }));
  const tail = readPart(file, (size) => ({ from: Math.max(0, size - endBytes), length: endBytes }));
  const [first] = head === undefined ? [] : readJsonLines(head.bytes.subarray(0, head.bytes.indexOf(10) + 1), eventShape, source).lines;
  const start = (isResumed ? lastStart(file) : undefined) ?? (first?.value.type === 'start' ? first.value : undefined);
  // The first line may be incomplete.
  const from = tail === undefined || tail.from === 0 ? 0 : tail.bytes.indexOf(10) + 1;
  const { lines } = readJsonLines(tail?.bytes.subarray(from) ?? Buffer.alloc(0), eventShape, source);
  const history = new RunHistory(1);
  for (const event of [...(start === undefined ? [] : [start]), ...lines.map(({ value }) => value)]) history.apply(event);
  return history;
}

/** The last start in a run's metrics. */
function lastStart(file: string): StartEvent | undefined {
  const bytes = readPart(file, (size) => ({ from: 0, length: Math.min(size, sizeLimits.events) }))?.bytes ?? Buffer.alloc(0);
  const at = bytes.lastIndexOf('\n{"type":"start"') + 1;
  const end = bytes.indexOf(10, at) + 1;
  const [last] = readJsonLines(bytes.subarray(at, end), eventShape, { file, code: 'ERR_DATA' }).lines;
  return last?.value.type === 'start' ? last.value : undefined;
}
