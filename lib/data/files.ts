import { BlastrainError } from '../errors';
import type { ErrorDetails } from '../errors';

/** ERR_DATA about the contents of a file: «Expected WHAT for FILE but received VALUE», with `value` in words. */
export function badFile(what: string, file: string, value: string, details: ErrorDetails = {}): BlastrainError {
  return new BlastrainError('ERR_DATA', `Expected ${what} for ${file} but received ${value}`, { file, ...details });
}

/** Runs a reading of a data file; what the system refuses becomes ERR_DATA with the file's name and the reason. */
export function readingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw systemError(error, 'ERR_DATA', 'a readable file', file);
  }
}

/** An error of the operating system as a BlastrainError; any other error as it is. */
export function systemError(error: unknown, code: 'ERR_DATA' | 'ERR_IO', what: string, file: string): Error {
  const { code: errno, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined || syscall === undefined) return error as Error;
  const reason = reasons[errno] ?? `${errno} from ${syscall}`;
  return new BlastrainError(code, `Expected ${what} for ${file} but received ${reason}`, { file, errno }, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'a read-only file system',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'a full quota',
  EISDIR: 'a folder',
  ENOTDIR: 'a path through something that is no folder',
};
