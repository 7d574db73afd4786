import { join } from 'node:path';
import { defaultWatchdog } from '../../cluster';
import { expected } from '../../errors';
import { train } from '../../run/train';
import { presets } from '../../spec/presets';
import { findRun } from '../../runFolder/runFolder';
import type { RunPlace } from '../../runFolder/runFolder';
import { seedRuns, summariseSeeds } from '../../studies/seeds';
import type { SeedsSummary } from '../../studies/seeds';
import { applySettings, layerHelp, specFields } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import type { ResultEvent } from '../../train/events';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import { helpEntry } from '../command';
import { complete, sayEnded, statusOf } from '../completeRun';
import type { Output } from '../completeRun';
import type { Command } from '../command';
import { integerOption } from '../flagValues';
import { computeSilently, endTogether, joinRanks } from '../ranks';
import { readOptions, requirePositional } from '../options';
import { runThere } from '../resumeIfThere';
import { isInMemory, readSpec, readSpecFrom, renderAssumed } from '../specSource';
import type { NamedSpec } from '../specSource';
import { formatKnown, formatPercent } from '../terminal/format';
import { terminalOf } from '../terminal/style';
import { renderTable } from '../terminal/table';
import { sayWaiting } from '../waiting';

const keyWidth = 3 + Math.max(...Object.keys(specFields).map((key) => key.length));
const keys = Object.entries(specFields).map(
  ([key, field]) => helpEntry(key, keyWidth, `${field.help} [${JSON.stringify(field.default)}]`),
);

