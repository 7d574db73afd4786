import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../files/packageRoot';
import { compiledFolder } from '../machine/compileCache';

/** `workerData` of the thread. */
export interface TrainThreadData {
  /** The folder of compiled code; absent where none is kept. */
  readonly compiled: string | undefined;
}

/** A thread that was started before there was a training for it. */
let waiting: Worker | undefined;

/**
 * Starts a thread for the next training, which loads what it is made of while the caller reads the spec. Does nothing where one waits; one that
 * is never used does not keep the process alive.
 */
export function prepareThread(): void {
  if (waiting !== undefined) return;
  const thread = waiting = startThread();
  thread.unref();
  // What keeps it from starting is said of the next, which a training waits for.
  const forget = (): void => { if (waiting === thread) waiting = undefined; };
  thread.on('error', forget).on('exit', forget);
}

/** A thread that waits for the task of a training. */
export function takeThread(): Worker {
  const thread = waiting ?? startThread();
  waiting = undefined;
  thread.ref();
  return thread;
}

function startThread(): Worker {
  return new Worker(join(packageRoot, 'dist', 'run', 'trainWorker.js'), {
    workerData: { compiled: compiledFolder() } satisfies TrainThreadData,
    // A small young generation: loading data makes garbage, training hardly any. Saves 7 MB with CIFAR-10.
    resourceLimits: { maxYoungGenerationSizeMb: 6 },
  });
}
