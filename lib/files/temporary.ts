import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makerFate, makerName } from './process';

/** Temporary files of a maker that cannot be seen from here count as left over after so many milliseconds. */
const longest = 24 * 3600 * 1000;

/** A name beside a path for what is to become that path. It tells who made it: see {@link removeLeftovers}. */
export function temporaryName(path: string): string {
  return `${path}.${makerName()}.${randomBytes(3).toString('hex')}.tmp`;
}

/**
 * Removes from a folder what processes that were killed left of {@link temporaryName}s: those of dead makers, and those of makers
 * elsewhere (another host or container) after a day. Only those for `path` where one is given. The owner of a folder
 * may remove those of makers elsewhere at once. Never throws: what cannot be removed now is removed by the next.
 */
export function removeLeftovers(folder: string, { path, isOwner = false }: { readonly path?: string; readonly isOwner?: boolean } = {}): void {
  const prefix = path === undefined ? '' : `${basename(path)}.`;
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const fate = makerFate(name.split('.').at(-3) ?? '');
    if (fate === 'alive') continue;
    const file = join(folder, name);
    try {
      const isLeft = fate === 'dead' || isOwner || Date.now() - lstatSync(file).mtimeMs > longest;
      if (isLeft) rmSync(file, { recursive: true, force: true });
    } catch {
      // Another process may have been faster.
    }
  }
}

/** {@link removeLeftovers} of one path. */
export function removeLeftoversOf(path: string): void {
  removeLeftovers(dirname(path), { path });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
