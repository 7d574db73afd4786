import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BlastrainError, fromPlain, toPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { packageRoot } from '../../files';
import { loadedModules } from '../../spec/modules';
import type { TestTimeAugmentation } from '../../data/views';
import type { BackendName } from '../../kernels/contract';
import { areCells } from '../givenRows';
import type { Outputs } from '../prediction';

/** `workerData` of the thread that predicts. */
export interface PredictTask {
  /** A model file. */
  readonly bytes: Uint8Array;
  readonly backend: BackendName;
  readonly tta: TestTimeAugmentation | undefined;
  /** Modules with parts of the user's own, to be loaded first. */
  readonly modules: readonly string[];
}

/** A block of rows, as `Model.predict` takes them. */
export interface PredictRequest {
  readonly id: number;
  readonly rows: unknown;
}

export type PredictAnswer = { readonly id: number } & ({ readonly outputs: Outputs } | { readonly error: PlainError });

interface Waiting {
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread with a model of its own, which predicts blocks of rows in the order in which they come. One is enough, as the kernels share a block between
 * all cores. It keeps the process alive only while somebody waits for it.
 */
export class Background {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;
  private isRetired = false;

  constructor(given: Omit<PredictTask, 'modules'>) {
    const task: PredictTask = { ...given, modules: loadedModules() };
    this.worker = new Worker(join(packageRoot, 'dist', 'inference', 'threads', 'predictWorker.js'), {
      workerData: task, transferList: [task.bytes.buffer as ArrayBuffer],
    });
    this.worker.unref();
    this.worker.on('message', (answer: PredictAnswer) => {
      const { resolve, reject } = this.settle(answer.id);
      if ('outputs' in answer) resolve(answer.outputs);
      else reject(fromPlain(answer.error));
    });
    this.worker.on('error', (error) => { this.fail(fromPlain(toPlain(error))); });
    this.worker.on('exit', (code) => {
      this.fail(new BlastrainError('ERR_WORKER', `Expected the thread that predicts to answer but received exit code ${String(code)}`));
    });
  }

  predict(rows: unknown): Promise<Outputs> {
    const id = this.requests++;
    const array = areCells(rows) ? rows.cells : rows;
    const transfer = ArrayBuffer.isView(array) ? [array.buffer as ArrayBuffer] : [];
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.ref();
      try {
        this.worker.postMessage({ id, rows } satisfies PredictRequest, transfer);
      } catch (error) {
        this.settle(id);
        reject(fromPlain(toPlain(error))); // a row that cannot be cloned, such as one with functions
      }
    });
  }

  /** Ends the thread once it has answered everything. */
  retire(): void {
    this.isRetired = true;
    if (this.waiting.size === 0) void this.worker.terminate();
  }

  /** Ends the thread at once; whoever waits gets ERR_WORKER. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(id: number): Waiting {
    const waiting = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (this.waiting.size === 0) {
      this.worker.unref();
      if (this.isRetired) void this.worker.terminate();
    }
    return waiting;
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
