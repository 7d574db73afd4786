import { closeSync, constants, existsSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import {
  createIfMissing, firstLine, hasCode, heartbeat, lockedBy, makeOwnerLine, parseOwner, readLock, readText, removedError, withDraft,
} from './lockFile';
import { withFileErrors } from './system';

/** Milliseconds between heartbeats. */
const heartbeatEvery = 5000;

/** A lock as plain data, to pass to another thread of the process that owns it. */
export interface LockHandle {
  readonly path: string;
  /** First line of the lock file, unique to this lock. */
  readonly ownerLine: string;
}

/**
 * A lock that gives a folder or file one owner, on every file system that can create files exclusively. The lock is a file: its first
 * line names the owner, the second is a heartbeat, a number that grows while the owner lives. The file's age does not matter: for an
 * owner on this machine a waiting process looks the process up, for one elsewhere it watches the heartbeat for a minute.
 * An owner whose lock was taken over meanwhile (its machine slept) finds out by {@link check}.
 */
export class Lock {
  private checkedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  private constructor(readonly path: string, private readonly ownerLine: string) {}

  /** The lock that another thread of this process took. */
  static of({ path, ownerLine }: LockHandle): Lock {
    return new Lock(path, ownerLine);
  }

  /** Creates the lock; undefined where there is one already. Throws ERR_IO. */
  static create(path: string): Lock | undefined {
    if (existsSync(path)) return undefined;
    const ownerLine = makeOwnerLine();
    withDraft(path, ownerLine, (draft) => {
      try {
        linkSync(draft, path);
      } catch (error) {
        if (!hasCode(error, 'EEXIST', 'ENOENT')) createIfMissing(path, ownerLine); // a file system without hard links
      }
    });
    // Whether link succeeded is read from the file: on a network file system it can succeed and report an error.
    return firstLine(readLock(path)) === ownerLine ? new Lock(path, ownerLine) : undefined;
  }

  /** Replaces the lock of a dead owner. The caller makes sure that no other process does so at the same time. Throws ERR_IO. */
  static replace(path: string): Lock | undefined {
    const ownerLine = makeOwnerLine();
    withDraft(path, ownerLine, (draft) => { renameSync(draft, path); });
    return firstLine(readLock(path)) === ownerLine ? new Lock(path, ownerLine) : undefined;
  }

  get handle(): LockHandle {
    return { path: this.path, ownerLine: this.ownerLine };
  }

  /**
   * Writes a heartbeat. Throws ERR_LOCKED when another process has taken the lock over, ERR_IO when it was removed, perhaps with its
   * folder; nothing more may be written then.
   */
  check(): void {
    this.checkedAt = performance.now();
    const found = withFileErrors(this.path, () => this.writeHeartbeat());
    if (found === undefined) throw removedError(this.path);
    if (firstLine(found) !== this.ownerLine) throw lockedBy(this.path, parseOwner(found));
  }

  /** {@link check} at most once a second, for frequent calls. */
  checkEverySecond(): void {
    if (performance.now() - this.checkedAt >= 1000) this.check();
  }

  /** Writes a heartbeat every few seconds, as long as this thread returns to its event loop. */
  keepAlive(): this {
    this.timer ??= setInterval(() => {
      try {
        this.check();
      } catch {
        // Each writer calls check itself and gets this error there.
      }
    }, heartbeatEvery).unref();
    return this;
  }

  /** Removes the lock. Never throws: where that fails, the next process finds the owner dead. */
  release(): void {
    this.stopHeartbeat();
    try {
      if (firstLine(readLock(this.path)) === this.ownerLine) rmSync(this.path, { force: true });
    } catch {
      // The folder may be gone, or the disk.
    }
  }

  /** Ends {@link keepAlive}. */
  stopHeartbeat(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Returns the contents of the file, undefined where it is missing. Writes the heartbeat only where the first line is this lock's. */
  private writeHeartbeat(): string | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
    try {
      const text = readText(descriptor);
      if (firstLine(text) === this.ownerLine) writeSync(descriptor, heartbeat(), Buffer.byteLength(this.ownerLine) + 1, 'latin1');
      return text;
    } finally {
      closeSync(descriptor); // On a network file system others see the write only after the close.
    }
  }
}
