import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadTrainingData } from '../build/loadTrainingData';
import { BlastrainError, expected } from '../errors';
import { packageRoot, readFile, readJson, readJsonLines, sizeLimits } from '../files';
import { count, listOf, number, objectOf, oneOf, optional, text } from '../files/shape';
import { train } from '../run/train';
import { presetFor } from '../spec/presets';
import { applySettings, parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { describeMachine, LoadWatch } from './machine';
import type { Load, Machine } from './machine';
import { openblasEnvironment } from './openblas';
import { pythons } from './peers';

/** A table in the folder that scripts/tables/export.py writes. */
export interface RealTable {
  readonly name: string;
  readonly predicts: 'classes' | 'numbers';
  readonly features: number;
  /** How many features are text. */
  readonly categories: number;
  /** Whether results are quoted for it, or settings chosen on it. */
  readonly for: 'results' | 'development';
}

/** What one model makes of the test rows of one table, split by one seed. */
export interface TableResult {
  readonly set: string;
  readonly seed: number;
  readonly model: string;
  readonly accuracy?: number | undefined;
  readonly logLoss?: number | undefined;
  readonly r2?: number | undefined;
  readonly rmse?: number | undefined;
  /** Wall time of fitting, without reading the file. */
  readonly seconds: number;
  /** Training rows. */
  readonly rows: number;
  readonly features: number;
}

export interface TablesOptions {
  /** Folder of the tables. */
  readonly folder: string;
  /** Names of tables; by default those that results are quoted for. */
  readonly sets?: readonly string[];
  readonly seeds: readonly number[];
  readonly presets: readonly string[];
  /** Settings that replace the presets', as `key=value`. */
  readonly settings?: readonly string[];
  /** Results of other libraries, as lines of JSON, which are not run again. */
  readonly results?: readonly string[];
  /** A Python with libraries to run beside; none without it. */
  readonly python?: string;
  readonly onProgress?: (what: string) => void;
}

/** What `bench tables --json` prints. */
export interface TablesReport {
  readonly type: 'tables';
  readonly version: 1;
  readonly at: string;
  readonly machine: Machine;
  readonly load: Load;
  readonly settings: readonly string[];
  readonly results: readonly TableResult[];
}

const tablesShape = listOf(objectOf<RealTable>({
  name: text, predicts: oneOf('classes', 'numbers'), features: count, categories: count, for: oneOf('results', 'development'),
}));

const resultShape = objectOf<TableResult>({
  set: text, seed: count, model: text, accuracy: optional(number), logLoss: optional(number), r2: optional(number), rmse: optional(number),
  seconds: number, rows: count, features: count,
});

/** Seeds that the tables are split by. */
export const tableSeeds = [0, 1, 2] as const;

/**
 * Trains presets on real tables, and scores the test rows of each once: 60 % of the rows train, 20 % choose the best epoch, 20 % test, the same
 * rows for all. Other libraries run beside, where Python has them, or their earlier results are read. Throws ERR_IO and ERR_DATA for files that
 * cannot be read, ERR_CONFIG for names that are not there, and what trainings throw.
 */
export async function benchTables(options: TablesOptions): Promise<TablesReport> {
  const { folder, seeds, presets, settings = [], python, onProgress } = options;
  const tables = chosenTables(folder, options.sets);
  const known = (options.results ?? []).flatMap(readResults);
  const ofThese = ({ set, seed }: TableResult): boolean => tables.some(({ name }) => name === set) && seeds.includes(seed);
  const results: TableResult[] = known.filter(ofThese);
  const watch = new LoadWatch();
  let childSeconds = 0;
  for (const table of tables) {
    for (const seed of seeds) {
      for (const preset of presets) {
        onProgress?.(`${table.name}, seed ${String(seed)}, ${preset}`);
        results.push(await fitTable(folder, table, seed, preset, settings));
      }
    }
    if (python === undefined) continue;
    onProgress?.(`${table.name}, other libraries`);
    childSeconds += await runPeers(python, folder, table, seeds, results);
  }
  return { type: 'tables', version: 1, at: new Date().toISOString(), machine: describeMachine(), load: watch.end(childSeconds), settings, results };
}

function chosenTables(folder: string, names: readonly string[] | undefined): readonly RealTable[] {
  const tables = readJson(join(folder, 'tables.json'), tablesShape, { limit: sizeLimits.report, code: 'ERR_DATA' });
  if (names === undefined) return tables.filter((table) => table.for === 'results');
  return names.map((name) => {
    const found = tables.find((table) => table.name === name);
    if (found === undefined) throw expected('ERR_CONFIG', `one of ${tables.map((table) => table.name).join(', ')}`, '--sets', name, { path: 'sets' });
    return found;
  });
}

/** Lines of another model's results, where it has any: lines of failures and of other kinds are left out. */
function readResults(file: string): TableResult[] {
  const { lines } = readJsonLines(readFile(file, { limit: sizeLimits.events, follow: true }), resultShape, { file, code: 'ERR_DATA' });
  return lines.map(({ value }) => value);
}

/** The spec of a preset for a table: what a user gives to `fit`, and the split. */
function tableSpec(folder: string, { name, predicts }: RealTable, seed: number, preset: string, settings: readonly string[]): TrainSpec {
  const others = tableSeeds.filter((other) => other !== seed).map((other) => [`split${String(other)}`, 'ignore'] as const);
  const base = presetFor(preset, predicts === 'classes' ? 'cross-entropy' : 'mse');
  const table = {
    data: 'csv', dataFile: join(folder, `${name}.csv`), target: 'target', splitColumn: `split${String(seed)}`, columns: Object.fromEntries(others),
    seed,
  };
  return parseSpec(applySettings({ ...base, ...table }, settings));
}

async function fitTable(folder: string, table: RealTable, seed: number, preset: string, settings: readonly string[]): Promise<TableResult> {
  const spec = tableSpec(folder, table, seed, preset, settings);
  const { test, ...data } = loadTrainingData(spec);
  const begun = performance.now();
  const model = await train(spec, { data }).model;
  const seconds = (performance.now() - begun) / 1000;
  const about = { set: table.name, seed, model: preset, seconds, rows: data.train.size, features: table.features };
  if (table.predicts === 'numbers') {
    const { rmse, scores: { r2 } } = model.evaluateRegression(test);
    return { ...about, r2, rmse };
  }
  const { accuracy, scores: { logLoss } } = model.evaluateInDetail(test);
  return { ...about, accuracy, logLoss };
}

/** Runs the libraries that a Python has on a table; returns the seconds of CPU that they took. */
async function runPeers(python: string, folder: string, { name }: RealTable, seeds: readonly number[], results: TableResult[]): Promise<number> {
  const child = spawn(python, [join(packageRoot, 'scripts', 'tables', 'peers.py'), folder, name, ...seeds.map(String)], { stdio: ['ignore', 'pipe', 'pipe'], env: openblasEnvironment() });
  let [stderr, cpu] = ['', 0];
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr = (stderr + part).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found = JSON.parse(line) as TableResult & { readonly cpu: number };
    cpu += found.cpu;
    results.push(found);
  });
  const status = await new Promise<number | null>((resolve, reject) => { child.on('error', reject).on('close', resolve); });
  if (status !== 0) throw new BlastrainError('ERR_WORKER', `Expected results on ${name} for ${python} but received ${stderr.trim().split('\n').pop() ?? 'none'}`);
  return cpu;
}

/** The Python of a folder of peers, or the system's; undefined where none is there. */
export function findPython(peers: string | undefined): string | undefined {
  const own = peers === undefined ? [] : [join(peers, 'venv', 'bin', 'python'), join(peers, 'bin', 'python')];
  return [...own, ...pythons()].find((python) => existsSync(python));
}
