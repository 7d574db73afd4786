import { join } from 'node:path';
import { RunCatalogue } from '../dashboard/catalogue';
import type { Entry } from '../dashboard/api';
import { readJson } from '../dashboard/folders';
import type { DepthReport } from '../experiment/depth';
import { isOwned, lockName } from '../files';
import { searchFiles } from '../experiment/runFolder';
import { ledgerFile, readLedger } from '../experiment/testRun';
import type { SearchReport } from '../search/outcome';
import type { Command } from './command';
import { readOptions } from './options';
import { formatCount, formatPercent, formatSignificant } from './terminal/format';
import { coloursOf, terminalOf } from './terminal/style';
import type { Terminal } from './terminal/style';
import { renderTable } from './terminal/table';

/** One line of the list. */
interface Listed {
  readonly name: string;
  readonly kind: Entry['kind'];
  /** As the dashboard knows it; of an experiment of several runs, 'done' once its result is written. */
  readonly state: string;
  /** Steps done and to do, or trials or nets. */
  readonly done: number | null;
  readonly of: number | null;
  readonly valAccuracy: number | null;
  /** Where nothing is classified, too. */
  readonly valLoss: number | null;
  /** The last look at the test split. */
  readonly testAccuracy: number | null;
  readonly startedAt: string | null;
}

export const runsCommand: Command = {
  name: 'runs',
  summary: 'list runs, searches and depth experiments with what they came to',
  help: `Usage: blastrain runs [options]

The last started stands first. A run is running, finished, stopped, failed, or
unfinished where its process is gone; the accuracy is that of the last
evaluation, of a search or a depth experiment the best.

Options:
  --runs DIR   where the runs are [runs]
  --json       the list as one line of JSON on standard output
`,
  run(args) {
    const { values } = readOptions(args, { runs: { type: 'string' }, json: { type: 'boolean' } });
    const runs = values.runs ?? 'runs';
    const list = listRuns(runs);
    if (values.json === true) process.stdout.write(`${JSON.stringify({ type: 'runs', runs: list })}\n`);
    else process.stdout.write(list.length === 0 ? `No runs in ${runs}. blastrain train --help says how to make one.\n` : render(list, terminalOf(process.stdout)));
    return Promise.resolve(0);
  },
};

function listRuns(runs: string): Listed[] {
  const looks = new Map(readLedger(join(runs, ledgerFile)).map(({ run, testAccuracy }) => [run, testAccuracy]));
  return new RunCatalogue(runs).list().map((entry) => describe(runs, entry, looks));
}

function describe(runs: string, entry: Entry, looks: ReadonlyMap<string, number>): Listed {
  const { kind, name } = entry;
  if (entry.kind === 'run') {
    const { state, step, steps, valAccuracy, valLoss, startedAt } = entry;
    return { name, kind, state, done: step, of: steps, valAccuracy, valLoss, testAccuracy: looks.get(name) ?? null, startedAt };
  }
  const several = { name, kind, of: null, valLoss: null, testAccuracy: null };
  if (entry.kind === 'depth') {
    const report = readJson(join(runs, name), 'depth.json') as DepthReport | undefined;
    return {
      ...several, state: report === undefined ? 'damaged' : 'done', done: report?.results.length ?? null, startedAt: null,
      valAccuracy: report === undefined ? null : Math.max(...report.results.map(({ valAccuracy }) => valAccuracy)),
      testAccuracy: report?.test.testAccuracy ?? null,
    };
  }
  const report = readJson(join(runs, name), searchFiles.report) as SearchReport | undefined;
  return {
    ...several, state: isOwned(join(runs, name, lockName)) ? 'running' : report === undefined ? 'unfinished' : 'done', done: report?.trials ?? null,
    valAccuracy: report?.best?.valAccuracy ?? null, startedAt: entry.startedAt,
  };
}

function render(list: readonly Listed[], terminal: Terminal): string {
  const { green, red, yellow } = coloursOf(terminal);
  const none = terminal.unicode ? '–' : '-';
  const count = (value: number): string => formatCount(value, terminal.unicode);
  const paints: Readonly<Record<string, (text: string) => string>> = { running: green, failed: red, unfinished: yellow };
  return renderTable(
    [
      { header: 'run', align: 'left' },
      { header: 'state', align: 'left', paint: (text) => paints[text]?.(text) ?? text },
      { header: 'done', align: 'right' }, { header: 'validation', align: 'right' }, { header: 'test', align: 'right' }, { header: 'started', align: 'left' },
    ],
    list.map(({ name, kind, state, done, of, valAccuracy, valLoss, testAccuracy, startedAt }) => [
      name,
      state,
      done === null ? none : `${count(done)}${of === null || of === done ? '' : `/${count(of)}`} ${{ run: 'steps', search: 'trials', depth: 'nets' }[kind]}`,
      valAccuracy !== null ? formatPercent(valAccuracy) : valLoss !== null ? `loss ${formatSignificant(valLoss, 3)}` : none,
      testAccuracy === null ? none : formatPercent(testAccuracy),
      startedAt === null ? none : localTime(startedAt),
    ]),
    terminal,
  );
}

/** '11-23 13:08', by the clock of this machine. */
function localTime(time: string): string {
  const date = new Date(time);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
