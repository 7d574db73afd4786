import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { BlastrainError } from '../errors';
import { thisProcess } from './process';
import type { ProcessIdentity } from './process';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/** Name of the lock in a folder that one process owns. */
export const lockName = 'lock';
/** A lock file is longer in no case. */
const maxBytes = 4096;

/** Who owns what a lock stands for. */
export interface Owner extends ProcessIdentity {
  /** ISO 8601, by the owner's clock. */
  readonly since: string;
  readonly token: string;
}

/** The first line of a lock of this process, unlike any other. */
export function headOf(): string {
  return JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), token: randomBytes(8).toString('hex') } satisfies Owner);
}

/** The process's own steady clock: it goes up in whatever thread the heartbeat is written. */
export function pulse(): string {
  return `${String(process.hrtime.bigint() / 1_000_000n).padStart(16, '0')}\n`;
}

/** Does something with a lock file that has no name yet that counts. Throws ERR_IO. */
export function withDraft(path: string, head: string, use: (draft: string) => void): void {
  const draft = temporaryName(path);
  withFileErrors(path, () => {
    removeLeftoversOf(path);
    try {
      createExclusively(draft, head);
      use(draft);
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** For file systems without hard links: others may see the file before it is whole. */
export function createUnlessThere(path: string, head: string): void {
  try {
    createExclusively(path, head);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function createExclusively(path: string, head: string): void {
  const descriptor = openSync(path, 'wx');
  try {
    const bytes = Buffer.from(`${head}\n${pulse()}`, 'utf8');
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor); // a power cut that left it empty would leave nobody to ask whether the owner lives
  } finally {
    closeSync(descriptor);
  }
}

/** What a lock file holds; undefined where there is none, and nothing where it is no file. Throws ERR_IO. */
export function look(path: string): string | undefined {
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

/** What an open lock file holds. */
export function readText(descriptor: number): string {
  const bytes = Buffer.alloc(Math.min(maxBytes, fstatSync(descriptor).size));
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

/** Undefined where there is no whole first line. */
export function firstLine(text: string | undefined): string | undefined {
  const end = text?.indexOf('\n') ?? -1;
  return end < 0 ? undefined : text!.slice(0, end);
}

/** Undefined for what a process cut short, or another program, wrote. */
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

/** What a lock stands for: the folder that it lies in, or the file that it is named after. */
function guarded(path: string): string {
  return basename(path) === lockName ? dirname(path) : path.replace(/\.lock$/, '');
}

/** The error for one who wants what another process owns. */
export function lockedBy(path: string, owner: Owner | undefined): BlastrainError {
  const target = guarded(path);
  if (owner === undefined) return new BlastrainError('ERR_LOCKED', `Expected no other writer for ${target} but received a lock of somebody else`, { file: target });
  const { host, pid, since } = owner;
  return new BlastrainError(
    'ERR_LOCKED', `Expected no other writer for ${target} but received process ${String(pid)} on ${host}, which has been writing there since ${since}`,
    { file: target, host, pid, since },
  );
}

/** The error for an owner whose lock was removed. */
export function removed(path: string): BlastrainError {
  const target = guarded(path);
  const what = existsSync(target) ? 'none: it was removed' : 'no such folder: it was removed';
  return new BlastrainError('ERR_IO', `Expected the lock by which this process writes there for ${target} but received ${what}`, { file: target });
}

/** Whether an error of the system is one of these. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
