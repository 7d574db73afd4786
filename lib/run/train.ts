import { MessageChannel } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { checkObject, checkOptions, checkText } from '../arguments';
import type { Communicator } from '../cluster';
import { BlastrainError, expected, fromPlain, toPlain } from '../errors';
import { tellLoading } from '../data/threads/progress';
import type { TrainEvent } from '../train/events';
import type { TrainingData } from '../build/buildTraining';
import type { Model } from '../inference/model';
import { Lock } from '../files';
import type { Waiting } from '../files/acquire';
import { EventQueue, oneLoop } from './eventQueue';
import { resumedSpec } from './resumedSpec';
import { checkPlaceArgument } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import { loadedModules, loadModule } from '../spec/modules';
import { parseSpec, specForRows } from '../spec/spec';
import type { GivenSpec } from '../spec/spec';
import { trainingRows } from '../build/trainingRows';
import { packTraining } from '../data/packed';
import { takeThread } from './trainThread';
import type { TrainTask, WorkerMessage } from './trainWorker';

export type { TrainingData } from '../build/buildTraining';

export interface TrainOptions {
  /**
   * Rows to train on, as `split` and the loaders give them; by default the data that the spec names. Rows in shared memory are not copied. Layers, batch and length that
   * the spec does not give are those for a table, see {@link parseSpec}, where those for CIFAR-10 do not fit.
   */
  readonly data?: TrainingData;
  /** Where to create the run's folder; by default nothing is written to disk. */
  readonly place?: RunPlace;
  /**
   * The folder of a run to resume from its last checkpoint; the result has the same bits as without the interruption. The spec then holds
   * changes only, see {@link resumedSpec}. In place of `place`.
   */
  readonly resume?: string;
  /**
   * A module with layers, losses, metrics, schedules and callbacks of one's own, see `loadModule`, for the key `module` of the spec. The spec is then checked
   * when it has been loaded, so that errors are thrown by the iteration and by `model`.
   */
  readonly module?: string;
  /**
   * The ranks that train together, as `joinCluster` gives them; all call `train` with the same spec. Rank 0 has the folder and gives the events; the
   * others give none and compute. All have the same model in the end.
   */
  readonly cluster?: Communicator;
  /** Name of a run without a folder, for its events. */
  readonly name?: string;
  /**
   * Called twice a second while the folder belongs to a process on another host or in another container that gives no heartbeat; after a
   * minute without one it counts as ended, and the run begins.
   */
  readonly onWait?: (waiting: Waiting) => void;
}

/**
 * A training in a worker thread. Iterating over it gives its events; a second loop while one is under way throws ERR_CONFIG.
 */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  /** Stops the training after the current step; the model is then evaluated and saved as at a regular end. */
  stop(): void;
  /** The trained model; rejects with the error that ended the training: ERR_DIVERGED, ERR_SHAPE, ERR_DATA, ERR_IO, … */
  readonly model: Promise<Model>;
}

/**
 * Trains in a worker thread, so that the caller's event loop is not blocked. Leaving the `for await` loop early stops the training.
 * Throws ERR_CONFIG at once for an invalid spec; later errors are thrown by the iteration and by `model`.
 */
export function train(spec: GivenSpec, options: TrainOptions = {}): TrainingRun {
  checkOptions(options);
  const { data, place, resume, name = 'run', onWait, module, cluster } = options;
  checkObject(spec, 'spec', 'a spec');
  checkText(name, 'name', 'a name');
  if (place !== undefined) checkPlaceArgument(place);
  if (resume !== undefined) checkText(resume, 'resume', 'the folder of a run');
  if (module !== undefined) checkText(module, 'module', 'the path of a module');
  if (onWait !== undefined && typeof onWait !== 'function') throw expected('ERR_CONFIG', 'a function', 'onWait', onWait, { path: 'onWait' });
  if (cluster !== undefined) checkObject(cluster, 'cluster', 'the ranks that joinCluster gives', ['rank', 'size', 'file']);
  if (place !== undefined && resume !== undefined) throw expected('ERR_CONFIG', 'no place', 'a run that goes on', place, { path: 'place' });
  const { port1: control, port2 } = new MessageChannel();
  control.unref();
  const startWorker = (): Worker => {
    const rows = data && trainingRows(data);
    const own = rows === undefined ? spec : specForRows(spec, rows.train);
    // Of a run that goes on another rank learns from rank 0, which has its folder.
    const follows = cluster !== undefined && cluster.rank > 0;
    const parsed = follows && resume !== undefined ? undefined : resume === undefined ? parseSpec(module === undefined ? own : { module, ...own }) : resumedSpec(resume, spec);
    if (parsed !== undefined && parsed.seeds > 1) throw expected('ERR_CONFIG', '1, as this is a single run,', 'seeds', parsed.seeds, { path: 'seeds' });
    const task: TrainTask = {
      ...(parsed && { spec: parsed }), name, control: port2, modules: loadedModules(),
      ...(rows && { data: packTraining(rows) }), ...(place && { place }), ...(resume !== undefined && { resume: { folder: resume, changes: spec } }),
      ...(cluster && { cluster: cluster.file }),
    };
    const thread = takeThread();
    thread.postMessage(task, [port2]);
    return thread;
  };
  const started = module === undefined ? startWorker() : loadModule(module).then(startWorker);

  const events = new EventQueue();
  let trained: Uint8Array | undefined;
  let lock: Lock | undefined;
  const checkpoint = new Promise<Uint8Array>((resolve, reject) => {
    const fail = (error: Error): void => {
      events.fail(error);
      reject(error);
    };
    const follow = (worker: Worker): void => {
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'events') events.push(message.events);
        else if (message.type === 'loading') tellLoading(message.rows, message.all);
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
        lock?.release(); // the thread has released it, unless it crashed
        // Only now, so that the model is built after the thread has freed its memory.
        if (trained !== undefined) resolve(trained);
        // Does nothing after 'done' or 'failed': a promise settles once, and so does the queue.
        fail(new BlastrainError('ERR_WORKER', `Expected the training thread to report an end but received exit code ${String(code)}`));
      });
    };
    if ('then' in started) {
      started.then(follow, (error: unknown) => {
        control.close();
        fail(fromPlain(toPlain(error)));
      });
    } else follow(started);
  });
  // Imported only now, so that the import runs while the thread starts.
  const modelModule = import('../inference/model.js');
  const model = checkpoint.then(async (bytes) => (await modelModule).Model.load(bytes, { name }));
  // The iteration throws the error too. Without this, a rejected `model` that nobody awaits would end the process.
  model.catch(() => undefined);

  const stop = (): void => {
    control.postMessage('stop');
  };
  return { stop, model, [Symbol.asyncIterator]: oneLoop(events, stop) };
}
