import { dirname } from 'node:path';

export { acquireLock, isLockFile, isOwned, waitAsync, waitSync, withLock } from './acquire';
export type { Clock, LockOptions, Waiting } from './acquire';
export { AppendFile } from './append';
export { parseJson, readJson, readJsonIfThere } from './json';
export { badLines, readJsonLines } from './lines';
export type { BadLine, JsonLines, Line } from './lines';
export { Lock } from './lock';
export type { LockHandle } from './lock';
export { lockedBy, lockName } from './lockFile';
export type { Owner } from './lockFile';
export { readFile, readFileIfThere, readPart, sizeLimits } from './read';
export type { ReadOptions } from './read';
export { linkAs, makeFolders, replaceFile, syncFolder } from './replace';
export { StreamedFile } from './streamed';
export { fileError, systemError, withFileErrors } from './system';
export { removeLeftovers, removeLeftoversOf, temporaryName } from './temporary';

/** The root of the package, the same from lib/ and from dist/. */
export const packageRoot = dirname(dirname(__dirname));
