import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BlastrainError, fromPlain, toPlain } from '../errors';
import { packageRoot } from '../files';
import type { LockHandle } from '../files/lock';
import type { TrialRows, TrialMessage, TrialOrder, TrialThreadData, Segment, SegmentEnd } from './trialThread';

export type { TrialRows, Segment, SegmentEnd } from './trialThread';

/**
 * A thread that trains one segment of a run after the other: it starts once, and fits each normalisation once. Rows on shared
 * memory are not copied. It does one thing at a time.
 */
export class TrialWorker {
  private worker: Worker | undefined;

  /** @param lock of the search, by which this process owns the folders of all runs. */
  constructor(private readonly data: TrialRows, private readonly lock: LockHandle) {}

  /** Trains a segment of a run; `onStep` hears now and then how far it is. Rejects with what ended the training. */
  async train(segment: Segment, onStep: (step: number) => void): Promise<SegmentEnd> {
    const message = await this.carryOut({ type: 'train', segment }, onStep);
    return (message as Extract<TrialMessage, { type: 'trained' }>).end;
  }

  /** 1 for each validation row that the model of a run's folder classifies rightly, else 0. */
  async check(folder: string, data: number): Promise<Uint8Array> {
    const message = await this.carryOut({ type: 'check', folder, data });
    return (message as Extract<TrialMessage, { type: 'checked' }>).correct;
  }

  /** Ends the thread, wherever it is: runs are left as a kill would leave them, and can go on. A next order starts another. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private carryOut(order: TrialOrder, onStep?: (step: number) => void): Promise<TrialMessage> {
    const worker = this.worker ??= new Worker(join(packageRoot, 'dist', 'search', 'trialThread.js'), { workerData: { data: this.data, lock: this.lock } satisfies TrialThreadData });
    return new Promise((resolve, reject) => {
      const hear = (message: TrialMessage): void => {
        if (message.type === 'step') {
          onStep?.(message.step);
          return;
        }
        leave();
        if (message.type === 'failed') reject(fromPlain(message.error));
        else resolve(message);
      };
      // A thread that broke down is replaced with the next order.
      const fail = (error: Error): void => {
        leave();
        if (this.worker === worker) this.worker = undefined;
        reject(fromPlain(toPlain(error)));
      };
      const exit = (code: number): void => {
        fail(new BlastrainError('ERR_WORKER', `Expected the training thread to report an end but received exit code ${String(code)}`));
      };
      const leave = (): void => {
        worker.off('message', hear).off('error', fail).off('exit', exit);
      };
      worker.on('message', hear).on('error', fail).on('exit', exit);
      worker.postMessage(order);
    });
  }
}
