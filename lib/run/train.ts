import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { checkObject, checkOptions, checkText } from '../arguments';
import { BlastrainError, expected, fromPlain, toPlain } from '../errors';
import type { TrainEvent } from '../train/events';
import type { TrainingData } from '../build/buildTraining';
import type { Model } from '../inference/model';
import { Lock, packageRoot } from '../files';
import type { Waiting } from '../files/acquire';
import { resumedSpec } from './resumedSpec';
import { checkPlaceArgument } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import { parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { trainingRows } from '../build/trainingRows';
import type { WorkerMessage, WorkerOrder } from './trainWorker';

export interface TrainOptions {
  /** Rows to train on; by default what the spec's `data` names. Rows on shared memory are not copied. */
  readonly data?: TrainingData;
  /** Where to make the run's folder; by default nothing is written to disk. */
  readonly place?: RunPlace;
  /**
   * The folder of a run that goes on from its last checkpoint, to the bit; the spec then holds changes only, see
   * {@link resumedSpec}. In place of `place`.
   */
  readonly resume?: string;
  /** Name of a run without a folder, for its events. */
  readonly name?: string;
  /**
   * Called twice a second while the folder belongs to a process on another host or in another container that says nothing: after a
   * minute of that it counts as ended, and the run begins.
   */
  readonly onWait?: (waiting: Waiting) => void;
}

/**
 * A training on a thread of its own: iterate over its events, stop it early, take the trained model. A second loop over the events
 * beside one that is under way throws ERR_CONFIG.
 */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  /** Ends the training after the current step; it still evaluates and keeps what was learned. */
  stop(): void;
  /** The trained model; rejects with what ended the training: ERR_DIVERGED, ERR_SHAPE, ERR_DATA, ERR_IO, … */
  readonly model: Promise<Model>;
}

/**
 * Trains in a worker thread, so that the caller's event loop is never blocked. Leaving the `for await` loop early stops
 * the training. Throws ERR_CONFIG at once for a bad spec; later errors come out of the iteration and of `model`.
 */
export function train(spec: Partial<TrainSpec>, options: TrainOptions = {}): TrainingRun {
  checkOptions(options);
  const { data, place, resume, name = 'run', onWait } = options;
  checkObject(spec, 'spec', 'a spec');
  checkText(name, 'name', 'a name');
  if (place !== undefined) checkPlaceArgument(place);
  if (resume !== undefined) checkText(resume, 'resume', 'the folder of a run');
  if (onWait !== undefined && typeof onWait !== 'function') throw expected('ERR_CONFIG', 'a function', 'onWait', onWait, { path: 'onWait' });
  if (place !== undefined && resume !== undefined) throw expected('ERR_CONFIG', 'no place', 'a run that goes on', place, { path: 'place' });
  const parsed = resume === undefined ? parseSpec(spec) : resumedSpec(resume, spec);
  if (parsed.seeds > 1) throw expected('ERR_CONFIG', '1, as this is a single run,', 'seeds', parsed.seeds, { path: 'seeds' });
  const { port1: control, port2 } = new MessageChannel();
  control.unref();
  const order: WorkerOrder = {
    spec: parsed, name, control: port2, ...(data && { data: trainingRows(data) }), ...(place && { place }), ...(resume !== undefined && { resume: { folder: resume, changes: spec } }),
  };
  const worker = new Worker(join(packageRoot, 'dist', 'run', 'trainWorker.js'), {
    workerData: order,
    transferList: [port2],
    // Loading makes garbage, training hardly any: collected sooner, it takes 7 MB less beside CIFAR-10.
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
  });

  const events = new EventQueue();
  let trained: Uint8Array | undefined;
  let lock: Lock | undefined;
  const checkpoint = new Promise<Uint8Array>((resolve, reject) => {
    const fail = (error: Error): void => {
      events.fail(error);
      reject(error);
    };
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'events') events.push(message.events);
      else if (message.type === 'waiting') onWait?.(message.waiting);
      else if (message.type === 'owning') lock = Lock.of(message.lock).keepAlive();
      else if (message.type === 'failed') fail(fromPlain(message.error));
      else {
        events.end();
        trained = message.checkpoint;
      }
    });
    worker.on('error', (error) => { fail(fromPlain(toPlain(error))); });
    worker.on('exit', (code) => {
      control.close();
      lock?.release(); // the thread has, unless it broke down
      // Not before: the model is rebuilt when the thread has given its memory back.
      if (trained !== undefined) resolve(trained);
      // Does nothing after 'done' or 'failed': a promise settles once, and so does the queue.
      fail(new BlastrainError('ERR_WORKER', `Expected the training thread to report an end but received exit code ${String(code)}`));
    });
  });
  // Loaded while the thread starts, not before.
  const classifier = import('../inference/model.js');
  const model = checkpoint.then(async (bytes) => (await classifier).Model.fromBytes(bytes, { name }));
  // Whoever iterates sees the error there; without this, not asking for the model would crash the process.
  model.catch(() => undefined);

  const stop = (): void => {
    control.postMessage('stop');
  };
  let isTaken = false;
  return {
    stop,
    model,
    async *[Symbol.asyncIterator]() {
      // Of two loops at once each would miss what the other takes, and one would wait for ever.
      if (isTaken) throw expected('ERR_CONFIG', 'one loop at a time', 'the events of a run', 'a second one', { path: 'run' });
      isTaken = true;
      try {
        yield* events;
      } finally {
        isTaken = false;
        stop();
      }
    },
  };
}

/** Events between the thread that sends them and the loop that takes them. */
class EventQueue implements AsyncIterable<TrainEvent> {
  private readonly waiting: TrainEvent[] = [];
  private ended = false;
  private error: Error | undefined;
  private wake: () => void = () => undefined;

  push(some: readonly TrainEvent[]): void {
    this.waiting.push(...some);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  fail(error: Error): void {
    if (!this.ended) this.error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent> {
    for (;;) {
      while (this.waiting.length > 0) yield this.waiting.shift()!;
      if (this.error !== undefined) throw this.error;
      if (this.ended) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
