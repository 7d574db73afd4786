import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import { lockedBy } from '../files';
import type { Waiting } from '../files/acquire';
import type { LockHandle } from '../files/lock';
import type { TrainEvent } from '../train/events';
import type { TrainCommand } from '../train/train';
import { loadData } from '../data/sources';
import { checkPlace } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import { findResumption } from './resume';
import { resumedSpec } from './resumedSpec';
import { RunControl } from '../runFolder/runControl';
import { RunFolder } from '../runFolder/runFolder';
import { runExperiment } from './run';
import type { TrainingData } from '../build/buildTraining';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import type { MessagePort } from 'node:worker_threads';

/** What the starting thread hands over. */
export interface WorkerOrder {
  readonly spec: TrainSpec;
  /** Rows on shared memory; loaded here when absent. */
  readonly data?: TrainingData;
  readonly name: string;
  /** Where the run's folder is made; absent for a run that only lives in memory. */
  readonly place?: RunPlace;
  /** The folder of a run that goes on, in place of `place`, and what changes of its spec. */
  readonly resume?: { readonly folder: string; readonly changes: Partial<TrainSpec> };
  /** Carries 'stop' to the worker. Polled between events, because the loop never returns to its event loop. */
  readonly control: MessagePort;
}

/** What the worker sends back: events in order, then either the final checkpoint or the error. */
export type WorkerMessage =
  /** An owner of the run's folder that cannot be seen from here is waited for. */
  | { readonly type: 'waiting'; readonly waiting: Waiting }
  /** The run's folder is this process's, whose main thread is to say now and then that it lives. */
  | { readonly type: 'owning'; readonly lock: LockHandle }
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
  const isStopped = (): boolean => receiveMessageOnPort(order.control)?.message === 'stop';
  const onWait = (waiting: Waiting): void => {
    if (isStopped()) throw lockedBy(waiting.path, waiting.owner);
    post({ type: 'waiting', waiting });
  };
  let folder: RunFolder | undefined;
  let control: RunControl | undefined;
  const own = (its: RunFolder): RunFolder => {
    post({ type: 'owning', lock: its.lock.handle });
    return folder = its;
  };
  try {
    const { resume, place } = order;
    if (resume !== undefined) own(RunFolder.reopen(resume.folder, { onWait }));
    else if (place !== undefined) checkPlace(place);
    // Only now is the spec of a run that goes on what its last owner left.
    const spec = resume === undefined ? order.spec : resumedSpec(resume.folder, resume.changes);
    const data = order.data ?? loadData(dataRequest(spec));
    const resumption = resume === undefined ? undefined : findResumption(resume.folder, spec);
    const begin = (): RunFolder => {
      const its = folder ?? own(RunFolder.create(place!, { onWait }));
      control = new RunControl(its.path);
      return its;
    };
    const isKept = folder !== undefined || place !== undefined;
    const run = runExperiment(spec, data, resumption?.record.name ?? (isKept ? undefined : order.name), isKept ? begin : undefined, resumption);
    let command: TrainCommand;
    for (;;) {
      const turn = run.next(command);
      if (turn.done === true) {
        control?.end();
        folder?.close();
        const { buffer } = turn.value;
        // Moved, not copied, where the bytes have the buffer to themselves.
        post({ type: 'done', checkpoint: turn.value }, buffer.byteLength === turn.value.byteLength ? [buffer as ArrayBuffer] : []);
        return;
      }
      outbox.add(turn.value);
      if (isStopped() || control?.stopRequested === true) command = 'stop';
    }
  } catch (thrown) {
    const error = toPlain(thrown);
    outbox.send();
    leave(folder, control, error);
    post({ type: 'failed', error });
  }
}

/** Says in the folder why the run failed, where it is still ours, and lets go of it. Never throws: an error is on its way already. */
function leave(folder: RunFolder | undefined, control: RunControl | undefined, error: PlainError): void {
  try {
    folder?.lock.check();
    control?.fail(error);
  } catch {
    // Another process owns it, or nothing is left of it.
  }
  try {
    folder?.close();
  } catch {
    // The disk may be full.
  }
}

const port = parentPort!;
main(workerData as WorkerOrder, (message, transfer = []) => {
  port.postMessage(message, transfer);
});
