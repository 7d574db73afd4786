import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BlastrainError } from '../errors';
import { thisProcess } from './process';
import type { ProcessIdentity } from './process';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/** Name of the lock in a folder that one process owns. */
export const lockName = 'lock';
/** Larger than any lock file. */
const maxBytes = 4096;

/** The owner of a lock. */
export interface Owner extends ProcessIdentity {
  /** ISO 8601, by the owner's clock. */
  readonly since: string;
  /** Random, so that no two locks have the same first line. */
  readonly token: string;
}

/** A first line for a lock of this process, different at each call. */
export function makeOwnerLine(): string {
  return JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), token: randomBytes(8).toString('hex') } satisfies Owner);
}

/** The process's monotonic clock, the same in all threads, so that heartbeats grow whichever thread writes them. */
export function heartbeat(): string {
  return `${String(process.hrtime.bigint() / 1_000_000n).padStart(16, '0')}\n`;
}

/** Writes a lock file under a temporary name and passes that to `use`, which links or renames it. Throws ERR_IO. */
export function withDraft(path: string, ownerLine: string, use: (draft: string) => void): void {
  const draft = temporaryName(path);
  withFileErrors(path, () => {
    removeLeftoversOf(path);
    try {
      createExclusively(draft, ownerLine);
      use(draft);
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** For file systems without hard links: other processes may see the file before it is complete. */
export function createIfMissing(path: string, ownerLine: string): void {
  try {
    createExclusively(path, ownerLine);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function createExclusively(path: string, ownerLine: string): void {
  const descriptor = openSync(path, 'wx');
  try {
    const bytes = Buffer.from(`${ownerLine}\n${heartbeat()}`, 'utf8');
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor); // after a power cut, an empty file would not tell whether the owner lives
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a lock file; undefined where there is none, empty where it is no regular file. Throws ERR_IO. */
export function readLock(path: string): string | undefined {
  return withFileErrors(path, () => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isFile()) return '';
    try {
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        return readText(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ESTALE')) return undefined;
      throw error;
    }
  });
}

/** Reads an open lock file. */
export function readText(descriptor: number): string {
  const bytes = Buffer.alloc(Math.min(maxBytes, fstatSync(descriptor).size));
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

/** Undefined where the first line has no end. */
export function firstLine(text: string | undefined): string | undefined {
  const end = text?.indexOf('\n') ?? -1;
  return end < 0 ? undefined : text!.slice(0, end);
}

/** Undefined for a torn lock file and for one that another program wrote. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(firstLine(text) ?? '') as Partial<Owner> | null;
    const isText = (value: unknown): boolean => typeof value === 'string' || value === null;
    if (typeof owner?.host !== 'string' || typeof owner.since !== 'string' || !Number.isSafeInteger(owner.pid) || owner.pid! <= 0) return undefined;
    return [owner.boot, owner.namespace, owner.started].every(isText) ? owner as Owner : undefined;
  } catch {
    return undefined;
  }
}

/** Name of a folder of locks, each of which is named after a file or folder beside that. */
export const locksName = 'locks';

/** What a lock protects: the folder that it lies in, or the file or folder that it is named after. */
export function targetOf(path: string): string {
  if (basename(path) === lockName) return dirname(path);
  const name = basename(path).replace(/\.lock$/, '');
  return join(basename(dirname(path)) === locksName ? dirname(dirname(path)) : dirname(path), name);
}

/** The error where another process owns the lock. */
export function lockedBy(path: string, owner: Owner | undefined): BlastrainError {
  const target = targetOf(path);
  if (owner === undefined) return new BlastrainError('ERR_LOCKED', `Expected no other writer for ${target} but received a lock of somebody else`, { file: target });
  const { host, pid, since } = owner;
  return new BlastrainError(
    'ERR_LOCKED', `Expected no other writer for ${target} but received process ${String(pid)} on ${host}, which has been writing there since ${since}`,
    { file: target, host, pid, since },
  );
}

/** The error for an owner whose lock was removed. */
export function removedError(path: string): BlastrainError {
  const target = targetOf(path);
  const what = existsSync(target) ? 'none: it was removed' : 'no such folder: it was removed';
  return new BlastrainError('ERR_IO', `Expected the lock by which this process writes there for ${target} but received ${what}`, { file: target });
}

/** Whether an error of the operating system has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
