import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEntry } from '../../dashboard/api';
import { RunCatalogue } from '../../dashboard/catalogue';
import { expected, toPlain } from '../../errors';
import { badLines, fileError, makeFolders, readFileIfThere, readJsonLines, sizeLimits } from '../../files';
import { readRunHistory } from '../../history/readRunHistory';
import { lastTests, ledgerFile, readLedger } from '../../inference/ledger';
import type { TestResult } from '../../inference/ledger';
import { writeMlflow } from '../../report/exported/mlflow';
import { runsCsv } from '../../report/exported/runsTable';
import { clockOf } from '../../report/exported/exportedRun';
import type { ExportedRun } from '../../report/exported/exportedRun';
import { TensorBoardLog } from '../../report/tensorboard/tensorboard';
import { modelFile, runFiles } from '../../runFolder/runFolder';
import { readRunSpec } from '../../runFolder/runRecord';
import { specFields } from '../../spec/spec';
import { jsonLine } from '../../text';
import type { HistogramsEvent } from '../../train/events';
import { histogramsShape } from '../../train/histogramShape';
import type { Command } from '../command';
import { readOptions } from '../options';
import { readModelState } from '../tensorboard';
import { fileLines } from '../terminal/style';
import { warn } from '../warnings';

export const exportRunsCommand: Command = {
  name: 'export-runs',
  summary: 'give finished runs to a table, MLflow or TensorBoard',
  help: `Usage: blastrain export-runs [RUN ...] --csv
       blastrain export-runs [RUN ...] --mlflow FOLDER [--experiment NAME]
       blastrain export-runs [RUN ...] --tensorboard FOLDER

RUN is a run's name, or that of a search, which stands for its trials; without
it all runs are meant, trials too.

Options:
  --csv                 on standard output a line of comma-separated values for
                        each run: its state, its last scores and the keys that
                        differ from their defaults
  --mlflow FOLDER       an experiment in the layout of MLflow's file store;
                        a run that is there already is replaced
  --experiment NAME     its name [blastrain]
  --tensorboard FOLDER  an event file in a folder for each run, which must not
                        be there yet: tensorboard --logdir FOLDER
  --runs DIR            where the runs are [runs]
  --json                what was written as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(args, {
      csv: { type: 'boolean' }, mlflow: { type: 'string' }, experiment: { type: 'string' }, tensorboard: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' },
    }, { names: [], rest: true });
    const { csv = false, mlflow, experiment = 'blastrain', tensorboard, runs = 'runs', json = false } = values;
    if (!csv && mlflow === undefined && tensorboard === undefined) throw expected('ERR_CONFIG', '--csv, --mlflow or --tensorboard', 'blastrain export-runs', 'none of them');
    if (csv && json) throw expected('ERR_CONFIG', 'only one of them', '--csv and --json', 'both', { path: 'csv' });
    const exported = readRuns(runs, positionals);
    if (mlflow !== undefined) writeMlflow(mlflow, experiment, exported);
    const files = [...(mlflow === undefined ? [] : [mlflow]), ...(tensorboard === undefined ? [] : writeTensorBoard(tensorboard, runs, exported))];
    if (csv) process.stdout.write(runsCsv(exported, Object.fromEntries(Object.entries(specFields).map(([key, field]) => [key, field.default]))));
    else if (json) process.stdout.write(jsonLine({ type: 'export-runs', runs: exported.map(({ name }) => name), files }));
    else process.stdout.write(`${exported.length === 1 ? '1 run' : `${String(exported.length)} runs`}\n${fileLines(files)}`);
    return Promise.resolve(0);
  },
};

/** The runs that are named, each once; a search stands for its trials. What cannot be read is left out with a warning, unless it was named. */
function readRuns(runs: string, names: readonly string[]): ExportedRun[] {
  const catalogue = new RunCatalogue(runs);
  const all = catalogue.list();
  const isTrials = (name: string): boolean => all.some((entry) => entry.kind === 'search' && entry.name === name);
  const runsOf = (name: string): RunEntry[] => {
    if (isTrials(name)) return catalogue.list(name).filter((entry) => entry.kind === 'run');
    const run = catalogue.find(name);
    if (run === undefined) throw expected('ERR_CONFIG', 'a run or a search', runs, name);
    return [run];
  };
  const entries = (names.length > 0 ? names : all.filter(({ kind }) => kind !== 'depth').map(({ name }) => name)).flatMap(runsOf);
  const { testEvaluations, leftOut } = readLedger(join(runs, ledgerFile));
  warn(leftOut);
  const tests = lastTests(testEvaluations);
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()].flatMap((entry) => {
    try {
      return [readExported(runs, entry, tests.get(entry.name))];
    } catch (error) {
      if (names.includes(entry.name)) throw error;
      warn([`${entry.name} is left out: ${toPlain(error).message}`]);
      return [];
    }
  });
}

function readExported(runs: string, { name, state, failure }: RunEntry, test: TestResult | undefined): ExportedRun {
  const folder = join(runs, name);
  const { record, spec } = readRunSpec(folder);
  const history = readRunHistory(join(folder, runFiles.metrics));
  warn(history.leftOut);
  return { name, state, failure: failure?.message ?? null, record, spec, history, test };
}

/** Returns the folders. Throws ERR_IO for one that is there, as its events would be shown beside these. */
function writeTensorBoard(folder: string, runs: string, exported: readonly ExportedRun[]): string[] {
  const paths = exported.map(({ name }) => join(folder, name));
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined) throw fileError('ERR_IO', 'a folder that is not there yet', taken, 'one that is');
  return exported.map((run, i) => {
    const path = paths[i]!;
    makeFolders(path);
    const clock = clockOf(run);
    let step = 0;
    const log = new TensorBoardLog(path, () => clock(step) / 1000);
    const { steps, evaluations, epochs, health, result } = run.history;
    for (const event of [...steps, ...evaluations, ...epochs, ...health, ...readHistograms(join(runs, run.name, runFiles.histograms))].sort((a, b) => a.step - b.step)) {
      ({ step } = event);
      log.handle(event, readModelState);
    }
    const file = modelFile(join(runs, run.name));
    if (result !== undefined && existsSync(file)) {
      step = result.modelStep;
      log.handle({ type: 'checkpoint', step, file, best: false }, readModelState);
    }
    return path;
  });
}

/** What a run's histograms.jsonl holds, where it has one; damaged lines are left out with a warning. */
function readHistograms(file: string): HistogramsEvent[] {
  const bytes = readFileIfThere(file, { limit: sizeLimits.events });
  if (bytes === undefined) return [];
  const { lines, ...ends } = readJsonLines(bytes, histogramsShape, { file, code: 'ERR_DATA' });
  warn(badLines(ends, file));
  return lines.map(({ value }) => value);
}
