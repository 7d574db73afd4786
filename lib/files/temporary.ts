import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makerLiveness, makerName } from './process';

/** Milliseconds after which a temporary file counts as left over where its maker is not visible from here. */
const maxAge = 24 * 3600 * 1000;

/** A temporary name beside a path, which contains the name of its maker, see {@link removeLeftovers}. */
export function temporaryName(path: string): string {
  return `${path}.${makerName()}.${randomBytes(3).toString('hex')}.tmp`;
}

/**
 * Removes the temporary files, see {@link temporaryName}, that killed processes left in a folder: those of dead makers, and those of
 * makers elsewhere (another host or container) after a day, or at once if the caller owns the folder. Only those of `path` where
 * given. Never throws: what cannot be removed now is left to the next call.
 */
export function removeLeftovers(folder: string, { path, isOwner = false }: { readonly path?: string; readonly isOwner?: boolean } = {}): void {
  const prefix = path === undefined ? '' : `${basename(path)}.`;
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const liveness = makerLiveness(name.split('.').at(-3) ?? '');
    if (liveness === 'alive') continue;
    const file = join(folder, name);
    try {
      const isLeftOver = liveness === 'dead' || isOwner || Date.now() - lstatSync(file).mtimeMs > maxAge;
      if (isLeftOver) rmSync(file, { recursive: true, force: true });
    } catch {
      // Another process may have removed it already.
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
