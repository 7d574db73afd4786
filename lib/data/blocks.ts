import type { SourceArray } from '../kernels/contract';
import type { Dataset, StoredDataset } from './dataset';

/** Some rows that follow one another. */
export interface Block {
  /** [size, featureSize]; those of a data set on disk are overwritten by the next block. */
  readonly features: SourceArray;
  readonly from: number;
  readonly size: number;
}

/** All rows of a data set in order, some at a time: views of those in memory, and one reading after the other of those on disk. */
export function* blocksOf(data: Dataset | StoredDataset, rowsPerBlock: number): Generator<Block> {
  const { size: rows, featureSize } = data;
  const buffer = 'stored' in data ? data.stored.allocate(Math.min(rows, rowsPerBlock)) : data.features;
  for (let from = 0; from < rows; from += rowsPerBlock) {
    const size = Math.min(rowsPerBlock, rows - from);
    const start = 'stored' in data ? 0 : from * featureSize;
    const features = buffer.subarray(start, start + size * featureSize);
    if ('stored' in data) data.stored.read(from, size, features);
    yield { features, from, size };
  }
}
