import { lstatSync, readdirSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { toPlain } from '../errors';
import { isOwned, lockName, parseJson, readPart } from '../files';
import { checkShape } from '../files/shape';
import type { Failure, RunState } from '../history/outcome';
import { RunHistory } from '../history/runHistory';
import { lastTests, ledgerFile, readLedger } from '../inference/ledger';
import type { TestResult } from '../inference/ledger';
import { isShared, lockOf } from '../runFolder/ownedFolder';
import { readStatus } from '../runFolder/runControl';
import type { RunStatus } from '../runFolder/runControl';
import { runFiles, searchFiles } from '../runFolder/runFolder';
import { readStart } from '../runFolder/runRecord';
import type { SearchHead } from '../search/records';
import { readSearchReport } from '../search/report';
import { headShape } from '../search/shapes';
import { readDepthReport } from '../studies/depth';
import type { ResultEvent } from '../train/events';
import type { DepthEntry, Entry, RunEntry, SearchEntry } from './api';
import { runPath } from './folders';
import { readPresentState } from './presentState';
import type { PresentState } from './presentState';

/** Enough of a journal's beginning to hold its first line. */
const headBytes = 2 ** 16;
/** A trial is running if its metrics were written at most so many milliseconds ago. */
const fresh = 15_000;

type Tests = ReadonlyMap<string, TestResult>;

/** The contents of a folder of runs. Files are read again only after they have changed. */
export class RunCatalogue {
  private readonly known = new Map<string, PresentState>();
  /** What is made of files that are replaced as a whole, by path. */
  private readonly made = new Map<string, { readonly stamp: string; readonly value: unknown }>();

  constructor(readonly runs: string) {}

  /** All entries, or the trials of a search; the last started comes first. Throws ERR_CONFIG for a search that is not there. */
  list(search?: string): Entry[] {
    const folder = search === undefined ? this.runs : runPath(this.runs, search);
    const tests = this.tests();
    const children = childrenOf(folder);
    const entries: Entry[] = [];
    for (const child of children) {
      const name = search === undefined ? child : `${search}/${child}`;
      const entry = this.entry(name, join(folder, child), tests, children);
      if (entry !== undefined) entries.push(entry);
    }
    const age = ({ startedAt }: Entry): string => startedAt ?? '';
    return entries.sort((a, b) => age(b).localeCompare(age(a)) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** Whether a process trains that run, or works on that search, that a request can stop. Throws ERR_CONFIG when it is not there. */
  isStoppable(name: string): boolean {
    const entry = this.entry(name, runPath(this.runs, name), this.tests(), []);
    return entry !== undefined && entry.kind !== 'depth' && entry.stoppable;
  }

  /** One run. Throws ERR_CONFIG when it is not there. */
  find(name: string): RunEntry | undefined {
    const entry = this.entry(name, runPath(this.runs, name), this.tests(), []);
    return entry?.kind === 'run' ? entry : undefined;
  }

  /**
   * The entry of one folder. What cannot be read becomes its entry's failure, so that one damaged folder does not hide the others.
   * @param siblings the names of all folders beside it.
   */
  private entry(name: string, path: string, tests: Tests, siblings: readonly string[]): Entry | undefined {
    if (isThere(path, searchFiles.journal)) return this.search(name, path, tests);
    if (isThere(path, runFiles.spec) || isThere(path, runFiles.metrics)) return this.run(name, path, tests);
    if (isThere(path, 'depth.json')) return this.depth(name, path);
    // Its report is written when all nets are trained.
    const nets = siblings.filter((other) => other.startsWith(`${name}-`) && /^\d+layers(-batchnorm)?$/.test(other.slice(name.length + 1)));
    return nets.length === 0 ? undefined : this.depthWithoutReport(name, path, nets);
  }

  private run(name: string, path: string, tests: Tests): RunEntry {
    const written = lstat(join(path, runFiles.metrics))?.mtimeMs;
    const [begun, badSpec] = attempt(() => this.of(join(path, runFiles.spec), () => readStart(path)));
    const [history = new RunHistory(), badMetrics] = attempt(() => this.history(path, begun?.isResumed === true));
    const [status, badStatus] = attempt(() => readStatus(path));
    const [owner, badLock] = attempt(() => ownerOf(path));
    const damage = badSpec ?? badStatus ?? badMetrics ?? badLock;
    const { start, result, scores, step } = history;
    const state = damage === null ? stateOf(owner, status, result, written) : 'damaged';
    const known = state === 'failed' ? undefined : scores;
    const test = tests.get(name);
    return {
      kind: 'run',
      name,
      state,
      stoppable: owner === 'run',
      startedAt: begun?.startedAt ?? null,
      begunAt: begun?.begunAt ?? null,
      step,
      steps: start?.steps ?? null,
      ...(history.isRegression ? { valRmse: finite(known?.valRmse) } : { valAccuracy: finite(known?.valAccuracy) }),
      valLoss: finite(known?.valLoss),
      ...testScores(test),
      failure: damage ?? (status === undefined ? null : { code: status.code, message: status.message }),
    };
  }

  private search(name: string, path: string, tests: Tests): SearchEntry {
    const [head, badHead] = attempt(() => this.of(join(path, searchFiles.journal), () => readHead(path)));
    const [report, badReport] = attempt(() => this.of(join(path, searchFiles.report), () => readSearchReport(path)));
    const failure = badHead ?? badReport;
    const isRunning = attempt(() => isWorkedOn(path))[0] === true;
    const best = report?.best ?? null;
    const metric = head?.monitor?.metric;
    return {
      kind: 'search', name,
      state: failure !== null ? 'damaged' : isRunning ? 'running' : report === undefined ? 'unfinished' : 'done',
      startedAt: head?.startedAt ?? null,
      done: report?.trials ?? null,
      best: best?.run ?? null,
      ...(best === null || best.valAccuracy !== undefined ? { valAccuracy: finite(best?.valAccuracy) } : { ...(metric !== undefined && { metric }), score: finite(best.score) }),
      ...testScores(best === null ? undefined : tests.get(best.run)),
      stoppable: isRunning, failure,
    };
  }

  private depth(name: string, path: string): DepthEntry {
    const [report, failure] = attempt(() => this.of(join(path, 'depth.json'), () => readDepthReport(path)));
    const runs = report?.results.map(({ run }) => run) ?? [];
    const accuracies = (report?.results ?? []).map(({ valAccuracy }) => valAccuracy).filter(Number.isFinite);
    return {
      kind: 'depth', name, state: failure === null ? 'done' : 'damaged', startedAt: this.firstStart(runs), runs, done: report === undefined ? null : runs.length,
      best: report?.best ?? null, valAccuracy: accuracies.length === 0 ? null : Math.max(...accuracies), ...testScores(report?.test), failure,
    };
  }

  private depthWithoutReport(name: string, path: string, nets: readonly string[]): DepthEntry {
    const isRunning = attempt(() => isOwned(join(path, lockName)))[0] === true;
    return {
      kind: 'depth', name, state: isRunning ? 'running' : 'unfinished', startedAt: this.firstStart(nets), runs: nets, done: null, best: null, valAccuracy: null, failure: null,
    };
  }

  /** When the first of some runs was started. */
  private firstStart(names: readonly string[]): string | null {
    const starts = names.flatMap((name) => {
      const path = attempt(() => runPath(this.runs, name))[0];
      const begun = path === undefined ? undefined : attempt(() => this.of(join(path, runFiles.spec), () => readStart(path)))[0];
      return begun?.startedAt === undefined ? [] : [begun.startedAt];
    });
    return starts.sort()[0] ?? null;
  }

  /** The last evaluations on all test rows, by run; none where the ledger cannot be read. */
  private tests(): Tests {
    const ledger = join(this.runs, ledgerFile);
    const [tests = new Map<string, TestResult>()] = attempt(() => this.of(ledger, () =>
      lastTests(readLedger(ledger).testEvaluations)));
    return tests;
  }

  private history(path: string, isResumed: boolean): RunHistory {
    const state = readPresentState(join(path, runFiles.metrics), isResumed, this.known.get(path));
    this.known.set(path, state);
    return state.history;
  }

  /** What `make` makes of a file; made again once the file has changed. */
  private of<T>(file: string, make: () => T): T {
    const stat = lstat(file);
    const stamp = stat === undefined ? '' : `${String(stat.ino)} ${String(stat.size)} ${String(stat.mtimeMs)}`;
    const known = this.made.get(file);
    if (known?.stamp === stamp) return known.value as T;
    const value = make();
    this.made.set(file, { stamp, value });
    return value;
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function testScores(test: TestResult | undefined): Pick<RunEntry, 'testAccuracy' | 'testRmse'> {
  if (test === undefined) return {};
  return test.testRmse === undefined ? { testAccuracy: finite(test.testAccuracy) } : { testRmse: finite(test.testRmse) };
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

/** Whether a live process works on a search: by the lock of its folder, or in a shared one by that of any trial. */
function isWorkedOn(search: string): boolean {
  return isOwned(join(search, lockName)) || (isShared(search) && readdirSync(join(search, searchFiles.locks)).some((name) => isOwned(join(search, searchFiles.locks, name))));
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
