import { expected } from '../errors';
import { dtypeOf } from '../kernels/contract';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { Column } from './columns/column';
import { sharedBytes } from './shared';
import type { StoredFeatures } from './stored';

/** Which split rows belong to. Training accepts 'train' alone, selection 'validation'; 'test' is for the final test only. */
export type SplitName = 'train' | 'validation' | 'test';

/** How the features of a row form an image: [channels, height, width], row-major, as in CIFAR-10. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A set of rows but for its features: names, sizes, and for each row a class label or numeric targets. */
export interface Rows {
  readonly name: string;
  readonly split: SplitName;
  /** [size], class indices in [0, classNames.length); all 0 for a regression. */
  readonly labels: Int32Array;
  /** [size, targets.length / size], the numbers that a regression predicts; absent for classes. */
  readonly targets?: FloatArray;
  /** [size], numbers of groups whose rows belong into one part of a split or fold, where the table has them. */
  readonly groups?: Int32Array;
  /** [size], the rows' numbers in their table, from 0; absent of data that are no table. */
  readonly rowNumbers?: Int32Array;
  /** Names of the targets, where they have some: of a table's columns. */
  readonly targetNames?: readonly string[];
  /** [size], how much each row counts, in training and in scores: numbers ≥ 0, by default all 1. */
  readonly weights?: FloatArray;
  readonly size: number;
  readonly featureSize: number;
  /** Empty for a regression. */
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
  /** [featureSize], what the features are, where they have names; only such rows may lack some (NaN). */
  readonly columns?: readonly Column[];
}

/**
 * Rows in memory. Features keep the format of the source (bytes for images) and are normalised when a batch is read. The arrays
 * may be views on shared memory, so that passing a data set to a worker thread copies nothing.
 */
export interface Dataset extends Rows {
  /** [size, featureSize], row-major; with an `order` possibly more rows. */
  readonly features: SourceArray;
  /**
   * An array [size]; row i of the set is row `order[i]` of the features, each at most once. Absent where that is row i. Lets the folds of a
   * cross-validation share their features.
   */
  readonly order?: Int32Array;
}

/**
 * Rows whose features stay on disk, with at most `chunkRows` of them in memory, for sets larger than memory. Labels and the order
 * of the rows are kept in memory: some 16 bytes per row.
 */
export interface StoredDataset extends Rows {
  readonly stored: StoredFeatures;
  readonly chunkRows: number;
}

/** Where data came from, and a digest that identifies it. */
export interface DataOrigin {
  /** 'cifar10', 'synthetic', … */
  readonly name: string;
  /** One readable line: layout and folder, or generator and seed. */
  readonly description: string;
  /** What was assumed in reading it, in phrases that are part of the description. */
  readonly notes?: readonly string[];
  /** SHA-256 in hex over all features and labels of the splits. */
  readonly digest: string;
}

/** The three splits of a data set and their origin. */
export interface DataSplits<D extends Rows = Dataset> {
  readonly train: D;
  readonly validation: D;
  readonly test: D;
  readonly origin: DataOrigin;
}

/** The splits of a data set, in memory or with features that stay on disk. */
export type LoadedRows = DataSplits<Dataset | StoredDataset>;

/** Number of rows of each split. */
export interface SplitSizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Rows [from, from + size) of a data set as a view, without a copy. Throws ERR_SHAPE for rows outside the set. */
export function sliceRows<D extends Dataset | StoredDataset>(data: D, split: SplitName, from: number, size: number): D {
  if (!(Number.isInteger(from) && Number.isInteger(size) && from >= 0 && size >= 0 && from + size <= data.size)) {
    throw expected('ERR_SHAPE', `rows within [0, ${String(data.size)})`, `the ${split} split of ${data.name}`, `rows ${String(from)} to ${String(from + size)}`);
  }
  return {
    ...data,
    split,
    size,
    ...('stored' in data
      ? { stored: data.stored.slice(from, size) }
      : sliceFeatures(data, from, size)),
    ...sliceLabels(data, from, size),
  };
}

function sliceFeatures({ features, order, featureSize }: Dataset, from: number, size: number): Pick<Dataset, 'features' | 'order'> {
  if (order !== undefined) return { features, order: order.subarray(from, from + size) };
  return { features: features.subarray(from * featureSize, (from + size) * featureSize) };
}

/**
 * Some rows of a data set in memory, in an order of their own. The features are shared; labels and all else that rows have is copied into
 * shared memory, so that workers need no copy.
 */
export function pickRows(data: Dataset, split: SplitName, rows: ArrayLike<number>): Dataset {
  const { order } = data;
  return { ...data, split, size: rows.length, order: pickIntegers(rows, (row) => order?.[row] ?? row), ...pickLabels(data, rows) };
}

/** Labels, targets, weights, groups and numbers of some rows, in shared memory. */
export function pickLabels({ labels, targets, weights, groups, rowNumbers, size }: Pick<Rows, 'labels' | 'targets' | 'weights' | 'groups' | 'rowNumbers' | 'size'>, rows: ArrayLike<number>): ReturnType<typeof sliceLabels> {
  return {
    labels: pickIntegers(rows, (row) => labels[row]!),
    ...(groups && { groups: pickIntegers(rows, (row) => groups[row]!) }),
    ...(rowNumbers && { rowNumbers: pickIntegers(rows, (row) => rowNumbers[row]!) }),
    ...(targets && { targets: pickNumbers(targets, targets.length / size, rows) }),
    ...(weights && { weights: pickNumbers(weights, 1, rows) }),
  };
}

function pickIntegers(rows: ArrayLike<number>, of: (row: number) => number): Int32Array {
  const own = new Int32Array(sharedBytes(4 * rows.length));
  for (let i = 0; i < rows.length; i++) own[i] = of(rows[i]!);
  return own;
}

/** Of numbers [size, width]. */
function pickNumbers(numbers: FloatArray, width: number, rows: ArrayLike<number>): FloatArray {
  const bytes = sharedBytes(numbers.BYTES_PER_ELEMENT * rows.length * width);
  const own = dtypeOf(numbers) === 'float32' ? new Float32Array(bytes) : new Float64Array(bytes);
  for (let i = 0, to = 0; i < rows.length; i++) for (let from = rows[i]! * width, end = from + width; from < end; from++) own[to++] = numbers[from]!;
  return own;
}

/** Labels, targets, weights, groups and numbers of rows [from, from + size), as views. */
function sliceLabels({ labels, targets, weights, groups, rowNumbers, size: all }: Rows, from: number, size: number): Pick<Rows, 'labels' | 'targets' | 'weights' | 'groups' | 'rowNumbers'> {
  const width = targets === undefined ? 0 : targets.length / all;
  return {
    labels: labels.subarray(from, from + size),
    ...(groups && { groups: groups.subarray(from, from + size) }),
    ...(rowNumbers && { rowNumbers: rowNumbers.subarray(from, from + size) }),
    ...(targets && { targets: targets.subarray(from * width, (from + size) * width) }),
    ...(weights && { weights: weights.subarray(from, from + size) }),
  };
}
