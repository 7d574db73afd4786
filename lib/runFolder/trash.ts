import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BlastrainError, expected } from '../errors';
import { isLockFile, lockedBy, makeFolders, syncFolder, waitSync, withFileErrors } from '../files';
import { isWorkedOn, lockOf, ownFolder } from './ownedFolder';

/** The folder that deleted runs are moved to, beside them; what begins with a dot is no run. */
export const trashName = '.trash';

/** Something that was deleted and can be restored. */
export interface Deleted {
  /** Its folder in the trash, `ID/NAME`. */
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly deletedAt: string;
}

/**
 * Moves the folder of a run, a search or a depth experiment into the trash. Throws ERR_LOCKED where a process writes to it, or may: an owner on
 * another host of which nothing was heard for less than a minute; ERR_CONFIG for a trial, which is a part of its search; ERR_IO.
 */
export function moveToTrash(runs: string, name: string, now = new Date()): Deleted {
  const path = join(runs, name);
  if (name !== basename(name)) throw expected('ERR_CONFIG', 'a run with a folder of its own', 'the run to delete', `${name}, a trial of a search`);
  if (isWorkedOn(path)) throw new BlastrainError('ERR_LOCKED', `Expected a run that no process writes to for what is deleted but received ${name}, which is running`);
  const deletedAt = now.toISOString();
  const id = `${deletedAt.replace(/[:.]/g, '-')}-${randomBytes(3).toString('hex')}`;
  const place = join(trashOf(runs), id);
  const owned = waitSync(ownFolder(path), { onWait: ({ owner }) => { throw lockedBy(lockOf(path), owner); } });
  try {
    withFileErrors(place, () => {
      mkdirSync(place);
      try {
        renameSync(path, join(place, name));
      } catch (error) {
        rmdirSync(place);
        throw error;
      }
    });
  } finally {
    owned.release();
  }
  withFileErrors(place, () => {
    // The lock went along.
    for (const file of readdirSync(join(place, name)).filter(isLockFile)) rmSync(join(place, name, file), { force: true });
    syncFolder(runs);
  });
  return { id, name, deletedAt };
}

/** What is in the trash, the last deleted first; what others have put there is left out. */
export function listTrash(runs: string): Deleted[] {
  const trash = join(runs, trashName);
  if (lstatSync(trash, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return withFileErrors(trash, () => readdirSync(trash)).flatMap((id) => {
    const found = idPattern.exec(id);
    if (found === null || !lstatSync(join(trash, id)).isDirectory()) return [];
    const [, day, hour, minute, second, millisecond] = found;
    return readdirSync(join(trash, id), { withFileTypes: true }).filter((child) => child.isDirectory())
      .map(({ name }) => ({ id, name, deletedAt: `${day!}T${hour!}:${minute!}:${second!}.${millisecond!}Z` }));
  }).sort((a, b) => (a.id < b.id ? 1 : -1));
}

const idPattern = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z-[0-9a-f]{6}$/;

/** Moves what was deleted back to its name. Throws ERR_CONFIG for what is not in the trash, and where its name was given to another meanwhile; ERR_IO. */
export function restoreFromTrash(runs: string, id: string): Deleted {
  const deleted = listTrash(runs).find((one) => one.id === id);
  if (deleted === undefined) throw expected('ERR_CONFIG', 'something in the trash', 'what to restore', id);
  const path = join(runs, deleted.name);
  const place = join(runs, trashName, id);
  // On POSIX systems rename would replace an empty folder.
  if (existsSync(path)) throw expected('ERR_CONFIG', 'a name that is free', 'what to restore', deleted.name);
  withFileErrors(path, () => {
    renameSync(join(place, deleted.name), path);
    syncFolder(runs);
    if (readdirSync(place).length === 0) rmdirSync(place);
  });
  return deleted;
}

/** Throws ERR_IO where something else has its name, as what is moved through a link would leave the folder of runs. */
function trashOf(runs: string): string {
  const trash = join(runs, trashName);
  makeFolders(trash);
  if (!lstatSync(trash).isDirectory()) throw expected('ERR_IO', 'a folder, and no link to one,', 'the trash', trash);
  return trash;
}
