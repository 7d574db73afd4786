import { join } from 'node:path';
import { RunCatalogue } from '../../dashboard/catalogue';
import type { Entry, Failure } from '../../dashboard/api';
import { toPlain } from '../../errors';
import { readDepthReport } from '../../studies/depth';
import { isOwned, lockName } from '../../files';
import { ledgerFile, readLedger } from '../../inference/ledger';
import type { TestResult } from '../../inference/ledger';
import { readSearchReport } from '../../search/report';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { readOptions } from '../options';
import { formatCount, formatPercent, formatSignificant } from '../terminal/format';
import { coloursOf, terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';
import { warn } from '../warnings';

/** One line of the list. */
interface Listed {
  readonly name: string;
  readonly kind: Entry['kind'];
  /** The dashboard's state; of an experiment of several runs, 'done' once its result is written. */
  readonly state: string;
  /** Steps done and to do, or trials or nets. */
  readonly done: number | null;
  readonly of: number | null;
  /** Of a regression its error takes its place. */
  readonly valAccuracy?: number | null;
  readonly valRmse?: number | null;
  /** Of a search whose trials are compared by another metric: its value. */
  readonly score?: number | null;
  /** Of a regression as well. */
  readonly valLoss: number | null;
  /** Of the last evaluation on the test split. */
  readonly testAccuracy?: number | null;
  readonly testRmse?: number | null;
  readonly startedAt: string | null;
  /** Why it failed, or what is damaged. */
  readonly failure: Failure | null;
}

export const runsCommand: Command = {
  name: 'runs',
  summary: 'list runs, searches and depth experiments with their results',
  help: `Usage: blastrain runs [options]

The last started stands first. A run is running, finished, stopped, failed, or
unfinished where its process is gone, damaged where a file of it cannot be read;
the accuracy is that of the last evaluation, of a search or a depth experiment
the best.

Options:
  --runs DIR   where the runs are [runs]
  --json       the list as one line of JSON on standard output
`,
  run(args) {
    const { values } = readOptions(args, { runs: { type: 'string' }, json: { type: 'boolean' } });
    const runs = values.runs ?? 'runs';
    const { testEvaluations, leftOut } = readLedgerOrNone(runs);
    const list = listRuns(runs, testEvaluations);
    warn([...leftOut, ...list.flatMap(({ name, state, failure }) => (state === 'damaged' && failure !== null ? [`${name} is damaged: ${failure.message}`] : []))]);
    if (values.json === true) process.stdout.write(jsonLine({ type: 'runs', runs: list }));
    else process.stdout.write(list.length === 0 ? `No runs in ${printable(runs)}. blastrain train --help says how to make one.\n` : render(list, terminalOf(process.stdout)));
    return Promise.resolve(0);
  },
};

/** The evaluations on test splits; where the ledger cannot be read, runs are listed without them. */
function readLedgerOrNone(runs: string): ReturnType<typeof readLedger> {
  try {
    return readLedger(join(runs, ledgerFile));
  } catch (error) {
    return { testEvaluations: [], leftOut: [toPlain(error).message] };
  }
}

function listRuns(runs: string, testEvaluations: readonly TestResult[]): Listed[] {
  const tests = new Map(testEvaluations.filter(({ scoredRows }) => scoredRows === undefined).map((test) => [test.run, test]));
  return new RunCatalogue(runs).list().map((entry) => describe(runs, entry, tests));
}

function describe(runs: string, entry: Entry, tests: ReadonlyMap<string, TestResult>): Listed {
  const { kind, name, failure } = entry;
  if (entry.kind === 'run') {
    const { state, step, steps, valAccuracy = null, valRmse, valLoss, startedAt } = entry;
    const test = tests.get(name);
    const scores = valRmse === undefined ? { valAccuracy, valLoss, testAccuracy: finite(test?.testAccuracy) } : { valRmse, valLoss, testRmse: finite(test?.testRmse) };
    return { name, kind, state, done: step, of: steps, ...scores, startedAt, failure };
  }
  const nothing = { name, kind, of: null, valLoss: null, testAccuracy: null, done: null };
  const startedAt = entry.kind === 'search' ? entry.startedAt : null;
  if (failure !== null) return { ...nothing, valAccuracy: null, state: 'damaged', startedAt, failure };
  try {
    return { ...nothing, startedAt, failure, ...(entry.kind === 'depth' ? depthResult(join(runs, name)) : searchResult(join(runs, name))) };
  } catch (error) {
    const { code, message } = toPlain(error);
    return { ...nothing, valAccuracy: null, state: 'damaged', startedAt, failure: { code, message } };
  }
}

type Result = Pick<Listed, 'state' | 'done' | 'valAccuracy' | 'score'> & Partial<Pick<Listed, 'testAccuracy'>>;

function depthResult(folder: string): Result {
  const { results, test } = readDepthReport(folder);
  const accuracies = results.map(({ valAccuracy }) => valAccuracy).filter(Number.isFinite);
  return { state: 'done', done: results.length, valAccuracy: accuracies.length === 0 ? null : Math.max(...accuracies), testAccuracy: finite(test.testAccuracy) };
}

function searchResult(folder: string): Result {
  const report = readSearchReport(folder);
  const state = isOwned(join(folder, lockName)) ? 'running' : report === undefined ? 'unfinished' : 'done';
  const { best } = report ?? {};
  const scores = best === null || best === undefined || best.valAccuracy !== undefined ? { valAccuracy: finite(best?.valAccuracy) } : { score: finite(best.score) };
  return { state, done: report?.trials ?? null, ...scores };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function render(list: readonly Listed[], terminal: Terminal): string {
  const { green, red, yellow } = coloursOf(terminal);
  const none = terminal.unicode ? '–' : '-';
  const count = (value: number): string => formatCount(value, terminal.unicode);
  const paints: Readonly<Record<string, (text: string) => string>> = { running: green, failed: red, damaged: red, unfinished: yellow };
  return renderTable(
    [
      { header: 'run', align: 'left' },
      { header: 'state', align: 'left', paint: (text) => paints[text]?.(text) ?? text },
      { header: 'done', align: 'right' }, { header: 'validation', align: 'right' }, { header: 'test', align: 'right' }, { header: 'started', align: 'left' },
    ],
    list.map(({ name, kind, state, done, of, valAccuracy = null, valRmse = null, score = null, valLoss, testAccuracy = null, testRmse = null, startedAt }) => [
      name,
      state,
      done === null ? none : `${count(done)}${of === null || of === done ? '' : `/${count(of)}`} ${{ run: 'steps', search: 'trials', depth: 'nets' }[kind]}`,
      valAccuracy !== null ? formatPercent(valAccuracy) : valRmse !== null ? `RMSE ${formatSignificant(valRmse, 3)}` : score !== null ? formatSignificant(score, 3) : valLoss !== null ? `loss ${formatSignificant(valLoss, 3)}` : none,
      testAccuracy !== null ? formatPercent(testAccuracy) : testRmse === null ? none : `RMSE ${formatSignificant(testRmse, 3)}`,
      startedAt === null ? none : localTime(startedAt),
    ]),
    terminal,
  );
}

/** '11-23 13:08', in the local time zone. */
function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
