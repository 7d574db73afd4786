import type { SourceArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from './dataset';

/** Some rows that follow one another. */
export interface Block {
  /** [size, featureSize]; those of a data set on disk, or in an order, are overwritten by the next block. */
  readonly features: SourceArray;
  readonly from: number;
  readonly size: number;
}

/**
 * All rows of a data set in order, some at a time: views of those in memory, copies of those that an `order` has scattered, and
 * one reading after the other of those on disk.
 */
export function* blocksOf(data: Dataset | StoredDataset, rowsPerBlock: number): Generator<Block> {
  const { size: rows } = data;
  const read = blockReader(data, Math.min(rows, rowsPerBlock));
  for (let from = 0; from < rows; from += rowsPerBlock) {
    const size = Math.min(rowsPerBlock, rows - from);
    yield { features: read(from, size), from, size };
  }
}

/** What gives the features of rows [from, from + size), `most` at a time. */
function blockReader(data: Dataset | StoredDataset, most: number): (from: number, size: number) => SourceArray {
  const { featureSize } = data;
  if ('stored' in data) {
    const buffer = data.stored.allocate(most);
    return (from, size) => {
      const block = buffer.subarray(0, size * featureSize);
      data.stored.read(from, size, block);
      return block;
    };
  }
  const { features, order } = data;
  const rowsAt = (row: number, size: number): SourceArray => features.subarray(row * featureSize, (row + size) * featureSize);
  if (order === undefined) return rowsAt;
  const buffer = features.slice(0, most * featureSize);
  return (from, size) => {
    for (let i = 0; i < size; i++) buffer.set(rowsAt(order[from + i]!, 1), i * featureSize);
    return buffer.subarray(0, size * featureSize);
  };
}
