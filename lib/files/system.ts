import { BlastrainError } from '../errors';
import type { ErrorCode, ErrorDetails } from '../errors';

/** Runs a file operation; errors of the operating system become ERR_IO with the file's name and the reason. */
export function withFileErrors<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw systemError(error, 'ERR_IO', 'a usable file or folder', path);
  }
}

/** Converts an error of the operating system to a BlastrainError; returns any other error unchanged. */
export function systemError(error: unknown, code: 'ERR_DATA' | 'ERR_IO', what: string, file: string): Error {
  const { code: errno, syscall } = error as { readonly code?: string; readonly syscall?: string };
  if (errno === undefined || syscall === undefined) return error as Error;
  const reason = reasons[errno] ?? `${errno} from ${syscall}`;
  return new BlastrainError(code, `Expected ${what} for ${file} but received ${reason}`, { file, errno }, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'a read-only file system',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'a full quota',
  EEXIST: 'something of that name already there',
  ENOTDIR: 'a file where a folder should be',
  EISDIR: 'a folder where a file should be',
};

/** An error about the contents of a file; `received` is a description. */
export function fileError(code: ErrorCode, what: string, file: string, received: string, details: ErrorDetails = {}): BlastrainError {
  return new BlastrainError(code, `Expected ${what} for ${file} but received ${received}`, { file, ...details });
}
