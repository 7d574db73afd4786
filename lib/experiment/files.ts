import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BlastrainError } from '../errors';

/** The root of the package, the same from lib/ and from dist/. */
export const packageRoot = dirname(dirname(__dirname));

/**
 * Replaces a file as a whole: written beside it, synced, renamed. Whoever reads sees the old file or the new one, also
 * after a kill or on a full disk. Throws ERR_IO.
 */
export function replaceFile(path: string, contents: Uint8Array | string): void {
  const temporary = `${path}.${String(process.pid)}.tmp`;
  withFileErrors(path, () => {
    try {
      const descriptor = openSync(temporary, 'w');
      try {
        writeFileSync(descriptor, contents);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
      syncFolder(dirname(path));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Runs a file operation; what the system refuses becomes ERR_IO with the file's name and the reason. */
export function withFileErrors<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new BlastrainError('ERR_IO', `Expected ${path} to be usable but received ${reasons[code] ?? code} (${syscall})`, {
      file: path,
      errno: code,
    }, { cause: error });
  }
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

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
