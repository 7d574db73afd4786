import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkObject, checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import { acquireLock, isLockFile, lockName, makeFolders, readPart, removeLeftovers, withFileErrors } from '../files';
import type { Lock } from '../files/lock';
import type { LockOptions, Waiting } from '../files/acquire';
import { runFiles, searchFiles } from './runFiles';

/** Where a run's folder is made: runs/NAME, or runs/BASE-n with the next free number. */
export type RunPlace =
  | { readonly runs: string; readonly name: string }
  | { readonly runs: string; readonly base: string };

/** Throws ERR_CONFIG, naming it, for an argument that is no {@link RunPlace}. */
export function checkPlaceArgument(place: RunPlace): void {
  checkObject(place, 'place', 'where to make the folder of a run', ['runs']);
  checkText(place.runs, 'place.runs', 'the folder of runs');
  if ('name' in place) checkText(place.name, 'place.name', 'a name');
  else checkText(place.base, 'place.base', 'a name to be numbered');
}

/** The folder of a run, a search or a depth experiment that this process alone writes into. */
export class OwnedFolder {
  constructor(readonly path: string, readonly lock: Lock, private readonly isLent = false) {}

  get name(): string {
    return basename(this.path);
  }

  /** Lets go of it. Never throws. */
  release(): void {
    if (this.isLent) return;
    this.lock.release();
  }

  /** {@link release}, and removes the folder where nothing has come into it. Never throws. */
  abandon(): void {
    this.release();
    try {
      rmdirSync(this.path);
    } catch {
      // Something has.
    }
  }
}

/** The lock of a run's or a search's folder. Trials belong to whoever owns their search. */
export function lockOf(folder: string): string {
  const parent = dirname(folder);
  return join(existsSync(join(parent, searchFiles.journal)) ? parent : folder, lockName);
}

/**
 * Takes possession of a folder that is there, and clears away what a process that was killed was just writing. To be driven as
 * {@link acquireLock} is, and throws as it does.
 */
export function* ownFolder(path: string, options: LockOptions = {}): Generator<Waiting, OwnedFolder, void> {
  const lock = yield* acquireLock(lockOf(path), options);
  for (const folder of [path, join(path, runFiles.kept)]) removeLeftovers(folder, { isOwner: true });
  return new OwnedFolder(path, lock);
}

/**
 * Makes a folder that this process owns. A folder of that name in which no run has begun, as a kill can leave it, is taken over. To be
 * driven as {@link acquireLock} is. Throws ERR_CONFIG for an unusable name or one that is taken, ERR_LOCKED for one that another
 * process is taking, ERR_IO.
 */
export function* claimFolder(place: RunPlace, options: LockOptions = {}): Generator<Waiting, OwnedFolder, void> {
  const { runs } = place;
  if ('name' in place) {
    checkPlace(place);
    makeFolders(runs);
    const path = join(runs, place.name);
    makeFolder(path);
    const owned = yield* ownFolder(path, options);
    if (isBegun(path)) {
      owned.release();
      throw taken(place);
    }
    clear(path);
    return owned;
  }
  makeFolders(runs);
  for (let next = 1 + highestNumber(runs, place.base); ; next++) {
    const path = join(runs, `${place.base}-${String(next)}`);
    if (!makeFolder(path)) continue;
    try {
      return yield* ownFolder(path, options);
    } catch (error) {
      if (toPlain(error).code !== 'ERR_LOCKED') throw error; // One that asked for this very name was faster.
    }
  }
}

/** A trial's folder, by the lock of its search. What was begun there and has no spec yet is cleared away. Throws ERR_IO. */
export function lendFolder(path: string, lock: Lock): OwnedFolder {
  withFileErrors(path, () => {
    if (!existsSync(join(path, runFiles.spec))) rmSync(path, { recursive: true, force: true });
    makeFolder(path);
  });
  for (const folder of [path, join(path, runFiles.kept)]) removeLeftovers(folder, { isOwner: true });
  return new OwnedFolder(path, lock, true);
}

/** Throws ERR_CONFIG for a name that is unusable or taken already. */
export function checkPlace(place: RunPlace): void {
  if (!('name' in place)) return;
  const { runs, name } = place;
  if (!/^\w[\w.-]{0,99}$/.test(name)) {
    throw expected('ERR_CONFIG', 'letters, digits, dots, dashes and underscores', 'the run name', name, { path: 'name' });
  }
  if (isTaken(join(runs, name))) throw taken(place);
}

function taken({ runs, name }: { readonly runs: string; readonly name: string }): Error {
  return expected('ERR_CONFIG', `a name that ${runs} does not hold yet`, 'the run name', name, { path: 'name' });
}

/** Whether something of that name is there that must not be written over. Throws ERR_IO. */
export function isTaken(path: string): boolean {
  return withFileErrors(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined && isBegun(path);
}

/** BASE-n with the next free number; runs of several seeds, BASE-n-seed0 and so on, and the nets of depth experiments take theirs too. Throws ERR_IO. */
export function nextName(runs: string, base: string): string {
  return `${base}-${String(1 + highestNumber(runs, base))}`;
}

function highestNumber(runs: string, base: string): number {
  if (!existsSync(runs)) return 0;
  const names = withFileErrors(runs, () => readdirSync(runs));
  const numbers = names
    .filter((name) => name.startsWith(`${base}-`))
    .map((name) => Number(name.slice(base.length + 1).replace(/-(seed\d+|\d+layers(-batchnorm)?)$/, '')));
  return Math.max(0, ...numbers.filter((n) => Number.isSafeInteger(n)));
}

/** False when something of that name is there already, perhaps made by another process just now. */
function makeFolder(path: string): boolean {
  return withFileErrors(path, () => {
    try {
      mkdirSync(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Whether there is more in a folder than a process leaves that was killed before its run, or its search, had a first line. */
function isBegun(path: string): boolean {
  return withFileErrors(path, () => {
    if (!lstatSync(path).isDirectory()) return true;
    return readdirSync(path).some((name) => {
      if (isLockFile(name) || name.endsWith('.tmp') || name === runFiles.status || name === runFiles.stop) return false;
      if (name === runFiles.metrics) return lstatSync(join(path, name)).size > 0;
      if (name === searchFiles.journal) return !lstatSync(join(path, name)).isFile() || readPart(join(path, name), (size) => ({ from: 0, length: size }))?.bytes.includes('\n') === true;
      return true;
    });
  });
}

/** What a killed process left in a folder in which nothing has begun. */
function clear(path: string): void {
  for (const name of [runFiles.status, runFiles.stop, runFiles.metrics, searchFiles.journal]) {
    const file = join(path, name);
    withFileErrors(file, () => { rmSync(file, { force: true }); });
  }
}
