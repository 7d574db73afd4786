import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFileErrors } from './system';

export { parseJson, readJson, readJsonIfThere } from './json';
export { readJsonLines } from './lines';
export type { BadLine, JsonLines, Line } from './lines';
export { readFile, readFileIfThere, readPart, sizeLimits } from './read';
export type { ReadOptions } from './read';
export { fileError, systemError, withFileErrors } from './system';

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

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
