import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import { isNumber } from '../fields';
import { sha256 } from '../files';
import { requireMemory } from '../machine';
import { FileBytes } from './fileBytes';
import type { Column } from './columns/column';
import type { TableInMemory } from './columns/rowStore';
import { pickLabels } from './dataset';
import type { Dataset, DataSplits, ImageShape, Rows, SplitName, SplitSizes, StoredDataset } from './dataset';
import { divideRows, splitNames } from './divide';
import type { Division } from './divide';
import { badFile } from './files';
import { rangesOf } from './normalize/moments';
import { sharedBytes } from './shared';
import { StoredFeatures } from './stored';
import type { MemoryFormat, StoredLayout } from './stored';
import { maxRoundingError } from './targets';

/** How a table is divided into splits and loaded. */
export interface TableOptions {
  /** Rows of each split, or below 1 its share of all rows. Default: a tenth each for validation and test, the rest for training. */
  readonly sizes?: Partial<SplitSizes>;
  /** Seed of the shuffle that assigns rows to splits; within a split, rows keep the order of the file. Default 0. */
  readonly splitSeed?: number;
  /** Whether each part has the classes in their shares of all rows. Default false. */
  readonly stratify?: boolean;
  /** The column of groups, by name: rows of a group stay in one part. No feature. */
  readonly groupColumn?: string;
  /** The column of times, by name: the newest rows are for test, those before them for validation. It stays a feature. */
  readonly timeColumn?: string;
  /** The column that says of each row which part it is in: train, validation or test. No feature. */
  readonly splitColumn?: string;
  /** Whether targets are numbers rather than classes: any, `labels` of 0 and 1, or `counts` ≥ 0. Default false. */
  readonly numericTargets?: boolean | 'labels' | 'counts';
  /**
   * The columns of a model, where a file is read for it: columns of these names are read as what they are, others are left out. A model matches the
   * rows by name then; see `readRows`.
   */
  readonly like?: readonly Column[];
  /** Leaves the features on disk, with this many rows in memory at a time. */
  readonly chunkRows?: number;
}

/** Options of a table whose features may stay on disk. */
export type MaybeChunked<Options> = Omit<Options, 'chunkRows'> & Pick<TableOptions, 'chunkRows'>;

/** A table as read, but for its features, which `layout` locates. */
export interface Table {
  /** Where its features lie: in files, or in memory as numbers that are finite, or NaN for missing ones. */
  readonly layout: StoredLayout | TableInMemory;
  /** Class labels [rows], or numeric targets [rows, targets]: one of the two is given. */
  readonly labels?: Int32Array;
  readonly targets?: Float64Array;
  readonly targetNames?: readonly string[];
  /** [rows], how much each row counts; by default all alike. */
  readonly weights?: Float64Array;
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
  /** What columns of it say about which rows belong to which part; by default rows are drawn. */
  readonly division?: Pick<Division, 'groups' | 'times' | 'parts'>;
  /** What its features are, where they have names. */
  readonly columns?: readonly Column[];
  /** The files that it was read from. */
  readonly files: readonly string[];
  /** What it holds, where that is in no file; part of the digest in its place. */
  readonly contents?: readonly Uint8Array[];
  readonly name: string;
  /** Assumptions made in reading it, as readable phrases. */
  readonly notes?: readonly string[];
  /** Options that decide its contents beside the files; part of the digest. */
  readonly choices: Readonly<Record<string, string | number | null>>;
}

/**
 * Divides a table into the three splits. The digest is SHA-256 over the files and the choices that decide which rows are in which split.
 * Throws ERR_CONFIG for sizes that do not fit the rows, ERR_DATA for features that are not finite.
 */
export function splitTable(table: Table, options: TableOptions): DataSplits<Dataset | StoredDataset> {
  const { layout, name } = table;
  const { splitSeed = 0, sizes = {}, chunkRows, stratify = false, groupColumn, timeColumn, splitColumn } = options;
  const rows = rowsOf(table);
  const counts = resolveShares(sizes, rows);
  refuseFewGroups(table.division?.groups, counts, groupColumn);
  const orders = divideRows(rows, counts, { ...table.division, seed: splitSeed, strata: stratify ? table.labels : undefined });
  const featuresOf = selectFeatures(layout, rows, name, chunkRows);
  const parts = splitNames.map((split, part) => {
    const order = orders[part]!;
    const facts: Rows = { ...selectTargets(table, order), name, split, size: order.length, featureSize: layout.featureSize };
    return { ...facts, ...featuresOf(order) };
  });
  const [train, validation, test] = parts as [Dataset, Dataset, Dataset];
  if (train.size === 0) throw badFile('training rows', name, `none where ${splitColumn ?? 'its columns'} says train`);
  const choices = {
    ...table.choices, train: train.size, validation: validation.size, test: test.size, splitSeed, ...(stratify && { stratify: 1 }), ...(groupColumn !== undefined && { groupColumn }),
    ...(timeColumn !== undefined && { timeColumn }), ...(splitColumn !== undefined && { splitColumn }),
  };
  const divided = splitColumn !== undefined ? [`parts by ${splitColumn}`] : timeColumn !== undefined ? [`parts by ${timeColumn}, the newest rows for test`]
    : [...(groupColumn === undefined ? [] : [`rows of the same ${groupColumn} in one part`]), ...(stratify ? ['classes alike in each part'] : [])];
  const { notes = [] } = table;
  const description = `${name} (${[`${String(rows)} rows`, ...notes, ...divided].join('; ')})`;
  return { train, validation, test, origin: { name, description, notes, digest: digestOf(table, choices) } };
}

