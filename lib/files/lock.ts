import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, linkSync, lstatSync, openSync, readSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BlastrainError } from '../errors';
import { fateOf, thisProcess } from './process';
import type { ProcessIdentity } from './process';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/** Name of the lock in a folder that one process owns. */
export const lockName = 'lock';
/** An owner on another host that has said nothing for so many milliseconds is dead, by the clock of the process that waits. */
const silence = 60_000;
/** Milliseconds between two heartbeats. */
const beatEvery = 5000;
/** A lock file is longer in no case. */
const mostBytes = 4096;

/** Who owns what a lock stands for. */
export interface Owner extends ProcessIdentity {
  /** ISO 8601, by the owner's clock. */
  readonly since: string;
  readonly token: string;
}

/** What is said while a lock is waited for. */
export interface Waiting {
  /** Undefined where the lock file cannot be read. */
  readonly owner: Owner | undefined;
  /** Milliseconds for which an owner that cannot be seen from here has said nothing; undefined where it is known to be alive. */
  readonly silent?: number;
  /** What is waited for. */
  readonly path: string;
  /** Milliseconds until the next look. */
  readonly pause: number;
}

/** By what the one who waits measures time. */
export interface Clock {
  /** Milliseconds, never set back. */
  now(): number;
  sleep(milliseconds: number): void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds); },
};

export interface LockOptions {
  readonly clock?: Clock;
  /** Milliseconds to wait for an owner that is alive; by default none. */
  readonly patience?: number;
  /** Hears of each look at an owner on another host that says nothing; may throw, and so end the waiting. */
  readonly onWait?: (waiting: Waiting) => void;
}

/** A lock as plain data, for another thread of the process that owns it. */
export interface LockHandle {
  readonly path: string;
  readonly head: string;
}

/**
 * One owner of a folder or file, on every file system that can make a file exclusively. The lock is a file: a first line that
 * says who owns it, and behind it a number that goes up while the owner lives. It is never removed for its age: the process
 * that wants it knows at once whether an owner on this machine has ended, and watches one elsewhere for a minute.
 * An owner that was taken for dead (a machine that slept) learns of it from {@link check}.
 */
export class Lock {
  private checkedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  private constructor(readonly path: string, private readonly head: string) {}

  /** The lock that another thread of this process took. */
  static of({ path, head }: LockHandle): Lock {
    return new Lock(path, head);
  }

  /** Undefined where there is one already. Throws ERR_IO. */
  static create(path: string): Lock | undefined {
    if (existsSync(path)) return undefined;
    const head = headOf();
    withDraft(path, head, (draft) => {
      try {
        linkSync(draft, path);
      } catch (error) {
        if (!hasCode(error, 'EEXIST', 'ENOENT')) createUnlessThere(path, head); // a file system without hard links
      }
    });
    // Not by whether link said so: over a network it can have been done and be said not to.
    return firstLine(look(path)) === head ? new Lock(path, head) : undefined;
  }

  /** In place of a lock whose owner is dead, which nobody else replaces meanwhile. Throws ERR_IO. */
  static replace(path: string): Lock | undefined {
    const head = headOf();
    withDraft(path, head, (draft) => { renameSync(draft, path); });
    return firstLine(look(path)) === head ? new Lock(path, head) : undefined;
  }

  get handle(): LockHandle {
    return { path: this.path, head: this.head };
  }

  /**
   * Says that the owner lives. Throws ERR_LOCKED when another process owns the lock by now, ERR_IO when it was removed, perhaps
   * with its folder: then nothing more may be written.
   */
  check(): void {
    this.checkedAt = performance.now();
    const found = withFileErrors(this.path, () => this.beat());
    if (found === undefined) throw removed(this.path);
    if (firstLine(found) !== this.head) throw lockedBy(this.path, parseOwner(found));
  }

  /** {@link check}, once a second at most: for what happens often. */
  checkNowAndThen(): void {
    if (performance.now() - this.checkedAt >= 1000) this.check();
  }

  /** Says every few seconds that the owner lives, as long as this thread returns to its event loop. */
  keepAlive(): this {
    this.timer ??= setInterval(() => {
      try {
        this.check();
      } catch {
        // Whoever writes checks by itself, and ends with this error.
      }
    }, beatEvery).unref();
    return this;
  }

  /** Lets go of it. Never throws: whoever comes next finds that the owner has ended. */
  release(): void {
    this.rest();
    try {
      if (firstLine(look(this.path)) === this.head) rmSync(this.path, { force: true });
    } catch {
      // The folder may be gone, or the disk.
    }
  }

  /** No more heartbeats from this thread. */
  rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Returns what the file held; writes behind the first line only where that is ours. */
  private beat(): string | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
    try {
      const text = readText(descriptor);
      if (firstLine(text) === this.head) writeSync(descriptor, pulse(), Buffer.byteLength(this.head) + 1, 'latin1');
      return text;
    } finally {
      closeSync(descriptor); // On a network file system, others see what was written from here on.
    }
  }
}

/**
 * Takes a lock: each step of the iteration is a wait, and its end has the lock. Throws ERR_LOCKED, naming the owner, when one is
 * alive for longer than `patience`; ERR_IO. To be driven by {@link settle} or {@link settleLater}.
 */
