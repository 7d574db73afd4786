import { join } from 'node:path';
import { RunCatalogue } from '../../dashboard/catalogue';
import type { Entry, KeyValue } from '../../dashboard/api';
import { toPlain } from '../../errors';
import { failureWord } from '../../history/outcome';
import type { Failure } from '../../history/outcome';
import { ledgerFile, readLedger } from '../../inference/ledger';
import { formatMetric } from '../../numbers';
import { jsonLine, printable } from '../../text';
import type { Labels } from '../../runFolder/labels';
import type { Command } from '../command';
import { listed } from '../listedRuns';
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
  /** The dashboard's state. */
  readonly state: string;
  /** Steps done and to do, or trials or nets. */
  readonly done: number | null;
  readonly of: number | null;
  /** Of a regression its error takes its place; null for a run that failed. */
  readonly valAccuracy?: number | null;
  readonly valRmse?: number | null;
  /** Of a search whose trials are compared by another metric: its name and value. */
  readonly metric?: string | undefined;
  readonly score?: number | null;
  /** Of a regression as well. */
  readonly valLoss: number | null;
  /** Of the last evaluation on the test split; of an experiment that of its best run. */
  readonly testAccuracy?: number | null;
  readonly testRmse?: number | null;
  readonly startedAt: string | null;
  /** Keys of a run's spec that differ from their defaults. */
  readonly keys?: Readonly<Record<string, KeyValue>>;
  /** What people wrote about it. */
  readonly labels: Labels;
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
the best; a run that failed has none. Titles, tags and notes are those that the
dashboard's table of runs gives.

Options:
  --where QUERY   only runs that fit, in the words of the dashboard's table, as
                  'lr < 0.01 && val > 50% && !(tag == old)' (docs/runs-table.md)
  --sort COLUMNS  by these, downwards with a minus: --sort=-val,learningRate
  --archived      archived ones too
  --runs DIR      where the runs are [runs]
  --json          the list as one line of JSON on standard output
`,
  run(args) {
    const { values } = readOptions(args, {
      where: { type: 'string' }, sort: { type: 'string' }, archived: { type: 'boolean' }, runs: { type: 'string' }, json: { type: 'boolean' },
    });
    const runs = values.runs ?? 'runs';
    const all = new RunCatalogue(runs).list();
    const { entries, archived } = listed(all, values);
    warn([...ledgerProblems(runs), ...all.flatMap(damageOf)]);
    const list = entries.map(describe);
    if (values.json === true) process.stdout.write(jsonLine({ type: 'runs', runs: list }));
    else if (all.length === 0) process.stdout.write(`No runs in ${printable(runs)}. blastrain train --help says how to make one.\n`);
    else process.stdout.write(`${list.length === 0 ? `None of ${String(all.length)} fits.\n` : render(list, terminalOf(process.stdout))}${archived === 0 ? '' : `${String(archived)} archived; --archived shows them too.\n`}`);
    return Promise.resolve(0);
  },
};

/** A sentence for each line of the ledger that is left out; runs are listed without it where it cannot be read. */
function ledgerProblems(runs: string): readonly string[] {
  try {
    return readLedger(join(runs, ledgerFile)).leftOut;
  } catch (error) {
    return [toPlain(error).message];
  }
}

/** What is wrong with an entry that is listed all the same. */
function damageOf({ name, state, failure, badLabels }: Entry): string[] {
  return [
    ...(state === 'damaged' && failure !== null ? [`${name} is damaged: ${failure.message}`] : []), ...(badLabels === undefined ? [] : [`${name} is listed without its labels: ${badLabels}`]),
  ];
}

function describe(entry: Entry): Listed {
  const { kind, name, state, startedAt, labels, failure, valAccuracy, valRmse, testAccuracy, testRmse } = entry;
  const validation = valRmse === undefined ? { valAccuracy: valAccuracy ?? null } : { valRmse };
  const test = testRmse !== undefined ? { testRmse } : valRmse === undefined ? { testAccuracy: testAccuracy ?? null } : { testRmse: null };
  const common = { name, kind, state, ...validation, ...test, startedAt, labels, failure };
  if (entry.kind === 'run') return { ...common, done: entry.step, of: entry.steps, valLoss: entry.valLoss, keys: entry.keys };
  return { ...common, done: entry.done, of: null, valLoss: null, ...(entry.kind === 'search' && entry.score !== undefined && { metric: entry.metric, score: entry.score }) };
}

function render(list: readonly Listed[], terminal: Terminal): string {
  const { green, red, yellow } = coloursOf(terminal);
  const none = terminal.unicode ? '–' : '-';
  const paints: Readonly<Record<string, (text: string) => string>> = { running: green, failed: red, damaged: red, unfinished: yellow };
  const isLabelled = list.some(({ labels }) => aboutOf(labels) !== '');
  return renderTable(
    [
      { header: 'run', align: 'left' },
      { header: 'state', align: 'left', paint: (text, row) => paints[list[row]!.state]?.(text) ?? text },
      { header: 'done', align: 'right' }, { header: 'validation', align: 'right' }, { header: 'test', align: 'right' }, { header: 'started', align: 'left' },
      ...(isLabelled ? [{ header: 'about', align: 'left' as const }] : []),
    ],
    list.map(({ name, kind, state, done, of, valAccuracy = null, valRmse = null, metric = 'score', score = null, valLoss, testAccuracy = null, testRmse = null, startedAt, labels, failure }) => [
      name,
      state === 'failed' && failure !== null ? failureWord(failure) : state,
      done === null ? none : `${formatCount(done)}${of === null || of === done ? '' : `/${formatCount(of)}`} ${{ run: 'steps', search: 'trials', depth: 'nets' }[kind]}`,
      valAccuracy !== null ? formatPercent(valAccuracy) : valRmse !== null ? `RMSE ${formatSignificant(valRmse, 3)}` : score !== null ? `${metric} ${formatMetric(metric, score)}` : valLoss !== null ? `loss ${formatSignificant(valLoss, 3)}` : none,
      testAccuracy !== null ? formatPercent(testAccuracy) : testRmse === null ? none : `RMSE ${formatSignificant(testRmse, 3)}`,
      startedAt === null ? none : localTime(startedAt),
      ...(isLabelled ? [aboutOf(labels)] : []),
    ]),
    terminal,
  );
}

/** 'A title [tag, tag] the first line of a note'. */
function aboutOf({ title, tags = [], note, archived }: Labels): string {
  const marks = [...(archived === true ? ['archived'] : []), ...tags];
  return [title, marks.length === 0 ? undefined : `[${marks.join(', ')}]`, note?.trim().split('\n')[0]].filter((part) => part !== undefined && part !== '').join(' ');
}

/** '11-23 13:08', in the local time zone. */
function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
