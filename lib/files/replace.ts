import { closeSync, copyFileSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/**
 * Replaces a file atomically: writes a temporary file beside it, syncs and renames it. Readers see the old file or the new one, also
 * after a kill or on a full disk. Contents may come in several parts. Missing folders are created, but not with `inside`, for files
 * of a folder that must exist: where it was removed, it must not come back. Throws ERR_IO.
 */
export function replaceFile(
  path: string, contents: Uint8Array | string | readonly Uint8Array[], { inside = false }: { readonly inside?: boolean } = {},
): void {
  withFileErrors(path, () => {
    if (!inside) makeMissing(dirname(path));
    removeLeftoversOf(path);
    const temporary = temporaryName(path);
    try {
      const descriptor = openSync(temporary, 'wx');
      try {
        const parts: readonly (Uint8Array | string)[] = isSingle(contents) ? [contents] : contents;
        for (const part of parts) writeFileSync(descriptor, part);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
      syncFolder(dirname(path));
    } catch (error) {
      tryToRemove(temporary);
      throw error;
    }
  });
}

/**
 * Gives a file a second name, replacing a file of that name atomically. A hard link where possible, else a copy. Throws ERR_IO.
 */
export function linkAs(file: string, name: string): void {
  withFileErrors(name, () => {
    const temporary = temporaryName(name);
    try {
      linkOrCopy(file, temporary);
      renameSync(temporary, name);
    } finally {
      // Where both are links to the same file, rename does nothing (POSIX) and the temporary name remains.
      tryToRemove(temporary);
    }
  });
}

/** Creates a folder and its parents where they are missing. Throws ERR_IO. */
export function makeFolders(path: string): void {
  withFileErrors(path, () => { makeMissing(path); });
}

/** Not by mkdir's `recursive`, which never returns below a folder that accepts no others, such as /proc (Node.js 20). */
function makeMissing(path: string): void {
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  if (dirname(path) !== path) makeMissing(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isThere()) throw error; // another process may have created it
  }
}

function isSingle(contents: Uint8Array | string | readonly Uint8Array[]): contents is Uint8Array | string {
  return typeof contents === 'string' || ArrayBuffer.isView(contents);
}

function linkOrCopy(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch {
    copyFileSync(file, name); // a file system without hard links
    const descriptor = openSync(name, 'r+'); // Windows syncs only what may be written
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Ignores errors, as it runs where another error is being thrown. */
function tryToRemove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A later process removes it, see removeLeftovers.
  }
}

/** Syncs the entries of a folder to disk: files created, renamed or removed in it. Windows keeps them by itself, and refuses. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
