import { statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { expected } from '../../errors';
import { testRun } from '../../inference/testRun';
import { Model } from '../../inference/model';
import { train } from '../../run/train';
import type { TrainingData } from '../../run/train';
import type { RunPlace } from '../../runFolder/runFolder';
import { applySettings } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { scoreModel } from '../../studies/fit/baselines';
import { planFit } from '../../studies/fit/planFit';
import type { FitPlan } from '../../studies/fit/planFit';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import { trainBaselines } from '../baselines';
import type { Baselines } from '../baselines';
import { complete, statusOf } from '../completeRun';
import type { Command } from '../command';
import { renderPlan, renderScored } from '../fitReport';
import type { ScoredModel } from '../fitReport';
import { durationOption, integerOption } from '../flagValues';
import { trainFolds } from '../folds';
import { stoppedStatus } from '../interrupt';
import { readOptions, requirePositional } from '../options';
import { terminalOf } from '../terminal/style';
import { sayWaiting } from '../waiting';
import { warn } from '../warnings';

export const fitCommand: Command = {
  name: 'fit',
  summary: 'train on a table or pictures, with scores beside baselines',
  help: `Usage: blastrain fit FILE|FOLDER [options] [--set key=value ...]

FILE is a table: .csv, .tsv, .jsonl, .parquet, .arrow, .npy or .npz. Says what
it takes each column for, shares out the rows, trains the preset for tables,
keeps the best epoch, and scores the model beside two baselines that any model
has to beat: the most frequent class or the mean, and a linear model. Nothing
has to be said; all that is guessed can be overruled. FOLDER holds pictures in
a folder for each class, or in train, val and test with these in them; they are
scaled to 32 x 32 pixels (--set imageSize=64), and the preset is pictures.

Columns:
  --target COLUMN      what to predict, by name or number from 0; several
                       between commas [the last]
  --weights COLUMN     how much each row counts
  --ignore A,B         columns that are no features
  --columns A=KIND,... what columns are: number, category, boolean, date, ignore

Rows:
  --split-column COLUMN  says of each row train, validation or test
  --group COLUMN         rows of the same value stay in one part
  --time-column COLUMN   the newest rows are for test, those before for
                         validation [random rows, classes in their shares; a
                         tenth each]

Training:
  --ensemble           the preset table-ensemble in place of table
  --folds K            K runs and baselines, each scored on the rows that it
                       was not trained on; no look at the test rows
  --budget TIME        ends all of it after about 90s, 10m or 1h30m
  --set key=value      change a key of the spec, see blastrain train --help;
                       repeat it or list several
  --name NAME          name of the run [the file's name and a number]
  --runs DIR           where the run's folder is made [runs]

  --dry-run            stop before the training
  --json               one JSON object per line on standard output, nothing else

The run's folder is that of blastrain train: 'blastrain train --resume RUN' goes
on with it, and its spec.json repeats it. The look at the test rows is written
into the ledger beside the runs. docs/fit.md explains the scores.
`,
  async run(args) {
    const began = performance.now();
    const { values, positionals } = readOptions(
      args,
      {
        target: { type: 'string' }, weights: { type: 'string' }, ignore: { type: 'string' }, columns: { type: 'string' },
        'split-column': { type: 'string' }, group: { type: 'string' }, 'time-column': { type: 'string' },
        ensemble: { type: 'boolean' }, budget: { type: 'string' }, set: { type: 'string', multiple: true }, name: { type: 'string' },
        runs: { type: 'string' }, folds: { type: 'string' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' },
      },
      { names: ['FILE'], rest: true },
    );
    const [given, ...settings] = positionals;
    const file = requirePositional(given, 'FILE', 'fit');
    const { runs = 'runs', json = false } = values;
    const budget = values.budget === undefined ? undefined : durationOption('budget', values.budget);
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
    if (isFolder && values.ensemble === true) throw expected('ERR_CONFIG', 'a FILE', '--ensemble', file, { path: 'ensemble' });
    const columns = columnsOf(values.ignore, values.columns);
    const flags: Partial<Record<keyof TrainSpec, unknown>> = {
      ...(isFolder ? { data: 'pictures', dataFolder: file } : { dataFile: file }), target: targetOf(values.target), weightColumn: values.weights, splitColumn: values['split-column'], groupColumn: values.group,
      timeColumn: values['time-column'], ...(Object.keys(columns).length > 0 && { columns }),
    };
    const keys = { ...defined(flags), ...applySettings({}, [...(values.set ?? []), ...settings]) };
    const folds = values.folds === undefined ? undefined : integerOption('folds', values.folds, 2);
    announceFallback();
    const plan = limited(planFit({ preset: isFolder ? 'pictures' : values.ensemble === true ? 'table-ensemble' : 'table', keys }), budget, began, folds);
    const terminal = terminalOf(process.stdout);
    process.stdout.write(json ? planLines(plan) : `${renderPlan(plan, terminal)}\n`);
    if (values['dry-run'] === true) return 0;

    const { spec, data: { test, ...rows } } = plan;
    const place: RunPlace = values.name === undefined ? { runs, base: baseOf(file) } : { runs, name: values.name };
    if (folds !== undefined) {
      const baselines = (data: TrainingData, of: number): Promise<Baselines | undefined> => trainBaselines(spec, data, left(budget, began, of));
      return trainFolds(spec, folds, place, { json, tensorboard: false }, plan.data, baselines);
    }
    const run = train(spec, { data: rows, place, onWait: sayWaiting() });
    const result = await complete(run, (name) => join(runs, name), { json, tensorboard: false });
    if (result.ended === 'stopped') return statusOf(result);
    const folder = join(runs, result.run);
    const model = Model.load(folder);
    const baselines = await trainBaselines(spec, rows, left(budget, began));
    if (baselines === undefined) return stoppedStatus();

    const scored = (part: typeof test): readonly ScoredModel[] => [{ model: result.run, scores: scoreModel(model, part) }, ...baselines(part)];
    const say = (split: string, part: typeof test, more: object = {}): void => {
      const models = scored(part);
      const text = json ? jsonLine({ type: 'scores', split, rows: part.size, ...more, models }) : `\n${renderScored(`${split}, ${String(part.size)} rows`, models, terminal)}`;
      process.stdout.write(text);
    };
    if (rows.validation.size > 0) say('validation', rows.validation);
    if (test.size > 0) {
      const { look, leftOut } = testRun(folder, result.run, { loaded: plan.data });
      warn(leftOut);
      say('test', test, { look });
      if (!json && look > 1) process.stdout.write(`This was look ${String(look)} at these test rows: the scores are no longer unbiased estimates.\n`);
    }
    if (!json) process.stdout.write(nextSteps(result.run, values.runs));
    return 0;
  },
};

/** The spec with the time that a budget leaves for the training: the baselines need some too. */
function limited(plan: FitPlan, budget: number | undefined, began: number, runs = 1): FitPlan {
  const seconds = left(budget, began, runs);
  const { maxSeconds } = plan.spec;
  return seconds === null ? plan : { ...plan, spec: { ...plan.spec, maxSeconds: Math.min(maxSeconds ?? Infinity, seconds) } };
}

/** The share of the rest of a budget that one training may take. */
const shareOfRest = 0.8;

/** Seconds for each of the next trainings, to a tenth; null without a budget. */
function left(budget: number | undefined, began: number, trainings = 1): number | null {
  if (budget === undefined) return null;
  return Math.max(0.1, Math.round((10 * shareOfRest * (budget - (performance.now() - began) / 1000)) / trainings) / 10);
}

function planLines({ preset, spec, data, target, columns, assumed, warnings }: FitPlan): string {
  const { train: { size: trainRows }, validation, test, origin } = data;
  return jsonLine({ type: 'columns', file: spec.dataFile ?? spec.dataFolder, data: origin.description, dataDigest: origin.digest, target, columns, assumed }) +
    warnings.map((message) => jsonLine({ type: 'warning', code: 'TABLE', message })).join('') +
    jsonLine({ type: 'plan', preset, trainRows, validationRows: validation.size, testRows: test.size, spec });
}

function nextSteps(run: string, runs: string | undefined): string {
  const at = runs === undefined ? '' : ` --runs ${printable(runs)}`;
  return `\nNext: blastrain evaluate ${run}${at}   scores class by class, calibration\n` +
    `      blastrain report ${run}${at}     a page with all of it\n`;
}

/** What columns are said to be by --ignore and --columns. Throws ERR_CONFIG. */
function columnsOf(ignore: string | undefined, columns: string | undefined): Record<string, string> {
  const kinds: Record<string, string> = {};
  for (const name of ignore?.split(',') ?? []) kinds[name.trim()] = 'ignore';
  for (const pair of columns?.split(',') ?? []) {
    const equals = pair.lastIndexOf('=');
    if (equals <= 0) throw expected('ERR_CONFIG', 'COLUMN=KIND', '--columns', pair, { path: 'columns' });
    kinds[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim();
  }
  return kinds;
}

function targetOf(target: string | undefined): string | number | undefined {
  return target !== undefined && /^\d+$/.test(target) ? Number(target) : target;
}

function defined(keys: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}

/** The base name of runs on a file. */
function baseOf(file: string): string {
  return basename(resolve(file), extname(file)).replace(/[^\w.-]/g, '-').replace(/^[^\w]+/, '') || 'fit';
}
