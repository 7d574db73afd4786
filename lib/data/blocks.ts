import type { SourceArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from './dataset';

/** Consecutive rows of a data set. */
export interface Block {
  /** [size, featureSize]. Overwritten by the next block where the data set is on disk or has an `order`. */
  readonly features: SourceArray;
  /** Index of the first row. */
  readonly from: number;
  /** Number of rows. */
  readonly size: number;
}

/**
 * Yields all rows of a data set in order, at maxRows `rowsPerBlock` at a time: views where they are contiguous in memory, copies where
 * an `order` scatters them or they are read from disk.
 */
export function* blocksOf(data: Dataset | StoredDataset, rowsPerBlock: number): Generator<Block> {
  const { size: rows } = data;
  const read = blockReader(data, Math.min(rows, rowsPerBlock));
  for (let from = 0; from < rows; from += rowsPerBlock) {
    const size = Math.min(rowsPerBlock, rows - from);
    yield { features: read(from, size), from, size };
  }
}

/** A function that returns the features of rows [from, from + size), size ≤ maxRows. */
function blockReader(data: Dataset | StoredDataset, maxRows: number): (from: number, size: number) => SourceArray {
  const { featureSize } = data;
  if ('stored' in data) {
    const buffer = data.stored.allocate(maxRows);
    return (from, size) => {
      const block = buffer.subarray(0, size * featureSize);
      data.stored.read(from, size, block);
      return block;
    };
  }
  const { features, order } = data;
  const rowsAt = (row: number, size: number): SourceArray => features.subarray(row * featureSize, (row + size) * featureSize);
  if (order === undefined) return rowsAt;
  const buffer = features.slice(0, maxRows * featureSize);
  return (from, size) => {
    for (let i = 0; i < size; i++) buffer.set(rowsAt(order[from + i]!, 1), i * featureSize);
    return buffer.subarray(0, size * featureSize);
  };
}
