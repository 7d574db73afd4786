import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import type { TrainEvent } from '../train/events';
import type { TrainCommand } from '../train/train';
import { loadData } from '../data/locate';
import { findResumption } from './resume';
import { RunControl } from './runControl';
import { RunFolder } from './runFolder';
import type { RunPlace } from './runFolder';
import { runExperiment } from './run';
import type { TrainingData } from './build';
import { dataRequest } from './spec';
import type { TrainSpec } from './spec';
import type { MessagePort } from 'node:worker_threads';

/** What the starting thread hands over. */
export interface WorkerOrder {
  readonly spec: TrainSpec;
  /** Rows on shared memory; loaded here when absent. */
  readonly data?: TrainingData;
  readonly name: string;
  /** Where the run's folder is made; absent for a run that only lives in memory. */
  readonly place?: RunPlace;
  /** The folder of a run that goes on, in place of `place`. */
  readonly resume?: string;
  /** Carries 'stop' to the worker. Polled between events, because the loop never returns to its event loop. */
  readonly control: MessagePort;
}

/** What the worker sends back: events in order, then either the final checkpoint or the error. */
export type WorkerMessage =
  | { readonly type: 'events'; readonly events: readonly TrainEvent[] }
  | { readonly type: 'done'; readonly checkpoint: Uint8Array }
  | { readonly type: 'failed'; readonly error: PlainError };

/** Milliseconds that a step's event may wait for the next. */
const longestWait = 20;

/**
 * Sends events in bundles: a message wakes the thread that listens, and that takes a core from the kernels for longer than
 * a short step leaves room for. Only events of steps ever wait.
 */
class Outbox {
  private waiting: TrainEvent[] = [];
  private sentAt = -Infinity;

  constructor(private readonly post: (message: WorkerMessage) => void) {}

  add(event: TrainEvent): void {
    this.waiting.push(event);
    if (event.type !== 'step' || performance.now() - this.sentAt >= longestWait) this.send();
  }

  send(): void {
    if (this.waiting.length === 0) return;
    this.post({ type: 'events', events: this.waiting });
    this.waiting = [];
    this.sentAt = performance.now();
  }
}

function main(order: WorkerOrder, post: (message: WorkerMessage, transfer?: ArrayBuffer[]) => void): void {
  const outbox = new Outbox(post);
  let folder: RunFolder | undefined;
  let control: RunControl | undefined;
  try {
    const data = order.data ?? loadData(dataRequest(order.spec));
    const resumption = order.resume === undefined ? undefined : findResumption(order.resume, order.spec);
    if (order.resume !== undefined) folder = RunFolder.reopen(order.resume);
    else if (order.place !== undefined) folder = RunFolder.create(order.place);
    if (folder !== undefined) control = new RunControl(folder.path);
    const run = runExperiment(order.spec, data, resumption?.record.name ?? folder?.name ?? order.name, folder, resumption);
    let command: TrainCommand;
    for (;;) {
      const turn = run.next(command);
      if (turn.done === true) {
        control?.end();
        const { buffer } = turn.value;
        // Moved, not copied, where the bytes have the buffer to themselves.
        post({ type: 'done', checkpoint: turn.value }, buffer.byteLength === turn.value.byteLength ? [buffer as ArrayBuffer] : []);
        return;
      }
      outbox.add(turn.value);
      if (receiveMessageOnPort(order.control)?.message === 'stop' || control?.stopRequested === true) command = 'stop';
    }
  } catch (thrown) {
    const error = toPlain(thrown);
    outbox.send();
    control?.fail(error);
    post({ type: 'failed', error });
  } finally {
    folder?.close();
  }
}

const port = parentPort!;
main(workerData as WorkerOrder, (message, transfer = []) => {
  port.postMessage(message, transfer);
});
