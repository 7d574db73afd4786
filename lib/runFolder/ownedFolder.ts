import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkObject, checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import { acquireLock, isLockFile, isOwned, lockName, makeFolders, readPart, removeLeftovers, withFileErrors } from '../files';
import type { Lock } from '../files/lock';
import type { LockOptions, Waiting } from '../files/acquire';
import { runFiles, searchFiles } from './runFiles';

/** Milliseconds to wait for another process that makes the folder of a shared search, which takes it a moment. */
const sharingTimeout = 10_000;

/** Where to create a run's folder: runs/NAME, or runs/BASE-n with the next free number n. */
export type RunPlace =
  | { readonly runs: string; readonly name: string }
  | { readonly runs: string; readonly base: string };

/** Throws ERR_CONFIG for an argument that is not a {@link RunPlace}. */
export function checkPlaceArgument(place: RunPlace): void {
  checkObject(place, 'place', 'where to make the folder of a run', ['runs']);
  checkText(place.runs, 'place.runs', 'the folder of runs');
  if ('name' in place) checkText(place.name, 'place.name', 'a name');
  else checkText(place.base, 'place.base', 'a name to be numbered');
}

/** The folder of a run, a search or a depth experiment that only this process writes to. */
export class OwnedFolder {
  constructor(readonly path: string, readonly lock: Lock, private readonly isSharedLock = false) {}

  get name(): string {
    return basename(this.path);
  }

  /** Releases the lock, unless it is that of the search around the folder. Never throws. */
  release(): void {
    if (this.isSharedLock) return;
    this.lock.release();
  }

  /** {@link release}, and removes the folder if it is empty. Never throws. */
  abandon(): void {
    this.release();
    try {
      rmdirSync(this.path);
    } catch {
      // It is not empty.
    }
  }
}

/**
 * Path of the lock of a run's or a search's folder. Folders of trials have no lock of their own but that of their search, or in a shared
 * search one each, beside them, as a trial's folder is made and emptied by whoever owns it.
 */
export function lockOf(folder: string): string {
  const parent = dirname(folder);
  if (isShared(parent)) return lockIn(parent, basename(folder));
  return join(existsSync(join(parent, searchFiles.journal)) ? parent : folder, lockName);
}

/** Path of a lock of a shared search: of its journal, or of a trial's folder. */
export function lockIn(search: string, name: string): string {
  return join(search, searchFiles.locks, `${name}.lock`);
}

/** Whether a folder is that of a shared search, whose trials have one owner each and which has none itself. */
export function isShared(folder: string): boolean {
  return existsSync(join(folder, searchFiles.locks));
}

/** Whether a live process works on a run or an experiment: by the lock of its folder, or in a shared search by that of any trial. Throws ERR_IO. */
export function isWorkedOn(folder: string): boolean {
  if (isOwned(join(folder, lockName))) return true;
  const locks = join(folder, searchFiles.locks);
  return isShared(folder) && withFileErrors(locks, () => readdirSync(locks)).some((name) => isOwned(join(locks, name)));
}

/**
 * Creates the folder of a shared search, or finds it. To be run like {@link acquireLock}. Throws ERR_CONFIG for an invalid name and for
 * one that something else has, ERR_LOCKED, ERR_IO.
 */
export function* shareFolder(place: { readonly runs: string; readonly name: string }, options: LockOptions = {}): Generator<Waiting, string, void> {
  const { runs, name } = place;
  checkName(name);
  const path = join(runs, name);
  while (!isShared(path)) {
    try {
      const owned = yield* claimFolder(place, { timeout: sharingTimeout, ...options });
      try {
        makeFolder(join(path, searchFiles.locks));
      } finally {
        owned.release();
      }
    } catch (error) {
      if (isShared(path)) continue; // another process came first
      if (existsSync(join(path, searchFiles.journal))) throw expected('ERR_CONFIG', 'a search that was begun to be shared, or a new name,', 'the name of a shared search', name, { path: 'name' });
      throw error;
    }
  }
  return path;
}

/**
 * Takes ownership of an existing folder and removes temporary files of killed processes. To be run like {@link acquireLock}, and throws
 * as it does.
 */
