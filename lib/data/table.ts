import { createHash } from 'node:crypto';
import { expected } from '../errors';
import { requireMemory } from '../machine';
import { RandomState } from '../random';
import { FileBytes } from './bytes';
import type { Dataset, DataSplits, ImageShape, Rows, SplitName, SplitSizes, StoredDataset } from './dataset';
import { badFile } from './files';
import { rangesOf } from './normalize/moments';
import { StoredFeatures } from './stored';
import type { MemoryFormat, StoredLayout } from './stored';
import { maxMoved } from './targets';

/** How a table becomes a data set. */
export interface TableOptions {
  /** Rows of each part; below 1, its share of all rows. By default a tenth each for validation and test and the rest for training. */
  readonly sizes?: Partial<SplitSizes>;
  /** Decides which rows go where: all are shuffled, and each part then stands in the order of the file. Default 0. */
  readonly splitSeed?: number;
  /** Targets are numbers to predict (a regression), not classes. Default false. */
  readonly numericTargets?: boolean;
  /** Leaves the features on disk, with so many rows in memory at a time. */
  readonly chunkRows?: number;
}

/** A table that was read, but for its features. */
export interface Table {
  readonly layout: StoredLayout;
  /** What its rows are to give: one of the two. */
  readonly labels?: Int32Array;
  readonly targets?: Float64Array;
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
  /** What it was read from, and what else decided about its contents. */
  readonly files: readonly string[];
  readonly name: string;
  /** What was assumed about it, in phrases for a person. */
  readonly said?: readonly string[];
  readonly choices: Readonly<Record<string, string | number | null>>;
}

const splitNames = ['train', 'validation', 'test'] as const;

/**
 * The three parts of a table. The digest is SHA-256 over the files and the choices that decide which rows are where. Throws
 * ERR_CONFIG for sizes that do not fit the rows, ERR_DATA for features that are not finite.
 */
export function splitTable(table: Table, options: TableOptions): DataSplits<Dataset | StoredDataset> {
  const { layout, name, files } = table;
  const { splitSeed = 0, sizes = {}, chunkRows } = options;
  const rows = layout.parts.reduce((sum, part) => sum + part.rows, 0);
  const counts = resolveShares(sizes, rows);
  const shuffled = new RandomState(splitSeed).permutation(rows);
  // What stays on disk is read once more only where reading it may lose something.
  const format = chunkRows === undefined || layout.format === 'i8' ? formatOf(layout, rows, name) : undefined;
  let from = 0;
  const parts = splitNames.map((split) => {
    const order = shuffled.slice(from, (from += counts[split])).sort();
    const stored = new StoredFeatures(layout, order, chunkRows === undefined ? format : undefined);
    const facts: Rows = { ...selectTargets(table, order), name, split, size: order.length, featureSize: layout.featureSize };
    return chunkRows === undefined ? { ...facts, features: inMemory(stored, order.length) } : { ...facts, stored, chunkRows };
  });
  const [train, validation, test] = parts as [Dataset, Dataset, Dataset];
  const choices = { ...table.choices, ...counts, splitSeed };
  return { train, validation, test, origin: { name, description: `${name} (${[`${String(rows)} rows`, ...(table.said ?? [])].join('; ')})`, digest: digestOf(files, choices) } };
}

/**
 * Integers that float32 holds exactly take four bytes; other numbers stay what they are. Throws ERR_DATA for integers of 64 bits that
 * float64 does not tell apart.
 */
function formatOf(layout: StoredLayout, rows: number, name: string): MemoryFormat | undefined {
  const stored = new StoredFeatures(layout, Int32Array.from({ length: rows }, (_, i) => i));
  if (stored.inMemory !== 'f8') return undefined;
  const facts = { name, split: 'train', labels: new Int32Array(0), classNames: [], size: rows, featureSize: layout.featureSize } as const;
  const { least, most, whole } = rangesOf({ ...facts, stored, chunkRows: rows });
  stored.moved.forEach((by, j) => {
    if (by > maxMoved * (most[j]! - least[j]!)) {
      throw badFile('integers that float64 tells apart (take the smallest off)', `column ${String(j)} of ${name}`, `numbers about ${String(least[j])}`, { column: j });
    }
  });
  const isExact = whole.every((all, j) => all === 1 && Math.max(Math.abs(least[j]!), Math.abs(most[j]!)) <= 2 ** 24);
  return isExact ? 'f4' : undefined;
}

function inMemory(stored: StoredFeatures, rows: number): Dataset['features'] {
  const { layout: { parts }, featureSize } = stored;
  requireMemory(rows * featureSize * stored.allocate(0).BYTES_PER_ELEMENT, 'dataFile', parts[0]!.bytes.name);
  const features = stored.allocate(rows, true);
  stored.read(0, rows, features);
  return features;
}

/** Labels and targets of some rows, on shared memory. */
function selectTargets({ labels, targets, classNames, imageShape, layout }: Table, order: Int32Array) {
  const rows = layout.parts.reduce((sum, part) => sum + part.rows, 0);
  const ownLabels = new Int32Array(new SharedArrayBuffer(4 * order.length));
  if (labels !== undefined) order.forEach((row, i) => { ownLabels[i] = labels[row]!; });
  return {
    labels: ownLabels, classNames, ...(imageShape && { imageShape }), ...(targets && { targets: selectNumbers(targets, targets.length / rows, order) }),
  };
}

function selectNumbers(numbers: Float64Array, width: number, order: Int32Array): Float64Array {
  const own = new Float64Array(new SharedArrayBuffer(8 * order.length * width));
  order.forEach((row, i) => { own.set(numbers.subarray(row * width, (row + 1) * width), i * width); });
  return own;
}

/** Shares as rows, and what was not given. Throws ERR_CONFIG where that is not possible. */
function resolveShares(given: Partial<SplitSizes>, rows: number): SplitSizes {
  const tenth = Math.round(rows / 10);
  const count = (split: SplitName, fallback: number): number => {
    const size = given[split] ?? fallback;
    const whole = size > 0 && size < 1 ? Math.round(size * rows) : size;
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

function digestOf(files: readonly string[], choices: Table['choices']): string {
  const hash = createHash('sha256');
  const block = new Uint8Array(2 ** 20);
  for (const file of files) {
    const bytes = new FileBytes(file);
    for (let at = 0; at < bytes.size; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, bytes.size - at));
      bytes.read(part, at);
      hash.update(part);
    }
  }
  return hash.update(JSON.stringify(choices)).digest('hex');
}
