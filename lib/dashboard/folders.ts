import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expected } from '../errors';
import { withFileErrors } from '../files';

/** Names of the page's making may have any letters, but no way out. */
const isPlain = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && !/[/\\\0]/.test(part) && !part.startsWith('.');

/**
 * The folder of a run, by its name below the folder of runs; whatever lies elsewhere, also by a symbolic link, is not there.
 * Throws ERR_CONFIG.
 */
export function runPath(runs: string, name: string): string {
  const parts = name.split('/');
  if (parts.length <= 2 && parts.every(isPlain)) {
    const root = realPath(runs);
    const path = realPath(join(runs, ...parts));
    if (root !== undefined && path?.startsWith(root + sep) === true && lstatSync(path).isDirectory()) return path;
  }
  throw expected('ERR_CONFIG', 'a run', runs, name, { path: 'run' });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A part of a file in a run's folder, and the file's size; undefined where there is none. Symbolic links are not followed. Throws ERR_IO. */
export function readPart(
  folder: string, name: string, part: (size: number) => { from: number; length: number },
): { bytes: Buffer; from: number; size: number } | undefined {
  const file = join(folder, name);
  return withFileErrors(file, () => {
    let descriptor: number;
    try {
      descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) return undefined;
      const { from, length } = part(stat.size);
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, stat.size - from)));
      const read = bytes.length === 0 ? 0 : readSync(descriptor, bytes, 0, bytes.length, from);
      return { bytes: bytes.subarray(0, read), from, size: stat.size };
    } finally {
      closeSync(descriptor);
    }
  });
}

/** The object in a JSON file of a run's folder; undefined where there is no file, or no object in it. Throws ERR_IO. */
export function readJson(folder: string, name: string): object | undefined {
  const found = readPart(folder, name, (size) => ({ from: 0, length: size }));
  return found && parseObject(found.bytes.toString('utf8'));
}

/** Undefined for what is no JSON, or JSON of anything else than an object. */
export function parseObject(text: string): object | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
