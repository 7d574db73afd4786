import { existsSync } from 'node:fs';
import { toPlain } from '../errors';
import { acquireLock } from '../files';
import type { LockOptions, Waiting } from '../files';
import type { Lock } from '../files/lock';
import { lockOf } from '../runFolder/ownedFolder';

/** Which process trains a run of a search. */
export interface RunOwners {
  /** The lock by which this process owns a run's folder from now on; undefined where another process owns it, or has not been silent for long enough. */
  claim(folder: string): Lock | undefined;
  /** Whether the lock of a claim is still this process's. Throws ERR_IO. */
  holds(lock: Lock): boolean;
  /** Gives a run up. */
  release(lock: Lock): void;
}

/** The owner of the search's folder owns all runs. */
export function soleOwner(lock: Lock): RunOwners {
  return { claim: () => lock, holds: () => true, release: () => undefined };
}

/**
 * Leases on the runs of a shared search: a lock for each, whose heartbeat counts up while its owner lives. An owner on this machine is known to be dead
 * at once; one elsewhere has lost its lease when its count has stood still for a minute by this process's monotonic clock, and finds
 * out before it writes a checkpoint.
 */
export class Leases implements RunOwners {
  /** Acquisitions that watch the heartbeat of another process. */
  private readonly watched = new Map<string, Generator<Waiting, Lock, void>>();
  private readonly held = new Set<Lock>();

  constructor(private readonly options: LockOptions = {}) {}

  claim(folder: string): Lock | undefined {
    const acquisition = this.watched.get(folder) ?? acquireLock(lockOf(folder), this.options);
    this.watched.delete(folder);
    try {
      const turn = acquisition.next();
      if (turn.done !== true) {
        this.watched.set(folder, acquisition);
        return undefined;
      }
      this.held.add(turn.value.keepAlive());
      return turn.value;
    } catch (error) {
      if (toPlain(error).code !== 'ERR_LOCKED') throw error;
      return undefined; // its owner gives signs of life
    }
  }

  holds(lock: Lock): boolean {
    try {
      lock.check();
      return true;
    } catch (error) {
      // Taken over, or taken over and released since.
      if (toPlain(error).code !== 'ERR_LOCKED' && existsSync(lock.path)) throw error;
      return false;
    }
  }

  release(lock: Lock): void {
    lock.release();
    this.held.delete(lock);
  }

  /** Gives up all runs, after their training has ended. */
  close(): void {
    for (const lock of this.held) this.release(lock);
    for (const acquisition of this.watched.values()) acquisition.return(undefined as unknown as Lock);
    this.watched.clear();
  }
}
