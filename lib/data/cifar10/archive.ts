import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import type { ReadEntry } from 'tar';
import type { Layout } from './cifar10';
import { systemError } from '../../files';
import { badFile } from '../files';

/** Bytes; more than any file of CIFAR-10 has, in either layout. */
const largestFile = 64e6;
const maxEntries = 100;

/** The files of a layout; last the one that it is recognised by, so that a partial installation is not taken for a whole one. */
export function filesOf({ trainFiles, testFile, metaFile }: Layout): readonly string[] {
  return [metaFile, testFile, ...trainFiles].sort((a, b) => Number(a === trainFiles[0]) - Number(b === trainFiles[0]));
}

/**
 * Unpacks the files of a layout, and nothing else, from a tar archive (gzipped or not) into an existing folder. Paths in the archive
 * are never used as such: only regular files LAYOUT/NAME with a known name are written, other files are skipped, and an archive
 * with links or with paths that lead out of it is rejected.
 *
 * Throws ERR_DATA for an archive that is truncated, lacks a file, is too large or has such entries; ERR_IO when writing fails.
 */
export async function extractLayout(archive: string, layout: Layout, folder: string): Promise<void> {
  const missing = new Set(filesOf(layout));
  // Stored rather than thrown: an error thrown in the callback of a stream would end the process.
  let problem: Error | undefined;
  let entries = 0;
  const onReadEntry = (entry: ReadEntry): void => {
    entries++;
    problem ??= entryError(archive, entry, entries);
    const [top, name = ''] = entry.path.replace(/^\.\//, '').split(/\/(.*)/s);
    if (problem === undefined && top === layout.folder && isRegular(entry) && missing.delete(name)) {
      writeEntry(entry, join(folder, name), (error) => {
        problem ??= error;
      });
    }
  };
  try {
    await list({ file: archive, strict: true, onReadEntry });
  } catch (error) {
    throw problem ?? badFile('a whole tar archive', archive, (error as Error).message);
  }
  if (problem !== undefined) throw problem;
  if (missing.size > 0) throw badFile(`${layout.folder}/${[...missing][0]!} within`, archive, 'an archive without it');
}

const isRegular = ({ type }: ReadEntry): boolean => type === 'File' || type === 'OldFile' || type === 'ContiguousFile';

/** The error for an entry that makes the archive unusable, if it does. */
function entryError(archive: string, entry: ReadEntry, count: number): Error | undefined {
  const { path, type, size } = entry;
  if (count > maxEntries) return badFile(`at most ${String(maxEntries)} entries`, archive, 'more');
  if (!isRegular(entry) && type !== 'Directory') return badFile('only files and folders', archive, `${path} of type ${type}`, { entry: path });
  if (path.startsWith('/') || path.includes('\\') || path.split('/').includes('..')) {
    return badFile('only paths within the archive', archive, path, { entry: path });
  }
  if (size > largestFile) return badFile(`at most ${String(largestFile)} bytes a file`, archive, `${path} of ${String(size)} bytes`, { entry: path });
  return undefined;
}

/** Writes an entry once it was read whole, so that a truncated archive leaves no open file: a file has 45 MB at most. */
function writeEntry(entry: ReadEntry, file: string, fail: (error: Error) => void): void {
  const chunks: Uint8Array[] = [];
  entry.on('data', (chunk) => chunks.push(chunk));
  entry.on('end', () => {
    try {
      writeFileSync(file, Buffer.concat(chunks), { flag: 'wx' });
    } catch (error) {
      fail(systemError(error, 'ERR_IO', 'a writable file', file));
    }
  });
}
