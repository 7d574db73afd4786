import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot, sha256 } from '../../files';
import { defaultThreads } from '../../machine';
import { isShared } from '../shared';

/** Fewer bytes are hashed before a thread has started. */
const worthAThread = 32e6;

/** Milliseconds without progress after which the caller does not wait for the thread any longer. */
const patience = 2000;

/** `workerData` of the thread that hashes; all of it lies in shared memory. */
export interface DigestTask {
  readonly bytes: Uint8Array;
  readonly rest: Uint8Array;
  /** [32], the digest. */
  readonly result: Uint8Array;
  /** [2]: bytes that are filled in and bytes that are hashed, of `bytes` and `rest` together; the first is negative where the digest is not wanted any longer. */
  readonly progress: Int32Array;
}

/**
 * SHA-256 of bytes in shared memory while they are still being filled in, by a thread beside this one: hashing a data set takes about as long as reading it. Bytes
 * that are not in shared memory, few of them, and those of a process with one core are hashed at the end.
 */
export class GrowingDigest {
  private readonly rest: Uint8Array;
  private known: string | undefined;
  /** What a thread was started for; undefined where the caller hashes. */
  readonly task: DigestTask | undefined;

  /** @param restLength how many bytes {@link complete} adds, at least 1. */
  constructor(private readonly bytes: Uint8Array, restLength: number) {
    this.rest = new Uint8Array(new SharedArrayBuffer(restLength));
    if (bytes.length < worthAThread || bytes.length + restLength >= 2 ** 31 || !isShared(bytes) || defaultThreads() === 1) return;
    const task = {
      bytes, rest: this.rest, result: new Uint8Array(new SharedArrayBuffer(32)), progress: new Int32Array(new SharedArrayBuffer(8)),
    } satisfies DigestTask;
    try {
      // What keeps the thread from hashing is noticed by its progress.
      new Worker(join(packageRoot, 'dist', 'data', 'threads', 'digestWorker.js'), { workerData: task }).on('error', () => undefined).unref();
      this.task = task;
    } catch {
      // No thread can be started.
    }
  }

  /** Says that the first `count` bytes are filled in. */
  filled(count: number): void {
    if (this.task === undefined) return;
    Atomics.store(this.task.progress, 0, count);
    Atomics.notify(this.task.progress, 0);
  }

  /** Says that all bytes are filled in, and what follows them. */
  complete(rest: ArrayLike<number>): void {
    this.rest.set(rest);
    this.filled(this.bytes.length + this.rest.length);
  }

  /** The digest of all bytes and what follows them, in hexadecimal digits; waits for it where it is not known yet. */
  get value(): string {
    return this.known ??= this.finish();
  }

  private finish(): string {
    if (this.task !== undefined) {
      const { progress, result } = this.task;
      const all = this.bytes.length + this.rest.length;
      for (let done = Atomics.load(progress, 1); done < all; done = Atomics.load(progress, 1)) {
        if (Atomics.wait(progress, 1, done, patience) === 'timed-out') break;
      }
      if (Atomics.load(progress, 1) === all) return Buffer.from(result).toString('hex');
      this.abandon();
    }
    return sha256().update(this.bytes).update(this.rest).digest('hex');
  }

  /** Ends the thread where the bytes will not be complete. */
  abandon(): void {
    this.filled(-1);
  }
}
