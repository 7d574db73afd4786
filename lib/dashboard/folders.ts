import { lstatSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expected } from '../errors';

/** Names in requests may have any characters, but must not lead out of the folder. */
const isPlain = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && !/[/\\\0]/.test(part) && !part.startsWith('.');

/**
 * The folder of a run, by its name below the folder of runs; what lies outside of it, also by a symbolic link, counts as missing.
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