export function* ownFolder(path: string, options: LockOptions = {}): Generator<Waiting, OwnedFolder, void> {
  const lock = yield* acquireLock(lockOf(path), options);
  for (const folder of [path, join(path, runFiles.kept)]) removeLeftovers(folder, { isOwner: true });
  return new OwnedFolder(path, lock);
}

/**
 * Creates a folder that this process owns. A folder of that name in which no run has begun, as a kill can leave it, is taken over. To be
 * run like {@link acquireLock}. Throws ERR_CONFIG for an invalid name or one that is taken, ERR_LOCKED for one that another process
 * is claiming, ERR_IO.
 */
export function* claimFolder(place: RunPlace, options: LockOptions = {}): Generator<Waiting, OwnedFolder, void> {
  const { runs } = place;
  if ('name' in place) {
    checkPlace(place);
    makeFolders(runs);
    const path = join(runs, place.name);
    makeFolder(path);
    const owned = yield* ownFolder(path, options);
    if (hasBegun(path)) {
      owned.release();
      throw nameTaken(place);
    }
    removeRemains(path);
    return owned;
  }
  makeFolders(runs);
  for (let next = 1 + highestNumber(runs, place.base); ; next++) {
    const path = join(runs, `${place.base}-${String(next)}`);
    if (!makeFolder(path)) continue;
    try {
      return yield* ownFolder(path, options);
    } catch (error) {
      if (toPlain(error).code !== 'ERR_LOCKED') throw error; // another process claimed this name first
    }
  }
}

/** Creates or opens a trial's folder, owned by the lock of its search. A folder without a spec, as a kill can leave it, is emptied. Throws ERR_IO. */
export function trialFolder(path: string, lock: Lock): OwnedFolder {
  withFileErrors(path, () => {
    if (!existsSync(join(path, runFiles.spec))) rmSync(path, { recursive: true, force: true });
    makeFolder(path);
  });
  for (const folder of [path, join(path, runFiles.kept)]) removeLeftovers(folder, { isOwner: true });
  return new OwnedFolder(path, lock, true);
}

/** Throws ERR_CONFIG for an invalid name and for one that is taken. */
export function checkPlace(place: RunPlace): void {
  if (!('name' in place)) return;
  const { runs, name } = place;
  checkName(name);
  if (isTaken(join(runs, name))) throw nameTaken(place);
}

function checkName(name: string): void {
  if (/^\w[\w.-]{0,99}$/.test(name)) return;
  throw expected('ERR_CONFIG', 'letters, digits, dots, dashes and underscores', 'the run name', name, { path: 'name' });
}

function nameTaken({ runs, name }: { readonly runs: string; readonly name: string }): Error {
  return expected('ERR_CONFIG', `a name that ${runs} does not hold yet`, 'the run name', name, { path: 'name' });
}

/** Whether a path is taken by a run, a search or anything else that must not be overwritten. Throws ERR_IO. */
export function isTaken(path: string): boolean {
  return withFileErrors(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined && hasBegun(path);
}

/** BASE-n with the next free number n. The runs of several seeds or folds, BASE-n-seed0, …, and of depth experiments count too. Throws ERR_IO. */
export function nextName(runs: string, base: string): string {
  return `${base}-${String(1 + highestNumber(runs, base))}`;
}

function highestNumber(runs: string, base: string): number {
  if (!existsSync(runs)) return 0;
  const names = withFileErrors(runs, () => readdirSync(runs));
  const numbers = names
    .filter((name) => name.startsWith(`${base}-`))
    .map((name) => Number(name.slice(base.length + 1).replace(/-(folds|fold\d+|seed\d+|\d+layers(-batchnorm)?)$/, '')));
  return Math.max(0, ...numbers.filter((n) => Number.isSafeInteger(n)));
}

/** Returns false where the path exists already, perhaps created by another process just now. */
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

/** Whether a folder has more in it than what a process leaves that is killed before the first line of its metrics or journal. */
function hasBegun(path: string): boolean {
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

/** Removes the files that a killed process left in a folder in which no run has begun. */
function removeRemains(path: string): void {
  for (const name of [runFiles.status, runFiles.stop, runFiles.metrics, runFiles.histograms, searchFiles.journal]) {
    const file = join(path, name);
    withFileErrors(file, () => { rmSync(file, { force: true }); });
  }
}
