import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BlastrainError } from '../errors';

/** The root of the package, the same from lib/ and from dist/. */
export const packageRoot = dirname(dirname(__dirname));

/**
 * Replaces a file as a whole: written beside it, synced, renamed. Whoever reads sees the old file or the new one, also
 * after a kill or on a full disk. Contents may come in pieces. Folders above it are made. Throws ERR_IO.
 */
export function replaceFile(path: string, contents: Uint8Array | string | readonly Uint8Array[]): void {
  const temporary = `${path}.${String(process.pid)}.tmp`;
  withFileErrors(path, () => {
    makeMissing(dirname(path));
    try {
      const descriptor = openSync(temporary, 'w');
      try {
        const pieces: readonly (Uint8Array | string)[] = isWhole(contents) ? [contents] : contents;
        for (const piece of pieces) writeFileSync(descriptor, piece);
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

/** Makes a folder and those above it, where they are missing. Throws ERR_IO. */
export function makeFolders(path: string): void {
  withFileErrors(path, () => { makeMissing(path); });
}

/** Not by mkdir's own recursion, which never returns below a folder that takes no other, such as /proc (Node.js 20). */
function makeMissing(path: string): void {
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  if (dirname(path) !== path) makeMissing(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isThere()) throw error; // Another process may have been faster.
  }
}

function isWhole(contents: Uint8Array | string | readonly Uint8Array[]): contents is Uint8Array | string {
  return typeof contents === 'string' || ArrayBuffer.isView(contents);
}

/** Runs a file operation; what the system refuses becomes ERR_IO with the file's name and the reason. */
export function withFileErrors<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw systemError(error, 'ERR_IO', 'a usable file or folder', path);
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
