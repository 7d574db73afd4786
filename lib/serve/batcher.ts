import type { Model } from '../inference/model';
import type { Prediction } from '../inference/prediction';

/** Rows of a request that wait for their predictions. */
interface Job {
  /** [rows, features] */
  readonly features: Float64Array;
  readonly rows: number;
  readonly resolve: (predictions: readonly Prediction[]) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Told of each batch that was computed. */
export type BatchObserver = (rows: number, seconds: number) => void;

/**
 * Computes predictions in batches of at most `batchRows` rows: requests that arrive while one is computed are computed together in the next. A request
 * with more rows is computed by itself, off the thread, so that small ones do not wait for it.
 */
export class Batcher {
  private readonly queue: Job[] = [];
  private isRunning = false;
  private requests = 0;
  private rows = 0;

  constructor(private readonly model: Model, private readonly batchRows: number, private readonly observe: BatchObserver) {}

  /** Requests and rows that wait for their predictions. */
  get waiting(): { readonly requests: number; readonly rows: number } {
    return { requests: this.requests, rows: this.rows };
  }

  /**
   * The predictions for features [rows, features], in their order. Rejects with what the model throws for these rows, whatever other rows are in their
   * batch, and with the reason of the signal where it is aborted before.
   */
  async predict(features: Float64Array, signal: AbortSignal): Promise<readonly Prediction[]> {
    const rows = features.length / this.model.featureSize;
    if (rows === 0) return [];
    this.requests++;
    this.rows += rows;
    try {
      return await (rows > this.batchRows ? this.computeAway(features, rows, signal) : this.enqueue(features, rows, signal));
    } finally {
      this.requests--;
      this.rows -= rows;
    }
  }

  private async computeAway(features: Float64Array, rows: number, signal: AbortSignal): Promise<readonly Prediction[]> {
    const began = performance.now();
    const predictions = await this.model.predictAsync({ cells: features }, { signal });
    this.observe(rows, (performance.now() - began) / 1000);
    return predictions;
  }

  private enqueue(features: Float64Array, rows: number, signal: AbortSignal): Promise<readonly Prediction[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ features, rows, resolve, reject, signal });
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.queue.length > 0) {
      await new Promise((settle) => { setImmediate(settle); }); // requests that have arrived meanwhile are read first
      const batch = this.take();
      if (batch.length > 0) this.compute(batch);
    }
    this.isRunning = false;
  }

  /** Takes the requests of the next batch out of the queue. */
  private take(): Job[] {
    const batch: Job[] = [];
    let left = this.batchRows;
    while (this.queue.length > 0 && this.queue[0]!.rows <= left) {
      const job = this.queue.shift()!;
      if (job.signal.aborted) {
        job.reject(job.signal.reason);
        continue;
      }
      batch.push(job);
      left -= job.rows;
    }
    return batch;
  }

  private compute(batch: readonly Job[]): void {
    const began = performance.now();
    const rows = batch.reduce((sum, job) => sum + job.rows, 0);
    try {
      const predictions = this.model.predict({ cells: joined(batch, rows * this.model.featureSize) });
      let at = 0;
      for (const job of batch) job.resolve(predictions.slice(at, (at += job.rows)));
    } catch {
      // Some row is refused: the requests of the others have their predictions all the same.
      for (const job of batch) this.computeAlone(job);
    }
    this.observe(rows, (performance.now() - began) / 1000);
  }

  private computeAlone({ features, resolve, reject }: Job): void {
    try {
      resolve(this.model.predict({ cells: features }));
    } catch (error) {
      reject(error);
    }
  }
}

function joined(batch: readonly Job[], length: number): Float64Array {
  if (batch.length === 1) return batch[0]!.features;
  const all = new Float64Array(length);
  let at = 0;
  for (const { features } of batch) {
    all.set(features, at);
    at += features.length;
  }
  return all;
}
