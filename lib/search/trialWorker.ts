import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BlastrainError, fromPlain, toPlain } from '../errors';
import { packageRoot } from '../files';
import { loadedModules } from '../spec/modules';
import type { TrialRows, TrialMessage, TrialTask, TrialThreadData, Segment, SegmentEnd } from './trialThread';

export type { TrialRows, Segment, SegmentEnd } from './trialThread';

/**
 * A worker thread that trains segments of runs, one at a time. It is reused, so that it starts once and fits each normalisation once.
 * Rows on shared memory are not copied.
 */
export class TrialWorker {
  private worker: Worker | undefined;

  constructor(private readonly data: TrialRows) {}

  /** Trains a segment of a run. `onStep` is called at most every 200 ms. Rejects with the error that ended the training. */
  async train(segment: Segment, onStep: (step: number) => void): Promise<SegmentEnd> {
    const message = await this.execute({ type: 'train', segment }, onStep);
    return (message as Extract<TrialMessage, { type: 'trained' }>).end;
  }

  /** 1 for each validation row of fold `data` that the model of a run's folder classifies correctly, else 0. */
  async check(folder: string, data: number): Promise<Uint8Array> {
    const message = await this.execute({ type: 'check', folder, data });
    return (message as Extract<TrialMessage, { type: 'checked' }>).correct;
  }

  /** Terminates the thread at once; its run can be resumed, as after a kill. The next task starts another thread. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private execute(task: TrialTask, onStep?: (step: number) => void): Promise<TrialMessage> {
    const worker = this.worker ??= new Worker(join(packageRoot, 'dist', 'search', 'trialThread.js'), { workerData: { data: this.data, modules: loadedModules() } satisfies TrialThreadData });
    return new Promise((resolve, reject) => {
      const onMessage = (message: TrialMessage): void => {
        if (message.type === 'step') {
          onStep?.(message.step);
          return;
        }
        unsubscribe();
        if (message.type === 'failed') reject(fromPlain(message.error));
        else resolve(message);
      };
      // The next task starts another thread in place of one that crashed.
      const onError = (error: Error): void => {
        unsubscribe();
        if (this.worker === worker) this.worker = undefined;
        reject(fromPlain(toPlain(error)));
      };
      const onExit = (code: number): void => {
        onError(new BlastrainError('ERR_WORKER', `Expected the training thread to report an end but received exit code ${String(code)}`));
      };
      const unsubscribe = (): void => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(task);
    });
  }
}
