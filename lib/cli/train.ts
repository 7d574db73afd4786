import { basename, extname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { train } from '../experiment/offThread';
import type { TrainingRun } from '../experiment/offThread';
import { findPreset, presets } from '../experiment/presets';
import { readJsonFile, runFiles } from '../experiment/runFolder';
import { applySettings, parseSpec, specFields } from '../experiment/spec';
import { expected } from '../errors';
import type { ResultEvent } from '../train/events';
import { writeRunFigures } from '../report/figures';
import { announceFallback } from './backend';
import type { Command } from './command';
import { readOptions, requirePositional } from './options';
import { formatDuration, formatPercent } from './terminal/format';
import { TrainingProgress } from './terminal/training-progress';

const keys = Object.entries(specFields).map(
  ([key, field]) => `  ${key.padEnd(15)} ${field.help} [${JSON.stringify(field.default)}]`,
);

export const trainCommand: Command = {
  name: 'train',
  summary: 'train a network from a preset or a spec file',
  help: `Usage: blastrain train PRESET|SPEC.json [--set key=value ...] [options]

Presets:
${Object.entries(presets).map(([name, { summary }]) => `  ${name.padEnd(18)} ${summary}`).join('\n')}

Options:
  --set key=value   change a key of the spec; repeat it or list several
  --name NAME       name of the run [the preset's name and a number]
  --runs DIR        where the run's folder is made [runs]
  --json            one event per line on standard output, nothing else

Keys of a spec and their defaults:
${keys.join('\n')}

The folder of the run holds spec.json, metrics.jsonl, checkpoint.safetensors, loss.svg, accuracy.svg and weights.png.
Ctrl-C ends the training after the current step and keeps what was learned.
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      { set: { type: 'string', multiple: true }, name: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: ['PRESET|SPEC.json'], rest: true },
    );
    const [source, ...settings] = positionals;
    const { base, spec } = readSpec(requirePositional(source, 'PRESET or SPEC.json', 'train'));
    const runs = values.runs ?? 'runs';
    const parsed = parseSpec(applySettings(spec, [...(values.set ?? []), ...settings]));
    announceFallback(parsed.backend ?? undefined);

    const place = values.name === undefined ? { runs, base } : { runs, name: values.name };
    const run = train(parsed, { place });
    const result = await follow(run, values.json === true);
    const folder = join(runs, result.run);
    const { imageShape, ...classifier } = await firstLayerOf(run);
    const figures = writeRunFigures(folder, imageShape && { ...classifier, imageShape });
    if (values.json !== true) {
      process.stdout.write(summary(result, [join(folder, runFiles.checkpoint), ...(await figures)]));
    } else {
      await figures;
    }
    return result.ended === 'stopped' ? 130 : 0;
  },
};

/** Shows the events as they come; Ctrl-C asks the run to stop, a second one ends the process. */
async function follow(run: TrainingRun, json: boolean): Promise<ResultEvent> {
  const progress = json ? undefined : new TrainingProgress();
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
    run.stop();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let result: ResultEvent | undefined;
  try {
    for await (const event of run) {
      if (event.type === 'start' && !json) {
        process.stdout.write(
          `${event.run}: ${event.layers.join('-')} (${event.parameters.toLocaleString('en')} parameters) on ${event.data}\n` +
            `${event.backend} ${event.dtype}, ${String(event.threads)} threads, seed ${String(event.seed)}\n`,
        );
      }
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      progress?.handle(event);
      if (event.type === 'result') result = event;
    }
  } finally {
    progress?.done();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return result!;
}

async function firstLayerOf(run: TrainingRun) {
  const classifier = await run.model;
  return { ...classifier.firstLayer(), imageShape: classifier.imageShape };
}

function summary(result: ResultEvent, files: readonly string[]): string {
  const how = result.ended === 'stopped' ? 'Stopped' : 'Trained';
  return (
    `${how} ${String(result.steps)} steps in ${formatDuration(result.seconds)} (${result.stepMilliseconds.toFixed(2)} ms a step)\n` +
    `Accuracy: train ${formatPercent(result.trainAccuracy)}, validation ${formatPercent(result.valAccuracy)}\n` +
    files.map((file) => `  ${file}\n`).join('')
  );
}

/** A preset by name, or a spec from a file; `base` names the run. */
function readSpec(source: string): { base: string; spec: Record<string, unknown> } {
  if (extname(source) !== '.json' && !existsSync(source)) return { base: source, spec: { ...findPreset(source).spec } };
  const spec = readJsonFile(source);
  if (spec === null || typeof spec !== 'object' || Array.isArray(spec)) throw expected('ERR_CONFIG', 'an object', source, spec);
  return { base: basename(source, '.json').replace(/[^\w.-]/g, '-'), spec: spec as Record<string, unknown> };
}
