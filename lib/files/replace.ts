import { closeSync, copyFileSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/**
 * Replaces a file as a whole: written beside it, synced, renamed. Whoever reads sees the old file or the new one, also
 * after a kill or on a full disk. Contents may come in pieces. Folders above it are made, but for a file that belongs `inside` one
 * that is there: when that was removed, it is not to come back. Throws ERR_IO.
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
        const pieces: readonly (Uint8Array | string)[] = isWhole(contents) ? [contents] : contents;
        for (const piece of pieces) writeFileSync(descriptor, piece);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
      syncFolder(dirname(path));
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
  });
}

/**
 * Gives a file a second name, in place of what had that name before, so that neither name is ever without a file. Throws
 * ERR_IO.
 */
export function keepAs(file: string, name: string): void {
  withFileErrors(name, () => {
    const temporary = temporaryName(name);
    try {
      linkOrCopy(file, temporary);
      renameSync(temporary, name);
    } finally {
      // A rename between two names of one file does nothing (POSIX), and leaves both.
      removeQuietly(temporary);
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

function linkOrCopy(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch {
    copyFileSync(file, name); // a file system without hard links
    const descriptor = openSync(name, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Where an error is on its way already, another says nothing new. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Whoever comes next removes it, see removeLeftovers.
  }
}

/** What was made, renamed or removed in a folder is on the disk after this. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
