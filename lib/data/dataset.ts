import { expected } from '../errors';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { StoredFeatures } from './stored';

/** Which part of the data a set of rows is. Training accepts 'train' and selection 'validation'; 'test' stays sealed. */
export type SplitName = 'train' | 'validation' | 'test';

/** How the columns of a row form a picture: planes of channels, row-major, as in CIFAR-10. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What is known of rows wherever their features lie: one class label or some numeric targets each. */
export interface Rows {
  readonly name: string;
  readonly split: SplitName;
  /** [size], class indices in [0, classNames.length); all 0 where there are targets instead. */
  readonly labels: Int32Array;
  /** [size, targets.length / size], what a regression is to predict. */
  readonly targets?: FloatArray;
  readonly size: number;
  readonly featureSize: number;
  /** Empty where there are targets instead. */
  readonly classNames: readonly string[];
  readonly imageShape?: ImageShape;
}

/**
 * Rows in memory. Features stay in the format they came in (bytes for images); they are normalised when a batch is
 * drawn. The arrays may be views on shared memory, so that handing a data set to a worker thread copies nothing.
 */
export interface Dataset extends Rows {
  /** [size, featureSize], row-major; with an `order` more rows, perhaps. */
  readonly features: SourceArray;
  /**
   * `[size]`: row i is row `order[i]` of the features, none of which comes twice; absent where it is row i. Folds of the same rows
   * share their features so.
   */
  readonly order?: Int32Array;
}

/**
 * Rows whose features stay on disk and come into memory `chunkRows` at a time, for sets larger than memory. Labels stay in
 * memory, and so does the order of the rows: some 16 bytes a row.
 */
export interface StoredDataset extends Rows {
  readonly stored: StoredFeatures;
  readonly chunkRows: number;
}

/** Where data came from, enough to recognise it again. */
export interface DataOrigin {
  /** 'cifar10', 'synthetic', … */
  readonly name: string;
  /** One line for a person: layout and folder, or generator and seed. */
  readonly description: string;
  /** SHA-256 over all features and labels that the splits are taken from. */
  readonly digest: string;
}

/** The three parts of a data set and where they came from. */
export interface DataSplits<D extends Rows = Dataset> {
  readonly train: D;
  readonly validation: D;
  readonly test: D;
  readonly origin: DataOrigin;
}

/** How many rows each part gets. */
export interface SplitSizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Rows [from, from + size) of a data set as a view; nothing is copied. Throws ERR_SHAPE when the rows are not there. */
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

/** Labels and targets of rows [from, from + size), as views. */
function sliceLabels({ labels, targets, size: all }: Rows, from: number, size: number): Pick<Rows, 'labels' | 'targets'> {
  const width = targets === undefined ? 0 : targets.length / all;
  return {
    labels: labels.subarray(from, from + size),
    ...(targets && { targets: targets.subarray(from * width, (from + size) * width) }),
  };
}