export const trainCommand: Command = {
  name: 'train',
  summary: 'train a network from a preset or a spec file',
  help: `Usage: blastrain train PRESET|SPEC.json [--set key=value ...] [options]
       blastrain train --from MODEL [PRESET|SPEC.json] [--set key=value ...]
       blastrain train --resume RUN [--set key=value ...] [options]

Presets:
${Object.entries(presets).map(([name, { summary }]) => helpEntry(name, 21, summary)).join('\n')}

Options:
  --set key=value   change a key of the spec; repeat it or list several
  --from MODEL      start with the parameters and preprocessing of a model file
                    or run, and with its spec unless one is named; set dataFile
                    for new rows, freeze for layers to leave as they are
  --resume RUN      go on with a run, by name or folder, from its last
                    checkpoint, to the bit; only how long it lasts and where it
                    runs may be set
  --name NAME       name of the run [the preset's name and a number]
  --resume-if-there  with --name: go on with that run where it has begun, and do
                    nothing where it has ended: one command for a job's script
  --runs DIR        where the run's folder is made [runs]
  --folds K         K runs, each scored on the rows that it was not trained on
  --tensorboard     write a TensorBoard event file into the run's folder too
  --watchdog SECONDS  of several ranks (mpirun, srun), how long one may give no
                    answer before all end; 60 by default
  --profile         time the kernels of 100 steps instead, and keep nothing
  --json            one event per line on standard output, nothing else
  --dashboard       show the runs in the browser meanwhile, as blastrain
                    dashboard does; before a terminal until Ctrl-C

Keys of a spec and their defaults:
${keys.join('\n')}

Layers that the key model may list, and their fields:
${layerHelp().map(([name, text]) => helpEntry(name, 18, text)).join('\n')}

The folder of the run holds spec.json, metrics.jsonl, the last checkpoint and
the one before it, the best one by validation (best.safetensors), loss.svg,
accuracy.svg and weights.png. With seeds=5 there are five runs, NAME-seed0 to
NAME-seed4, and at the end their mean and standard deviation. Ctrl-C ends the
training after the current step and keeps what was learned. So do SIGTERM and
SIGUSR1, by which schedulers say that time is over; the exit status is then 75,
and --resume or --resume-if-there goes on to the bit.
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      {
        set: { type: 'string', multiple: true }, from: { type: 'string' }, resume: { type: 'string' }, name: { type: 'string' }, runs: { type: 'string' },
        'resume-if-there': { type: 'boolean' }, folds: { type: 'string' }, profile: { type: 'boolean' }, tensorboard: { type: 'boolean' }, json: { type: 'boolean' }, dashboard: { type: 'boolean' },
        watchdog: { type: 'string' },
      },
      { names: ['PRESET|SPEC.json'], rest: true },
    );
    const runs = values.runs ?? 'runs';
    const isIdempotent = values['resume-if-there'] === true;
    if (isIdempotent) refuseWithResumeIfThere(values);
    const output: Output = { json: values.json === true, tensorboard: values.tensorboard === true };
    const watchdog = values.watchdog === undefined ? defaultWatchdog : integerOption('watchdog', values.watchdog, 1);
    // Modules that few trainings need are loaded on demand.
    if (values.dashboard === true) {
      const { besideDashboard } = await import('./dashboard.js');
      return besideDashboard(runs, () => this.run(args.filter((word) => word !== '--dashboard')));
    }
    if (values.resume !== undefined) {
      if (values.profile === true) throw expected('ERR_CONFIG', 'a preset or a spec file', '--profile', '--resume', { path: 'profile' });
      if (values.folds !== undefined) throw expected('ERR_CONFIG', 'no --folds, as one run goes on,', '--resume', values.folds, { path: 'folds' });
      if (values.from !== undefined) throw expected('ERR_CONFIG', 'no --from, as the run has its parameters,', '--resume', values.from, { path: 'from' });
      if (values.name !== undefined) throw expected('ERR_CONFIG', 'no --name, as the run has one,', '--resume', values.name, { path: 'name' });
      const changes = applySettings({}, [...(values.set ?? []), ...positionals]);
      const cluster = joinRanks({}, watchdog);
      if (cluster !== undefined && cluster.rank > 0) return computeSilently(cluster, () => train(changes, { resume: values.resume!, cluster }));
      const folder = findRun(runs, values.resume, '--resume');
      cluster?.broadcast(false);
      const run = train(changes, { resume: folder, onWait: sayWaiting(), ...(cluster && { cluster }) });
      return endTogether(cluster, statusOf(await complete(run, () => folder, output)));
    }

    const named = readNamed(values.from === undefined ? undefined : findModel(values.from, values.runs, '--from').path, positionals, values.set ?? []);
    const { base, spec: parsed, data: loaded } = named;
    const cluster = joinRanks({ '--profile': values.profile, '--folds': values.folds, seeds: parsed.seeds > 1 ? parsed.seeds : undefined }, watchdog);
    if (cluster !== undefined && cluster.rank > 0) return computeSilently(cluster, () => train(parsed, { cluster, ...(loaded && isInMemory(loaded) && { data: loaded }) }));
    announceFallback(parsed.backend ?? undefined);
    if (values.profile === true) {
      const { profileSpec } = await import('../profile.js');
      return profileSpec(parsed, values.json === true);
    }
    process.stdout.write(renderAssumed(named, output.json));
    const place: RunPlace = values.name === undefined ? { runs, base } : { runs, name: values.name };
    if (values.folds !== undefined) return (await import('../folds.js')).trainFolds(parsed, integerOption('folds', values.folds, 2), place, output, loaded);
    if (isIdempotent && parsed.seeds > 1) throw expected('ERR_CONFIG', 'one run', '--resume-if-there', `${String(parsed.seeds)} seeds`, { path: 'resume-if-there' });
    if (parsed.seeds > 1) return trainSeeds(parsed, place, output);
    const there = isIdempotent ? runThere(runs, values.name!, parsed) : undefined;
    const hasEnded = there !== undefined && 'result' in there;
    cluster?.broadcast(hasEnded);
    if (hasEnded) {
      sayEnded(there.folder, there.result, output);
      return endTogether(cluster, 0);
    }
    const options = { ...(loaded && isInMemory(loaded) && { data: loaded }), onWait: sayWaiting(), ...(cluster && { cluster }) };
    const run = there === undefined ? train(parsed, { ...options, place }) : train(there.changes, { ...options, resume: there.folder });
    return endTogether(cluster, statusOf(await complete(run, (name) => join(runs, name), output)));
  },
};

/** Throws ERR_CONFIG for options beside which there is no run to find, or several. */
function refuseWithResumeIfThere({ name, ...others }: { name?: string; resume?: string; folds?: string; profile?: boolean }): void {
  if (name === undefined) throw expected('ERR_CONFIG', 'a --name', '--resume-if-there', 'none', { path: 'name' });
  for (const option of ['resume', 'folds', 'profile'] as const) {
    if (others[option] !== undefined) throw expected('ERR_CONFIG', `no --${option}`, '--resume-if-there', others[option], { path: option });
  }
}

function readNamed(from: string | undefined, positionals: readonly string[], set: readonly string[]): NamedSpec {
  const [first, ...others] = positionals;
  if (from === undefined) return readSpec(requirePositional(first, 'PRESET or SPEC.json', 'train'), [...set, ...others], 'train');
  return first === undefined || first.includes('=') ? readSpecFrom(from, undefined, [...set, ...positionals], 'train') : readSpecFrom(from, first, [...set, ...others], 'train');
}

/** Trains with one seed after the other; prints a summary at the end. */
async function trainSeeds(spec: TrainSpec, place: RunPlace, output: Output): Promise<number> {
  const runs = seedRuns(spec, place);
  const results: ResultEvent[] = [];
  for (const { spec: single, place: its } of runs) {
    const result = await complete(train(single, { place: its, onWait: sayWaiting() }), (name) => join(its.runs, name), output);
    if (result.ended === 'stopped') return statusOf(result);
    results.push(result);
  }
  const seeds = summariseSeeds(runs, results);
  process.stdout.write(output.json ? jsonLine(seeds) : renderSeeds(seeds));
  return 0;
}

function renderSeeds({ runs, trainAccuracy, valAccuracy, trainRmse, valRmse, valLoss }: SeedsSummary): string {
  const terminal = terminalOf(process.stdout);
  const shown = trainAccuracy === undefined ? formatKnown : (share: number): string => formatPercent(share, 2);
  const row = (name: string, train = NaN, validation = NaN, loss: number): string[] => [name, shown(train), shown(validation), formatKnown(loss)];
  const [train, validation] = [trainAccuracy ?? trainRmse, valAccuracy ?? valRmse];
  return `\n${renderTable(
    [{ header: 'run', align: 'left' }, ...['train', 'validation'].map((split) => ({ header: trainAccuracy === undefined ? `${split} error` : split })), { header: 'loss' }],
    [
      ...runs.map((run) => row(run.run, run.trainAccuracy ?? run.trainRmse, run.valAccuracy ?? run.valRmse, run.valLoss)),
      row('mean', train?.mean, validation?.mean, valLoss.mean),
      row('standard deviation', train?.std, validation?.std, valLoss.std),
    ],
    terminal,
  )}`;
}
