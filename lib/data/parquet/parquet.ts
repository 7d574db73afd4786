import type { ValueOptions } from '../columns/splitValues';
import type { DataSplits, LoadedRows } from '../dataset';
import type { MaybeChunked } from '../table';
import { onThread } from '../threads/onThread';

export type ParquetOptions = ValueOptions;

/**
 * Loads a table from a Parquet file: numbers, decimals, booleans, texts, dates and timestamps, null where a value is missing. Pages may be
 * uncompressed or compressed with snappy, and where the package hyparquet-compressors is installed with gzip, zstd, brotli or LZ4. Throws
 * ERR_DATA, naming the file, for one that is damaged, that needs that package, or whose columns hold lists or records unless they are
 * ignored, and what `loadRows` rejects with.
 */
export function loadParquet(file: string, options?: ParquetOptions): DataSplits;
/** With `chunkRows`, features stay in a temporary file, see `loadCsv`; a group of rows of the file is in memory while it is read. */
export function loadParquet(file: string, options: MaybeChunked<ParquetOptions>): LoadedRows;
export function loadParquet(file: string, options: MaybeChunked<ParquetOptions> = {}): LoadedRows {
  return onThread('parquet', file, options);
}