export function* acquireLock(path: string, { clock = systemClock, patience = 0 }: LockOptions = {}): Generator<Waiting, Lock, void> {
  const begun = clock.now();
  let watched: string | undefined;
  let watchedSince = 0;
  for (;;) {
    const lock = Lock.create(path);
    if (lock !== undefined) return lock;
    const seen = look(path);
    if (seen === undefined) continue; // let go of just now
    const owner = parseOwner(seen);
    const fate = owner === undefined ? 'unknown' : fateOf(owner);
    const hasBeaten = fate === 'unknown' && watched !== undefined && watched !== seen && firstLine(watched) === firstLine(seen);
    if (watched !== seen) {
      watched = seen;
      watchedSince = clock.now();
    }
    if (fate === 'alive' || (hasBeaten && owner !== undefined)) {
      if (clock.now() - begun >= patience) throw lockedBy(path, owner);
      yield { owner, path, pause: 20 };
      continue;
    }
    const silent = clock.now() - watchedSince;
    if (fate === 'unknown' && silent < silence) {
      yield { owner, path, silent, pause: 500 };
      continue;
    }
    // Of those that found it dead, one at a time replaces it, and only if nobody has yet. This lock may be left behind too.
    const claim = yield* acquireLock(claimName(path, seen), { clock, patience: 2 * silence });
    try {
      const own = look(path) === seen ? Lock.replace(path) : undefined;
      if (own !== undefined) {
        removeClaims(path);
        return own;
      }
    } finally {
      claim.release();
    }
  }
}

/** Waits, blocking the thread, until an iteration of waits ends; returns its result. */
export function settle<T>(steps: Generator<Waiting, T, void>, { clock = systemClock, onWait }: LockOptions = {}): T {
  try {
    for (;;) {
      const turn = steps.next();
      if (turn.done === true) return turn.value;
      if (turn.value.silent !== undefined) onWait?.(turn.value);
      clock.sleep(turn.value.pause);
    }
  } finally {
    steps.return(undefined as T);
  }
}

/** {@link settle} for a thread that must not be blocked. */
export async function settleLater<T>(steps: Generator<Waiting, T, void>, { onWait }: LockOptions = {}): Promise<T> {
  try {
    for (;;) {
      const turn = steps.next();
      if (turn.done === true) return turn.value;
      if (turn.value.silent !== undefined) onWait?.(turn.value);
      await new Promise((resolve) => { setTimeout(resolve, turn.value.pause); });
    }
  } finally {
    steps.return(undefined as T);
  }
}

/** Does something that takes a moment as the only process that does it; waits a minute for another that is at it. Throws ERR_LOCKED, ERR_IO. */
export function withLock<T>(path: string, operation: () => T): T {
  const lock = settle(acquireLock(path, { patience: silence }));
  try {
    return operation();
  } finally {
    lock.release();
  }
}

/**
 * Whether somebody owns a lock, to be shown. Of an owner elsewhere the file's time tells, by this machine's clock. Never throws.
 */
export function isOwned(path: string): boolean {
  try {
    const seen = look(path);
    const owner = seen === undefined ? undefined : parseOwner(seen);
    if (owner === undefined) return false;
    const fate = fateOf(owner);
    return fate === 'unknown' ? Date.now() - lstatSync(path).mtimeMs < silence : fate === 'alive';
  } catch {
    return false;
  }
}

/** Whether a name is that of a lock's claim, by which those that replace it take turns, but for the lock's own. */
function isClaim(end: string): boolean {
  return /^[0-9a-f]{16}(\.[0-9a-f]{16})*$/.test(end);
}

/** Whether a file belongs to a lock: it is the lock, or a claim to it. */
export function isLockFile(name: string): boolean {
  return name === lockName || (name.startsWith(`${lockName}.`) && isClaim(name.slice(lockName.length + 1)));
}

/** Of dead locks that are replaced by now, and never come back; one that was killed while it replaced them left its claim. */
function removeClaims(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of withFileErrors(path, () => readdirSync(dirname(path)))) {
    if (name.startsWith(prefix) && isClaim(name.slice(prefix.length))) rmSync(join(dirname(path), name), { force: true });
  }
}

function claimName(path: string, seen: string): string {
  return `${path}.${createHash('sha256').update(firstLine(seen) ?? seen).digest('hex').slice(0, 16)}`;
}

function headOf(): string {
  return JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), token: randomBytes(8).toString('hex') } satisfies Owner);
}

/** The process's own steady clock: it goes up in whatever thread the heartbeat is written. */
function pulse(): string {
  return `${String(process.hrtime.bigint() / 1_000_000n).padStart(16, '0')}\n`;
}

function withDraft(path: string, head: string, use: (draft: string) => void): void {
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

function createUnlessThere(path: string, head: string): void {
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
  } finally {
    closeSync(descriptor);
  }
}

/** What a lock file holds; undefined where there is none, and nothing where it is no file. Throws ERR_IO. */
function look(path: string): string | undefined {
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

function readText(descriptor: number): string {
  const bytes = Buffer.alloc(Math.min(mostBytes, fstatSync(descriptor).size));
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

function firstLine(text: string | undefined): string | undefined {
  const end = text?.indexOf('\n') ?? -1;
  return end < 0 ? undefined : text!.slice(0, end);
}

/** Undefined for what a process cut short, or another program, wrote. */
function parseOwner(text: string): Owner | undefined {
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

function removed(path: string): BlastrainError {
  const target = guarded(path);
  const what = existsSync(target) ? 'none: it was removed' : 'no such folder: it was removed';
  return new BlastrainError('ERR_IO', `Expected the lock by which this process writes there for ${target} but received ${what}`, { file: target });
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
