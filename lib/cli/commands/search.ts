import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { expected } from '../../errors';
import { nextName } from '../../runFolder/ownedFolder';
import { findFolder, runsOf, searchFiles } from '../../runFolder/runFolder';
import { moduleKey } from '../../spec/modules';
import { applySettings } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { ledgerFile, readLedger } from '../../inference/ledger';
import { writeSearchFigures } from '../../report/search/figures';
import { searchFigureData, withRunCurves } from '../../report/search/figureData';
import type { SearchStart } from '../../search/events';
import { readJournal } from '../../search/journal';
import { readSearchReport } from '../../search/report';
import { resumeSearch, search } from '../../search/search';
import type { SearchRun } from '../../search/search';
import { parseSearch, withModule } from '../../search/searchSpec';
import type { SearchSpec } from '../../search/searchSpec';
import { findSearch, searches } from '../../search/spaces';
import { followTarget } from '../../studies/fit/followTarget';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import { helpEntry } from '../command';
import type { Command } from '../command';
import { durationOption, integerOption } from '../flagValues';
import { interruptible, stoppedStatus } from '../interrupt';
import { readOptions, requirePositional } from '../options';
import { sayWaiting } from '../waiting';
import { renderSearch, searchHeading } from '../terminal/searchReport';
import { baseOf, readSpecFile, renderAssumed } from '../specSource';
import { SearchProgress } from '../terminal/searchProgress';
import { fileLines, terminalOf } from '../terminal/style';
import { warn } from '../warnings';

