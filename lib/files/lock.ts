import { closeSync, constants, existsSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import {
  createUnlessThere, firstLine, hasCode, headOf, lockedBy, look, parseOwner, pulse, readText, removed, withDraft,
} from './lockFile';
import { withFileErrors } from './system';

/** Milliseconds between two heartbeats. */
const beatEvery = 5000;

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