/** Throws ERR_CONFIG for fewer groups than parts. */
function refuseFewGroups(groups: Int32Array | undefined, counts: SplitSizes, groupColumn = 'groupColumn'): void {
  if (groups === undefined) return;
  const found = new Set(groups).size;
  const needed = splitNames.filter((split) => counts[split] > 0).length;
  if (found >= needed) return;
  throw expected('ERR_CONFIG', `at least ${String(needed)} groups, one for each part (validationRows=0 and testRows=0 leave parts out),`, `groupColumn ${groupColumn}`, found, { path: 'groupColumn' });
}

function rowsOf({ layout }: Table): number {
  return 'features' in layout ? layout.rows : layout.parts.reduce((sum, part) => sum + part.rows, 0);
}

type Features = Pick<Dataset, 'features'> | Pick<StoredDataset, 'stored' | 'chunkRows'>;

/** Gives the features of rows in an order. */
function selectFeatures(layout: Table['layout'], rows: number, name: string, chunkRows: number | undefined): (order: Int32Array) => Features {
  if ('features' in layout) {
    const isExact = layout.features.every((value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 24);
    return (order) => ({ features: copyRows(layout, order, isExact ? Float32Array : Float64Array) });
  }
  // Features that stay on disk are read an additional time only where conversion could lose information.
  const format = chunkRows === undefined || layout.format === 'i8' ? formatOf(layout, rows, name) : undefined;
  return (order) => {
    const stored = new StoredFeatures(layout, order, chunkRows === undefined ? format : undefined);
    return chunkRows === undefined ? { features: inMemory(stored, order.length) } : { stored, chunkRows };
  };
}

/** Rows of a table in an order, on shared memory. */
function copyRows({ features, featureSize }: TableInMemory, order: Int32Array, type: typeof Float32Array | typeof Float64Array): FloatArray {
  const copy = new type(sharedBytes(type.BYTES_PER_ELEMENT * order.length * featureSize));
  for (let i = 0, to = 0; i < order.length; i++) {
    const from = order[i]! * featureSize;
    for (let j = 0; j < featureSize; j++) copy[to++] = features[from + j]!;
  }
  return copy;
}

/**
 * f4 for integers that float32 represents exactly, which halves their memory; undefined for the default format. Throws ERR_DATA for
 * 64-bit integers whose differences float64 would round away.
 */
function formatOf(layout: StoredLayout, rows: number, name: string): MemoryFormat | undefined {
  const stored = new StoredFeatures(layout, Int32Array.from({ length: rows }, (_, i) => i));
  if (stored.inMemory !== 'f8') return undefined;
  const facts = { name, split: 'train', labels: new Int32Array(0), classNames: [], size: rows, featureSize: layout.featureSize } as const;
  const { min, max, integral } = rangesOf({ ...facts, stored, chunkRows: rows });
  stored.roundingErrors.forEach((error, j) => {
    if (error > maxRoundingError * (max[j]! - min[j]!)) {
      throw badFile('integers that float64 tells apart (take the smallest off)', `column ${String(j)} of ${name}`, `numbers about ${String(min[j])}`, { column: j });
    }
  });
  const isExact = integral.every((one, j) => one === 1 && Math.max(Math.abs(min[j]!), Math.abs(max[j]!)) <= 2 ** 24);
  return isExact ? 'f4' : undefined;
}

function inMemory(stored: StoredFeatures, rows: number): Dataset['features'] {
  const { layout: { parts }, featureSize } = stored;
  requireMemory(rows * featureSize * stored.allocate(0).BYTES_PER_ELEMENT, 'dataFile', parts[0]!.bytes.name);
  const features = stored.allocate(rows, true);
  stored.read(0, rows, features);
  return features;
}

/** Labels, targets and weights of the rows `order`, on shared memory. */
function selectTargets({ labels, targets, targetNames, weights, classNames, imageShape, columns, division, ...table }: Table, order: Int32Array) {
  const rows = rowsOf({ ...table, classNames });
  const given = { labels: labels ?? new Int32Array(rows), size: rows, ...(targets && { targets }), ...(weights && { weights }), ...(division?.groups && { groups: division.groups }) };
  return {
    ...pickLabels(given, order), rowNumbers: order, classNames, ...(imageShape && { imageShape }), ...(columns && { columns }), ...(targetNames && { targetNames }),
  };
}

/** Turns shares into numbers of rows and fills in the defaults. Throws ERR_CONFIG for sizes that do not fit the rows. */
export function resolveShares(given: Partial<SplitSizes>, rows: number): SplitSizes {
  const tenth = Math.round(rows / 10);
  const count = (split: SplitName, fallback: number): number => {
    const size = given[split] ?? fallback;
    const whole = isNumber(size) && size > 0 && size < 1 ? Math.round(size * rows) : size;
    if (!(Number.isInteger(whole) && whole >= (split === 'train' ? 1 : 0))) {
      throw expected('ERR_CONFIG', 'a number of rows, or a share below 1,', `the number of ${split} rows`, size, { path: `sizes.${split}` });
    }
    return whole;
  };
  const validation = count('validation', tenth);
  const test = count('test', tenth);
  const train = count('train', rows - validation - test);
  if (train + validation + test > rows) {
    throw expected('ERR_CONFIG', `at most ${String(rows)} rows`, 'all parts together', train + validation + test, { path: 'sizes.train' });
  }
  return { train, validation, test };
}

function digestOf({ files, contents = [] }: Table, choices: Table['choices']): string {
  const hash = sha256();
  const block = new Uint8Array(2 ** 20);
  for (const file of files) {
    const bytes = new FileBytes(file);
    for (let at = 0; at < bytes.size; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, bytes.size - at));
      bytes.read(part, at);
      hash.update(part);
    }
  }
  for (const part of contents) hash.update(part);
  return hash.update(JSON.stringify(choices)).digest('hex');
}