export const searchCommand: Command = {
  name: 'search',
  summary: 'search for hyper-parameters, with the test set sealed',
  help: `Usage: blastrain search NAME|SPEC.json [--set key=value ...] [options]
       blastrain search NAME|SPEC.json --name NAME --shared DIR [options]
       blastrain search --resume RUN [--trials N] [--budget TIME] [--workers N]

Shipped searches:
${Object.entries(searches).map(([name, { summary }]) => helpEntry(name, 14, summary)).join('\n')}

Options:
  --trials N        how many trials to make [as the search says, perhaps no end]
  --budget TIME     ends the search after 90s, 10m or 1h30m
  --workers N       trials at the same time, each with its share of the cores
                    [one for each core]
  --sampler NAME    grid, random or tpe
  --pruner NAME     asha: most trials end early; none: all go all the way
  --folds K         score a trial by stratified K-fold cross-validation
  --seeds N         score a trial by the mean over N seeds
  --seed N          decides which trials are proposed
  --set key=value   change a key that all trials share; repeat it or list some
  --resume RUN      go on with a search, by name or folder, however it ended
  --name NAME       name of the search [the shipped one's and a number]
  --runs DIR        where its folder is made [runs]
  --shared DIR      the same, for a search that any number of processes work on,
                    on any machines that see DIR: each that is started with the
                    same command begins the search --name or joins it
  --json            one event per line on standard output, nothing else

Trials are compared on validation rows; no test row comes into a search. The
folder of the search holds journal.jsonl, optuna.log (the same for Optuna and
optuna-dashboard, also while it runs), search.json (ranking, importances,
significance), best.json (a spec that 'blastrain train' takes), parallel.svg,
parameters.svg, curves.svg and the folder of each trial's run, which 'blastrain
test' takes. Ctrl-C ends the search; --resume goes on with it, also after a
kill, and joins one that is shared. docs/search.md explains spec files.
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      {
        trials: { type: 'string' }, budget: { type: 'string' }, workers: { type: 'string' }, sampler: { type: 'string' }, pruner: { type: 'string' },
        folds: { type: 'string' }, seeds: { type: 'string' }, seed: { type: 'string' }, set: { type: 'string', multiple: true },
        resume: { type: 'string' }, name: { type: 'string' }, runs: { type: 'string' }, shared: { type: 'string' }, json: { type: 'boolean' },
      },
      { names: ['NAME|SPEC.json'], rest: true },
    );
    if (values.shared !== undefined && values.runs !== undefined) throw expected('ERR_CONFIG', 'no --runs, as it says where the search is,', '--shared', values.shared, { path: 'runs' });
    const shared = values.shared !== undefined;
    const runs = values.shared ?? values.runs ?? 'runs';
    const limits = {
      ...(values.workers !== undefined && { workers: integerOption('workers', values.workers, 1) }),
      ...(values.budget !== undefined && { budget: durationOption('budget', values.budget) }),
    };
    const trials = values.trials === undefined ? {} : { trials: integerOption('trials', values.trials, 1) };
    announceFallback();
    if (values.resume !== undefined) {
      for (const key of ['sampler', 'pruner', 'folds', 'seeds', 'seed', 'set', 'name', 'shared'] as const) {
        if (values[key] !== undefined) throw expected('ERR_CONFIG', `no --${key}, as the search has its own,`, '--resume', values.resume, { path: key });
      }
      if (positionals.length > 0) throw expected('ERR_CONFIG', 'options only', '--resume', positionals[0], { path: 'resume' });
      const folder = findSearchFolder(runs, values.resume);
      return complete(resumeSearch(folder, { ...limits, ...trials, onWait: sayWaiting() }), values.json === true);
    }

    const [source, ...settings] = positionals;
    const { base, given } = readSearch(requirePositional(source, 'NAME or SPEC.json', 'search'));
    const numbers = (['folds', 'seeds', 'seed'] as const).flatMap((key) =>
      values[key] === undefined ? [] : [[key, integerOption(key, values[key], key === 'seed' ? 0 : 1)]]);
    const set = setOver(given, [...(values.set ?? []), ...settings]);
    const whole = {
      ...withModule({ ...given, set }, moduleKey().module),
      ...trials,
      ...(values.sampler !== undefined && { sampler: values.sampler }),
      ...(values.pruner !== undefined && { pruner: values.pruner }),
      ...Object.fromEntries(numbers) as object,
    };
    const { spec, assumed } = withLoss(whole);
    if (values.json !== true) process.stdout.write(renderAssumed({ spec: spec.space.base, assumed }));
    const name = values.name ?? (shared ? undefined : nextName(runs, base));
    return complete(search(spec, { runs, shared, ...(name !== undefined && { name }), ...limits, onWait: sayWaiting() }), values.json === true);
  },
};

/** A shipped search by name, or one from a file; `base` names a run of it. Throws ERR_CONFIG, ERR_IO. */
function readSearch(source: string): { base: string; given: Readonly<Record<string, unknown>> } {
  if (extname(source) !== '.json' && !existsSync(source)) return { base: source, given: { ...findSearch(source).search } };
  return { base: baseOf(source), given: readSpecFile(source) };
}

/** The `set` of a search with settings over it. Throws ERR_CONFIG for a key that the search varies. */
function setOver({ set, space }: Readonly<Record<string, unknown>>, settings: readonly string[]): unknown {
  if (settings.length === 0) return set;
  const changes = applySettings({}, settings);
  for (const key of Object.keys(changes)) {
    if (space !== null && typeof space === 'object' && Object.hasOwn(space, key)) {
      throw expected('ERR_CONFIG', 'a key that the search does not vary', '--set', key, { path: key });
    }
  }
  return applySettings(set as Readonly<Record<string, unknown>> | undefined ?? {}, settings);
}

/** A search whose loss follows from the target of its table, where neither `base`, `set` nor `space` has it. */
function withLoss(given: Readonly<Record<string, unknown>>): { spec: SearchSpec; assumed: readonly string[] } {
  const { base, set, space } = given;
  const isSaid = [base, set, space].some((keys) => isObject(keys) && Object.hasOwn(keys, 'loss'));
  if (isSaid || (set !== undefined && !isObject(set))) return { spec: parseSearch(given), assumed: [] };
  const specFor = (loss: TrainSpec['loss']): SearchSpec => parseSearch({ ...given, set: { ...set, loss } });
  const { spec: { loss }, assumed } = followTarget((name) => specFor(name).space.base);
  return { spec: specFor(loss), assumed };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The folder of a search, by path or by name below `runs`; errors about it are thrown by the search itself. */
function findSearchFolder(runs: string, name: string): string {
  return findFolder(runs, name, (folder) => existsSync(join(folder, searchFiles.journal))) ?? join(runs, name);
}

/** Follows a search to its end, then draws its pictures and prints what came out. */
async function complete(run: SearchRun, json: boolean): Promise<number> {
  const { folder, rungs, dataDigest } = await followSearch(run, json);
  const report = readSearchReport(folder)!;
  const importances = report.importances === null ? undefined : Object.fromEntries(report.importances.parameters.map(({ name, importance }) => [name, importance]));
  const figureData = withRunCurves(searchFigureData(readJournal(folder), importances), dirname(folder));
  const figures = writeSearchFigures(folder, figureData);
  if (!json) {
    const ledger = readLedger(join(runsOf(folder), ledgerFile));
    warn(ledger.leftOut);
    const testEvaluations = ledger.testEvaluations.filter((one) => one.dataDigest === dataDigest).length;
    const { best } = report;
    process.stdout.write(renderSearch(report, figureData.ranking, rungs.length, testEvaluations, terminalOf(process.stdout)));
    const spec = best === null ? [] : [`${join(folder, searchFiles.best)}    blastrain train takes it`, `${join(dirname(folder), best.run)}    blastrain test takes it`];
    process.stdout.write(fileLines([...spec, join(folder, searchFiles.report), ...figures]));
  }
  if (report.ended === 'stopped') return stoppedStatus();
  return report.best === null ? 1 : 0;
}

/** Shows a search as it runs, or prints its events as lines of JSON; returns the first. Ctrl-C asks it to stop. */
async function followSearch(run: SearchRun, json: boolean): Promise<SearchStart> {
  const progress = json ? undefined : new SearchProgress();
  return interruptible(() => { run.stop(); }, async () => {
    let start: SearchStart | undefined;
    try {
      for await (const event of run) {
        if (event.type === 'start') {
          start = event;
          warn(event.resumed?.leftOut ?? []);
        }
        if (json) process.stdout.write(jsonLine(event));
        else if (event.type === 'start') process.stdout.write(searchHeading(event, terminalOf(process.stdout)));
        progress?.handle(event);
      }
    } finally {
      progress?.done();
    }
    return start!;
  });
}
