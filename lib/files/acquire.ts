import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Lock } from './lock';
import { firstLine, lockedBy, lockName, parseOwner, readLock } from './lockFile';
import type { Owner } from './lockFile';
import { livenessOf } from './process';
import { withFileErrors } from './system';

/** Milliseconds without a heartbeat after which an owner on another host counts as dead, by the clock of the waiting process. */
const heartbeatTimeout = 60_000;

/** A wait for a lock. */
export interface Waiting {
  /** Undefined where the lock file cannot be read. */
  readonly owner: Owner | undefined;
  /** Milliseconds without a heartbeat of an owner whose process is not visible from here; undefined for an owner known to be alive. */
  readonly silent?: number;
  /** The lock file. */
  readonly path: string;
  /** Milliseconds until the lock is tried again. */
  readonly pause: number;
}

/** Time source of a wait; tests pass another. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number;
  sleep(milliseconds: number): void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds); },
};

export interface LockOptions {
  readonly clock?: Clock;
  /** Milliseconds to wait for an owner that is alive; default 0. */
  readonly timeout?: number;
  /** Called before each wait for an owner on another host that gives no heartbeat; may throw to end the waiting. */
  readonly onWait?: (waiting: Waiting) => void;
}

/**
 * Acquires a lock. Yields each wait and returns the lock; run it with {@link waitSync} or {@link waitAsync}. Throws ERR_LOCKED, naming
 * the owner, when it is alive for longer than `timeout`; ERR_IO.
 */
export function* acquireLock(path: string, { clock = systemClock, timeout = 0 }: LockOptions = {}): Generator<Waiting, Lock, void> {
  const startedAt = clock.now();
  let watched: string | undefined;
  let watchedSince = 0;
  for (;;) {
    const lock = Lock.create(path);
    if (lock !== undefined) return lock;
    const seen = readLock(path);
    if (seen === undefined) continue; // just released
    const owner = parseOwner(seen);
    const liveness = owner === undefined ? 'unknown' : livenessOf(owner);
    const hasHeartbeat = liveness === 'unknown' && watched !== undefined && watched !== seen && firstLine(watched) === firstLine(seen);
    if (watched !== seen) {
      watched = seen;
      watchedSince = clock.now();
    }
    if (liveness === 'alive' || (hasHeartbeat && owner !== undefined)) {
      if (clock.now() - startedAt >= timeout) throw lockedBy(path, owner);
      yield { owner, path, pause: 20 };
      continue;
    }
    const silent = clock.now() - watchedSince;
    if (liveness === 'unknown' && silent < heartbeatTimeout) {
      yield { owner, path, silent, pause: Math.min(500, 20 + silent, heartbeatTimeout - silent) }; // short at first, as many locks are held for a moment
      continue;
    }
    // The owner is dead. A second lock, the claim, lets one waiting process at a time replace the file, if it is still the same.
    // The holder of the claim may die too; the claim is then replaced in the same way.
    const claim = yield* acquireLock(claimName(path, seen), { clock, timeout: 2 * heartbeatTimeout });
    try {
      const own = readLock(path) === seen ? Lock.replace(path) : undefined;
      if (own !== undefined) {
        removeClaims(path);
        return own;
      }
    } finally {
      claim.release();
    }
  }
}

/** Runs an acquisition to its end, blocking the thread during waits; returns its result. */
export function waitSync<T>(steps: Generator<Waiting, T, void>, { clock = systemClock, onWait }: LockOptions = {}): T {
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

/** {@link waitSync} without blocking the thread. */
export async function waitAsync<T>(steps: Generator<Waiting, T, void>, { onWait }: LockOptions = {}): Promise<T> {
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

/** Runs a short operation while holding a lock; waits up to a minute for another holder. Throws ERR_LOCKED, ERR_IO. */
export function withLock<T>(path: string, operation: () => T): T {
  const lock = waitSync(acquireLock(path, { timeout: heartbeatTimeout }));
  try {
    return operation();
  } finally {
    lock.release();
  }
}

/**
 * Whether a lock has a living owner, for display only: for an owner on another host it compares the file's modification time with this
 * machine's clock. Never throws.
 */
export function isOwned(path: string): boolean {
  try {
    const seen = readLock(path);
    const owner = seen === undefined ? undefined : parseOwner(seen);
    if (owner === undefined) return false;
    const liveness = livenessOf(owner);
    return liveness === 'unknown' ? Date.now() - lstatSync(path).mtimeMs < heartbeatTimeout : liveness === 'alive';
  } catch {
    return false;
  }
}

/** Whether the part of a file's name after `LOCK.` is that of a claim. */
function isClaim(end: string): boolean {
  return /^[0-9a-f]{16}(\.[0-9a-f]{16})*$/.test(end);
}

/** Whether a file of a folder is the folder's lock or a claim to it. */
export function isLockFile(name: string): boolean {
  return name === lockName || (name.startsWith(`${lockName}.`) && isClaim(name.slice(lockName.length + 1)));
}

/** Removes claims that processes left that were killed while they held them. Their locks have been replaced, so nobody needs them. */
function removeClaims(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of withFileErrors(path, () => readdirSync(dirname(path)))) {
    if (name.startsWith(prefix) && isClaim(name.slice(prefix.length))) rmSync(join(dirname(path), name), { force: true });
  }
}

function claimName(path: string, seen: string): string {
  return `${path}.${createHash('sha256').update(firstLine(seen) ?? seen).digest('hex').slice(0, 16)}`;
}
