import { dirname } from 'node:path';

export { AppendFile } from './append';
export { parseJson, readJson, readJsonIfThere } from './json';
export { badLines, readJsonLines } from './lines';
export type { BadLine, JsonLines, Line } from './lines';
export { acquireLock, isLockFile, isOwned, Lock, lockedBy, lockName, settle, settleLater, withLock } from './lock';
export type { Clock, LockHandle, LockOptions, Owner, Waiting } from './lock';
export { readFile, readFileIfThere, readPart, sizeLimits } from './read';
export type { ReadOptions } from './read';
export { keepAs, makeFolders, replaceFile, syncFolder } from './replace';
export { fileError, systemError, withFileErrors } from './system';
export { removeLeftovers, temporaryName } from './temporary';

/** The root of the package, the same from lib/ and from dist/. */
export const packageRoot = dirname(dirname(__dirname));
