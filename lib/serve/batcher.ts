import type { Model } from '../inference/model';
import { answersOf } from './answers';
import type { Answer } from './answers';

/** Rows of a request that wait for their answers. */
interface Job {
  /** [rows, features] */
  readonly features: Float64Array;
  readonly rows: number;
  readonly answers: Answer[];
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Some rows of a job. */
interface Slice {
  readonly job: Job;
  readonly from: number;
  readonly to: number;
}

/** Told of each batch that was computed. */
export type BatchObserver = (rows: number, seconds: number) => void;

/**
 * Computes predictions in batches: requests that arrive while one is computed are computed together in the next. A batch has at most `batchRows` rows,
 * after which the event loop turns; a larger request goes on at the end of the queue, so that small ones do not wait for all of it.
 */
export class Batcher {
  private readonly queue: Job[] = [];
  private isRunning = false;
  /** Rows that wait. */
  private rows = 0;

  constructor(
    private readonly model: Model, private readonly featureSize: number, private readonly batchRows: number, private readonly observe: BatchObserver,
  ) {}

  /** Requests and rows that wait for their answers. */
  get waiting(): { readonly requests: number; readonly rows: number } {
    return { requests: this.queue.length, rows: this.rows };
  }

  /**
   * The answers for rows, in their order. Rejects with what the model throws for these rows, whatever other rows are in their batch, and with the
   * reason of the signal where it is aborted before.
   */
  predict(features: Float64Array, signal: AbortSignal): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const rows = features.length / this.featureSize;
      if (rows === 0) {
        resolve([]);
        return;
      }
      this.queue.push({ features, rows, answers: [], resolve, reject, signal });
      this.rows += rows;
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

  /** Takes the rows of the next batch out of the queue. */
  private take(): Slice[] {
    const batch: Slice[] = [];
    let left = this.batchRows;
    while (left > 0 && this.queue.length > 0) {
      const job = this.queue.shift()!;
      const from = job.answers.length;
      if (job.signal.aborted) {
        this.rows -= job.rows - from;
        job.reject(job.signal.reason);
        continue;
      }
      const to = Math.min(job.rows, from + left);
      batch.push({ job, from, to });
      left -= to - from;
      this.rows -= to - from;
    }
    return batch;
  }

  private compute(batch: readonly Slice[]): void {
    const began = performance.now();
    const rows = batch.reduce((sum, { from, to }) => sum + to - from, 0);
    try {
      const answers = answersOf(this.model, this.joined(batch, rows));
      let at = 0;
      for (const slice of batch) this.add(slice, answers.slice(at, (at += slice.to - slice.from)));
    } catch {
      // Some row is refused: the others have their answers all the same.
      for (const slice of batch) this.computeAlone(slice);
    }
    this.observe(rows, (performance.now() - began) / 1000);
  }

  private computeAlone(slice: Slice): void {
    const { job, from, to } = slice;
    try {
      // From the first row on, so that an error has the number of the row in its request.
      this.add(slice, answersOf(this.model, job.features.subarray(0, to * this.featureSize)).slice(from));
    } catch (error) {
      this.rows -= job.rows - to;
      job.reject(error);
    }
  }

  private joined(batch: readonly Slice[], rows: number): Float64Array {
    const { featureSize } = this;
    const cut = ({ job, from, to }: Slice): Float64Array => job.features.subarray(from * featureSize, to * featureSize);
    if (batch.length === 1) return cut(batch[0]!);
    const all = new Float64Array(rows * featureSize);
    let at = 0;
    for (const slice of batch) {
      all.set(cut(slice), at);
      at += (slice.to - slice.from) * featureSize;
    }
    return all;
  }

  private add({ job }: Slice, answers: readonly Answer[]): void {
    for (const answer of answers) job.answers.push(answer);
    if (job.answers.length === job.rows) job.resolve(job.answers);
    else this.queue.push(job);
  }
}
