import type { ValueOptions } from '../columns/splitValues';
import type { DataSplits } from '../dataset';
import { onThread } from '../threads/onThread';

export type ParquetOptions = ValueOptions;

/**
 * Loads a table from a Parquet file: numbers, decimals, booleans, texts, dates and timestamps, null where a value is missing. Pages may be
 * uncompressed or compressed with snappy, and where the package hyparquet-compressors is installed with gzip, zstd, brotli or LZ4. Throws
 * ERR_DATA, naming the file, for one that is damaged, that needs that package, or whose columns hold lists or records unless they are
 * ignored, and what `loadRows` rejects with.
 */
export function loadParquet(file: string, options: ParquetOptions = {}): DataSplits {
  return onThread('parquet', file, options);
}
