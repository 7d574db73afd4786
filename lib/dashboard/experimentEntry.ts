import { join } from 'node:path';
import { parseJson, readPart } from '../files';
import { checkShape } from '../files/shape';
import type { TestResult } from '../inference/ledger';
import { isWorkedOn } from '../runFolder/ownedFolder';
import { searchFiles } from '../runFolder/runFolder';
import type { SearchHead } from '../search/records';
import { readSearchReport } from '../search/report';
import { headShape } from '../search/shapes';
import { readDepthReport } from '../studies/depth';
import type { DepthEntry, RunEntry, SearchEntry } from './api';
import { attempt } from './fileCache';
import type { FileCache } from './fileCache';
import { runPath } from './folders';
import { finite, labelsOf, outlineOf } from './runEntry';

/** Enough of a journal's beginning to hold its first line. */
const headBytes = 2 ** 16;

/** The last evaluations on all test rows, by run. */
export type Tests = ReadonlyMap<string, TestResult>;

/** Reads searches and depth experiments for lists. */
export class ExperimentReader {
  constructor(private readonly runs: string, private readonly files: FileCache) {}

  search(name: string, path: string, tests: Tests): SearchEntry {
    const [head, badHead] = attempt(() => this.files.of(join(path, searchFiles.journal), () => readHead(path)));
    const [report, badReport] = attempt(() => this.files.of(join(path, searchFiles.report), () => readSearchReport(path)));
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
      ...labelsOf(path, this.files), stoppable: isRunning, failure,
    };
  }

  depth(name: string, path: string): DepthEntry {
    const [report, failure] = attempt(() => this.files.of(join(path, 'depth.json'), () => readDepthReport(path)));
    const runs = report?.results.map(({ run }) => run) ?? [];
    const accuracies = (report?.results ?? []).map(({ valAccuracy }) => valAccuracy).filter(Number.isFinite);
    return {
      kind: 'depth', name, state: failure === null ? 'done' : 'damaged', startedAt: this.firstStart(runs), runs, done: report === undefined ? null : runs.length,
      best: report?.best ?? null, valAccuracy: accuracies.length === 0 ? null : Math.max(...accuracies), ...testScores(report?.test), ...labelsOf(path, this.files), failure,
    };
  }

  depthWithoutReport(name: string, path: string, nets: readonly string[]): DepthEntry {
    const isRunning = attempt(() => isWorkedOn(path))[0] === true;
    return {
      kind: 'depth', name, state: isRunning ? 'running' : 'unfinished', startedAt: this.firstStart(nets), runs: nets, done: null, best: null, valAccuracy: null, ...labelsOf(path, this.files), failure: null,
    };
  }

  /** When the first of some runs was started. */
  private firstStart(names: readonly string[]): string | null {
    const starts = names.flatMap((name) => {
      const path = attempt(() => runPath(this.runs, name))[0];
      const begun = path === undefined ? undefined : attempt(() => outlineOf(path, this.files))[0];
      return begun?.startedAt === undefined ? [] : [begun.startedAt];
    });
    return starts.sort()[0] ?? null;
  }
}

export function testScores(test: TestResult | undefined): Pick<RunEntry, 'testAccuracy' | 'testRmse' | 'testLoss'> {
  if (test === undefined) return {};
  const testLoss = finite(test.testLoss);
  return test.testRmse === undefined ? { testAccuracy: finite(test.testAccuracy), testLoss } : { testRmse: finite(test.testRmse), testLoss };
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
