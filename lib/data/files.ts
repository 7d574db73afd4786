import { BlastrainError } from '../errors';
import type { ErrorDetails } from '../errors';
import { systemError } from '../files';

/** ERR_DATA about the contents of a file: «Expected WHAT for FILE but received VALUE», with `value` in words. */
export function badFile(what: string, file: string, value: string, details: ErrorDetails = {}): BlastrainError {
  return new BlastrainError('ERR_DATA', `Expected ${what} for ${file} but received ${value}`, { file, ...details });
}

/** Runs `read`, which reads a data file; errors of the file system are thrown as ERR_DATA with the file's name and the reason. */
export function readingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw systemError(error, 'ERR_DATA', 'a readable file', file);
  }
}
