import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isOwned } from '../files';
import type { DepthReport } from '../experiment/depth';
import type { RunStatus } from '../experiment/runControl';
import { lockOf } from '../experiment/ownedFolder';
import { runFiles } from '../experiment/runFolder';
import type { EvaluationEvent, ResultEvent, StartEvent, TrainEvent } from '../train/events';
import type { Entry, RunEntry, RunState } from './api';
import { parseObject, readJson, readPart, runPath } from './folders';

/** Enough of a file's end to hold the last evaluation, and of its beginning to hold the first event. */
const endBytes = 2 ** 16;
const headBytes = 2 ** 16;
/** Metrics of a trial that are younger, in milliseconds, are being written by its search. */
const fresh = 15_000;

interface Known {
  readonly stamp: string;
  readonly metrics: Metrics;
}

/** What the ends of a metrics.jsonl tell. */
interface Metrics {
  readonly start?: StartEvent;
  readonly evaluation?: EvaluationEvent;
  readonly result?: ResultEvent;
  readonly step: number;
}

/** What lies in a folder of runs. Files are read anew only when they have changed. */
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

  private entry(name: string, path: string): Entry | undefined {
    if (mtime(path, 'journal.jsonl') !== undefined) {
      const head = firstLine(path, 'journal.jsonl') as { startedAt?: string } | undefined;
      return { kind: 'search', name, startedAt: head?.startedAt ?? null };
    }
    if (mtime(path, runFiles.spec) !== undefined || mtime(path, runFiles.metrics) !== undefined) return this.run(name, path);
    if (mtime(path, 'depth.json') === undefined) return undefined;
    const { results } = (readJson(path, 'depth.json') ?? {}) as Partial<DepthReport>;
    return { kind: 'depth', name, runs: Array.isArray(results) ? results.map(({ run }: DepthReport['results'][number]) => run) : [] };
  }

  private run(name: string, path: string): RunEntry {
    const written = mtime(path, runFiles.metrics);
    const metrics = this.metrics(path);
    const { evaluation, result, step } = metrics;
    const status = readJson(path, runFiles.status) as Partial<RunStatus> | undefined;
    const owner = ownerOf(path);
    const { record } = (readJson(path, runFiles.spec) ?? {}) as { record?: { startedAt?: string; resumed?: unknown } };
    // A run that went on may be longer than its first start says.
    const start = record?.resumed === undefined ? metrics.start : lastStart(path) ?? metrics.start;
    const finite = (value: number | null | undefined): number | null => (Number.isFinite(value) ? value! : null);
    return {
      kind: 'run',
      name,
      state: stateOf(owner, status, result, written),
      stoppable: owner === 'run',
      startedAt: record?.startedAt ?? null,
      step,
      steps: start?.steps ?? null,
      valAccuracy: finite((result ?? evaluation)?.valAccuracy),
      valLoss: finite((result ?? evaluation)?.valLoss),
      failure: status?.state === 'failed' ? { code: String(status.code), message: String(status.message) } : null,
    };
  }

  private metrics(path: string): Metrics {
    const stat = lstat(join(path, runFiles.metrics));
    const stamp = stat === undefined ? '' : `${String(stat.size)} ${String(stat.mtimeMs)}`;
    const known = this.known.get(path);
    if (known?.stamp === stamp) return known.metrics;
    const metrics = readEnds(path);
    this.known.set(path, { stamp, metrics });
    return metrics;
  }
}

/** Whose process is at a run: its own, that of the search which it is a trial of, or nobody's. */
type Owner = 'run' | 'search' | undefined;

function ownerOf(path: string): Owner {
  const lock = lockOf(path);
  return isOwned(lock) ? dirname(lock) === path ? 'run' : 'search' : undefined;
}

function stateOf(owner: Owner, status: Partial<RunStatus> | undefined, result: ResultEvent | undefined, written: number | undefined): RunState {
  if (owner === 'run') return 'running';
  if (status?.state === 'failed') return 'failed';
  if (result !== undefined) return result.ended === 'stopped' ? 'stopped' : 'finished';
  return owner === 'search' && written !== undefined && Date.now() - written < fresh ? 'running' : 'unfinished';
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((child) => child.isDirectory() && !child.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return []; // not made yet
  }
}

function lstat(file: string): { size: number; mtimeMs: number } | undefined {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat : undefined;
}

function mtime(folder: string, name: string): number | undefined {
  return lstat(join(folder, name))?.mtimeMs;
}

function readEnds(path: string): Metrics {
  const tail = readPart(path, runFiles.metrics, (size) => ({ from: Math.max(0, size - endBytes), length: endBytes }));
  const start = firstLine(path, runFiles.metrics) as StartEvent | undefined;
  // The first line may be the end of one, and the last may still be being written.
  const lines = (tail?.bytes.toString('utf8') ?? '').split('\n').slice(tail?.from === 0 ? 0 : 1, -1);
  let evaluation: EvaluationEvent | undefined;
  let step = 0;
  for (let i = lines.length - 1; i >= 0 && evaluation === undefined; i--) {
    const event = parseObject(lines[i]!) as TrainEvent | undefined;
    if (event === undefined) continue;
    if (event.type === 'result') return { ...(start && { start }), result: event, step: event.steps };
    if ('step' in event) step = Math.max(step, event.step);
    if (event.type === 'evaluation') evaluation = event;
  }
  return { ...(start && { start }), ...(evaluation && { evaluation }), step };
}

/** The start of a run's last part. */
function lastStart(path: string): StartEvent | undefined {
  const text = readPart(path, runFiles.metrics, (size) => ({ from: 0, length: size }))?.bytes.toString('utf8') ?? '';
  const at = text.lastIndexOf('\n{"type":"start"');
  const end = text.indexOf('\n', at + 1);
  return at < 0 || end < 0 ? undefined : parseObject(text.slice(at + 1, end)) as StartEvent | undefined;
}

function firstLine(path: string, name: string): object | undefined {
  const head = readPart(path, name, () => ({ from: 0, length: headBytes }))?.bytes.toString('utf8') ?? '';
  return parseObject(head.split('\n', 1)[0]!);
}
