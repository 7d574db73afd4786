import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastTests, ledgerFile, readLedger } from '../inference/ledger';
import type { TestResult } from '../inference/ledger';
import { runFiles, searchFiles } from '../runFolder/runFolder';
import type { Entry, RunEntry } from './api';
import { ExperimentReader, testScores } from './experimentEntry';
import type { Tests } from './experimentEntry';
import { attempt, FileCache, lstat } from './fileCache';
import { runPath } from './folders';
import { byStart } from './query/order';
import { RunReader } from './runEntry';

/** The contents of a folder of runs. Files are read again only after they have changed. */
export class RunCatalogue {
  private readonly files = new FileCache();
  private readonly runReader = new RunReader(this.files);
  private readonly experiments: ExperimentReader;

  constructor(readonly runs: string) {
    this.experiments = new ExperimentReader(runs, this.files);
  }

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
    return entries.sort(byStart);
  }

  /** One entry; undefined where the folder holds none. Throws ERR_CONFIG where there is no such folder. */
  get(name: string): Entry | undefined {
    return this.entry(name, runPath(this.runs, name), this.tests(), name.includes('/') ? [] : childrenOf(this.runs));
  }

  /** Whether a process trains that run, or works on that search, that a request can stop. Throws ERR_CONFIG when it is not there. */
  isStoppable(name: string): boolean {
    const entry = this.get(name);
    return entry !== undefined && entry.kind !== 'depth' && entry.stoppable;
  }

  /** One run. Throws ERR_CONFIG when it is not there. */
  find(name: string): RunEntry | undefined {
    const entry = this.get(name);
    return entry?.kind === 'run' ? entry : undefined;
  }

  /**
   * The entry of one folder. What cannot be read becomes its entry's failure, so that one damaged folder does not hide the others.
   * @param siblings the names of all folders beside it.
   */
  private entry(name: string, path: string, tests: Tests, siblings: readonly string[]): Entry | undefined {
    const settled = this.runReader.settledEntry(name, path);
    if (settled !== undefined) return withTest(settled, tests);
    if (isThere(path, searchFiles.journal)) return this.experiments.search(name, path, tests);
    if (isThere(path, runFiles.spec) || isThere(path, runFiles.metrics)) return withTest(this.runReader.entry(name, path), tests);
    if (isThere(path, 'depth.json')) return this.experiments.depth(name, path);
    // Its report is written when all nets are trained.
    const nets = siblings.filter((other) => other.startsWith(`${name}-`) && /^\d+layers(-batchnorm)?$/.test(other.slice(name.length + 1)));
    return nets.length === 0 ? undefined : this.experiments.depthWithoutReport(name, path, nets);
  }

  /** The last evaluations on all test rows, by run; none where the ledger cannot be read. */
  private tests(): Tests {
    const ledger = join(this.runs, ledgerFile);
    const [tests = new Map<string, TestResult>()] = attempt(() => this.files.of(ledger, () => lastTests(readLedger(ledger).testEvaluations)));
    return tests;
  }
}

function withTest(entry: RunEntry, tests: Tests): RunEntry {
  const test = tests.get(entry.name);
  return test === undefined ? entry : { ...entry, ...testScores(test) };
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((child) => child.isDirectory() && !child.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return []; // not created yet
  }
}

/** Whether there is anything of that name, readable or not. */
function isThere(folder: string, name: string): boolean {
  return lstat(join(folder, name)) !== undefined;
}
