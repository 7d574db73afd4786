import { existsSync, statSync } from 'node:fs';
import { BlastrainError } from '../errors';
import { basename, extname } from 'node:path';
import type { LoadedData } from '../data/sources';
import { readJson, sizeLimits } from '../files';
import { anything, recordOf } from '../files/shape';
import { changedPreset, lacksTable, presets } from '../spec/presets';
import { readTrained } from '../inference/source';
import { moduleKey } from '../spec/modules';
import { applyChanges, applySettings, parseSpec, trainedSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { followTarget } from '../studies/fit/followTarget';
import { jsonLine } from '../text';
import { wrap } from './terminal/style';

/** A spec that was named on the command line. */
export interface NamedSpec {
  /** What runs of it are called. */
  readonly base: string;
  readonly spec: TrainSpec;
  /** The table, where it was loaded to settle the loss. */
  readonly data?: LoadedData;
  /** What was assumed of the target, in phrases. */
  readonly assumed: readonly string[];
}

/**
 * A preset by name, or a spec from a file, with `key=value` settings. Where neither says the loss it follows from the target of the table. Throws
 * ERR_CONFIG, ERR_IO, and what loading the table throws.
 * @param command what is typed, for what it says of a preset without its table.
 */
export function readSpec(source: string, settings: readonly string[], command: string): NamedSpec {
  refuseData(source);
  const isPreset = extname(source) !== '.json' && !existsSync(source);
  const given = isPreset ? {} : readSpecFile(source);
  const changes = applySettings({}, settings);
  const base = isPreset ? source : baseOf(source);
  if (isPreset) refuseWithoutTable(source, changes, command);
  const specWith = (loss: object): TrainSpec => parseSpec(isPreset ? changedPreset(source, { ...loss, ...moduleKey(), ...changes }) : applyChanges({ ...loss, ...moduleKey(), ...given }, changes));
  if ('loss' in given || 'loss' in changes) return { base, spec: specWith({}), assumed: [] };
  return { base, ...followTarget((loss) => specWith({ loss })) };
}

/** Says what to type where a preset for tables has none. Throws ERR_CONFIG. */
function refuseWithoutTable(preset: string, changes: Readonly<Record<string, unknown>>, command: string): void {
  if (!lacksTable(preset, changes)) return;
  throw new BlastrainError(
    'ERR_CONFIG', `Expected the path of a table, which the preset ${preset} is for, but received none: type blastrain ${command} ${preset} --set dataFile=FILE`, { path: 'dataFile' },
  );
}

/** Files of data, by their endings. */
const dataEndings = ['.csv', '.tsv', '.jsonl', '.parquet', '.arrow', '.feather', '.npy', '.npz'];

/** Says what to type where a table or a folder of pictures stands in the place of a spec. Throws ERR_CONFIG. */
function refuseData(source: string): void {
  const stat = statSync(source, { throwIfNoEntry: false });
  if (stat === undefined || Object.hasOwn(presets, source) || (!stat.isDirectory() && !dataEndings.includes(extname(source).toLowerCase()))) return;
  const [preset, key] = stat.isDirectory() ? ['pictures', 'dataFolder'] : ['table', 'dataFile'];
  throw new BlastrainError(
    'ERR_CONFIG', `Expected a preset or a spec file but received ${source}: type blastrain fit ${source}, or blastrain train ${preset} --set ${key}=${source}`, { path: 'PRESET' },
  );
}

/**
 * The spec of a training that starts from a trained model: that of the model, with `key=value` settings, or where a preset or spec file is named that. What
 * depends on the machine is left to this one. Throws as {@link readSpec} and `Model.load` do.
 */
export function readSpecFrom(model: string, source: string | undefined, settings: readonly string[], command: string): NamedSpec {
  const from = `from=${JSON.stringify(model)}`;
  if (source !== undefined) return readSpec(source, [...settings, from], command);
  const { backend: _, threads: __, ...own } = trainedSpec(readTrained(model, {}));
  const spec = parseSpec(applyChanges({ ...own, ...(own.module === null && moduleKey()) }, applySettings({}, [...settings, from])));
  return { base: baseOf(basename(model, '.safetensors')), spec, assumed: [] };
}

/** Whether rows can be handed to another thread, which reads those on disk for itself. */
export function isInMemory({ train: rows, validation }: LoadedData): boolean {
  return !('stored' in rows) && !('stored' in validation);
}

/** What was assumed, for people, or as an event. */
export function renderAssumed({ spec: { loss }, assumed }: Pick<NamedSpec, 'spec' | 'assumed'>, json = false): string {
  if (assumed.length === 0) return '';
  return json ? jsonLine({ type: 'assumed', loss, assumed }) : assumed.map((phrase) => `${wrap(`Assumed: ${phrase}`, 80)}\n`).join('');
}

/** The object in a JSON file that the user has named, so that a link is followed. Throws ERR_CONFIG, ERR_IO. */
export function readSpecFile(source: string): Record<string, unknown> {
  return { ...readJson(source, recordOf(anything), { limit: sizeLimits.small, code: 'ERR_CONFIG', follow: true }) };
}

/** The base name of runs whose spec is in a file. */
export function baseOf(source: string): string {
  return basename(source, '.json').replace(/[^\w.-]/g, '-');
}
