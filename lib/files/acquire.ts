import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Lock } from './lock';
import { firstLine, lockedBy, lockName, look, parseOwner } from './lockFile';
import type { Owner } from './lockFile';
import { fateOf } from './process';
import { withFileErrors } from './system';

/** An owner on another host that has said nothing for so many milliseconds is dead, by the clock of the process that waits. */
const silence = 60_000;
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
