import './compileCache';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { attach } from '../cluster';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import { lockedBy } from '../files';
import type { Waiting } from '../files/acquire';
import type { LockHandle } from '../files/lock';
import type { TrainEvent } from '../train/events';
import { unpackTraining } from '../data/packed';
import type { PackedTraining } from '../data/packed';
import { setLoadingListener } from '../data/threads/progress';
import { checkPlace } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import { loadTrainingData } from '../build/loadTrainingData';
import type { TrainingData } from '../build/buildTraining';
import { resumedSpec } from './resumedSpec';
import { RunControl } from '../runFolder/runControl';
import { RunFolder } from '../runFolder/runFolder';
import { loadModules } from '../spec/modules';
import type { GivenSpec, TrainSpec } from '../spec/spec';
import type { MessagePort } from 'node:worker_threads';

/** The one message to the worker. */
export interface TrainTask {
  /** Absent for a rank that learns from rank 0 which run goes on. */
  readonly spec?: TrainSpec;
  /** Rows in shared memory; loaded by the worker when absent. */
  readonly data?: PackedTraining;
  readonly name: string;
  /** Modules with parts of the user's own, to be loaded first. */
  readonly modules: readonly string[];
  /** Where to create the run's folder; absent for a run that writes nothing. */
  readonly place?: RunPlace;
  /** The folder of a run to resume, in place of `place`, and changes to its spec. */
  readonly resume?: { readonly folder: string; readonly changes: GivenSpec };
  /** The MPI addon of the ranks that the process has joined, see `attach` of lib/cluster. */
  readonly cluster?: string;
  /** Carries 'stop' to the worker. Polled between steps, because the training loop never returns to the event loop. */
  readonly control: MessagePort;
}

/** Messages of the worker: events in order, then either the final checkpoint or the error. */
export type WorkerMessage =
  /** The worker waits for an owner of the run's folder whose process is not visible from here. */
  | { readonly type: 'waiting'; readonly waiting: Waiting }
  /** This process owns the run's folder; the main thread must write the heartbeats of its lock. */
  | { readonly type: 'owning'; readonly lock: LockHandle }
  /** How many rows of how many are loaded. */
  | { readonly type: 'loading'; readonly rows: number; readonly all: number }
  | { readonly type: 'events'; readonly events: readonly TrainEvent[] }
  | { readonly type: 'done'; readonly checkpoint: Uint8Array }
  | { readonly type: 'failed'; readonly error: PlainError };

/** Milliseconds that the event of a step may be held back. */
const maxDelay = 100;

/** Milliseconds between two looks whether the run is asked to stop, unless there is an event. */
const askEvery = 5;

/**
 * Sends events in batches, because each message wakes the receiving thread, which takes a core from the kernels for longer than a short
 * step lasts. Only events of steps are held back.
 */
class Outbox {
  private queue: TrainEvent[] = [];
  private sentAt = -Infinity;

  constructor(private readonly post: (message: WorkerMessage) => void) {}

  add(event: TrainEvent): void {
    this.queue.push(event);
    if (event.type !== 'step' || performance.now() - this.sentAt >= maxDelay) this.send();
  }

  send(): void {
    if (this.queue.length === 0) return;
    this.post({ type: 'events', events: this.queue });
    this.queue = [];
    this.sentAt = performance.now();
  }
}

async function main(task: TrainTask, post: (message: WorkerMessage, transfer?: ArrayBuffer[]) => void): Promise<void> {
  const outbox = new Outbox(post);
  const isStopped = (): boolean => receiveMessageOnPort(task.control)?.message === 'stop';
  const onWait = (waiting: Waiting): void => {
    if (isStopped()) throw lockedBy(waiting.path, waiting.owner);
    post({ type: 'waiting', waiting });
  };
  let folder: RunFolder | undefined;
  let control: RunControl | undefined;
  let askedAt = -Infinity;
  const isAskedToStop = (): boolean => {
    const now = performance.now();
    if (now - askedAt < askEvery) return false;
    askedAt = now;
    return isStopped() || control?.stopRequested === true;
  };
  const own = (owned: RunFolder): RunFolder => {
    post({ type: 'owning', lock: owned.lock.handle });
    return folder = owned;
  };
  const rowsFor = (spec: TrainSpec): TrainingData => {
    if (task.data !== undefined) return unpackTraining(task.data);
    return loadTrainingData(spec);
  };
  try {
    const { resume, place } = task;
    const communicator = task.cluster === undefined ? undefined : attach(task.cluster);
    const ranksModule = communicator && await import('./ranks.js');
    if (communicator !== undefined && communicator.rank > 0) {
      const run = ranksModule!.followTraining(communicator, task.spec, rowsFor, isAskedToStop);
      let next = run.next();
      while (next.done !== true) next = run.next();
      post({ type: 'done', checkpoint: next.value.model });
      return;
    }
    if (resume !== undefined) own(RunFolder.reopen(resume.folder, { onWait }));
    else if (place !== undefined) checkPlace(place);
    // The spec of a run to resume is read again now that nobody else can change it.
    const asked = resume === undefined ? task.spec! : resumedSpec(resume.folder, resume.changes);
    const spec = communicator === undefined ? asked : ranksModule!.announce(communicator, asked, resume?.changes);
    setLoadingListener((rows, all) => { post({ type: 'loading', rows, all }); });
    const data = rowsFor(spec);
    // Reading rows needs none of these modules: they are loaded while another thread still hashes what was read.
    const { runTraining } = await import('./run.js');
    const ranks = communicator && ranksModule!.meet(communicator, spec, data);
    const resumption = resume === undefined ? undefined : (await import('./resume.js')).findResumption(resume.folder, spec);
    const openFolder = (): RunFolder => {
      const owned = folder ?? own(RunFolder.create(place!, { onWait }));
      control = new RunControl(owned.path);
      return owned;
    };
    const hasFolder = folder !== undefined || place !== undefined;
    const run = runTraining(spec, data, resumption?.record.name ?? (hasFolder ? undefined : task.name), hasFolder ? openFolder : undefined, resumption, { ranks, isAskedToStop });
    for (;;) {
      const next = run.next();
      if (next.done === true) {
        control?.end();
        folder?.close();
        const { buffer } = next.value;
        // Transferred, not copied, where the buffer holds nothing else.
        post({ type: 'done', checkpoint: next.value }, buffer.byteLength === next.value.byteLength ? [buffer as ArrayBuffer] : []);
        return;
      }
      outbox.add(next.value);
      askedAt = -Infinity; // whoever gets the event may stop the run there
    }
  } catch (thrown) {
    const error = toPlain(thrown);
    outbox.send();
    recordFailure(folder, control, error);
    post({ type: 'failed', error });
  }
}

/** Writes the error to the folder's status.json, unless another process owns it by now, and closes the folder. Never throws, so that the error is reported. */
function recordFailure(folder: RunFolder | undefined, control: RunControl | undefined, error: PlainError): void {
  try {
    folder?.lock.check();
    control?.fail(error);
  } catch {
    // Another process owns the folder, or it was removed.
  }
  try {
    folder?.close();
  } catch {
    // The disk may be full.
  }
}

const port = parentPort!;
const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => { port.postMessage(message, transfer); };
port.once('message', (task: TrainTask) => {
  port.unref(); // the thread ends with its one training
  loadModules(task.modules).then(() => main(task, post), (error: unknown) => {
    post({ type: 'failed', error: toPlain(error) });
  });
});
