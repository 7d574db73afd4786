import { BlastrainError, isOutOfMemory } from '../errors';

/** Returns the result of `make`, which allocates `bytes` bytes. Throws ERR_MEMORY where the engine cannot allocate them. */
export function withMemory<Made>(bytes: number, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    throw new BlastrainError('ERR_MEMORY', `Expected ${formatBytes(bytes)} of memory for an array but received none`, { bytes }, { cause: error });
  }
}

/** A number of bytes in decimal units, as download sizes are given: '170.1 MB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${units[unit]!}`;
}
