import type { ValueOptions } from '../columns/splitValues';
import type { DataSplits } from '../dataset';
import { onThread } from '../threads/onThread';

export type ArrowOptions = ValueOptions;

/**
 * Loads a table from an Arrow file or stream, which is what Feather (version 2) is: numbers, decimals, booleans, texts, dictionaries, dates and
 * timestamps, null where a value is missing; uncompressed, LZ4, and zstd where the package hyparquet-compressors is installed. Needs the package
 * apache-arrow. Throws ERR_DATA, naming the file, where a package is not installed, for a file that is damaged or whose columns hold lists or
 * records unless they are ignored, and what `loadRows` rejects with.
 */
export function loadArrow(file: string, options: ArrowOptions = {}): DataSplits {
  return onThread('arrow', file, options) as DataSplits; // as there are no chunkRows
}
