import { checkObject, checkOptions, checkText } from '../arguments';
import { trainingRows } from '../build/trainingRows';
import type { TrainingData } from '../build/buildTraining';
import { expected } from '../errors';
import { BaseModel } from '../inference/baseModel';
import { EventQueue, oneLoop } from '../run/eventQueue';
import { runTraining } from '../run/run';
import { parseSpec, specForRows } from '../spec/spec';
import type { GivenSpec } from '../spec/spec';
import type { TrainEvent } from '../train/events';

export interface TrainOptions {
  /** Rows to train on, as `split` and `loadRows` give them. Layers, batch and length that the spec does not give are those for a table where those for CIFAR-10 do not fit. */
  readonly data: TrainingData;
  /** Name of the run, for its events. Default 'run'. */
  readonly name?: string;
}

/** A training on this thread. Iterating over it gives its events; a second loop while one is under way throws ERR_CONFIG. */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  /** Stops the training after the current step; the model is then evaluated as at a regular end. */
  stop(): void;
  /** The model as it is between two steps; undefined before the first event. */
  current(): BaseModel | undefined;
  /** The trained model; rejects with the error that ended the training: ERR_DIVERGED, ERR_SHAPE, … */
  readonly model: Promise<BaseModel>;
}

/** Milliseconds of steps after which other things of this thread have their turn. A step is never interrupted. */
const turn = 12;

/**
 * Trains on this thread, which has its turn every few milliseconds between steps: on that of the page for small nets, and in a worker for those whose single steps one would notice.
 * On `wasm` the same spec and data give the events of Node.js with as many threads, to the bit but for times, on `typescript` to rounding, as engines differ in exp and log. Leaving the `for await` loop early stops the training. Throws ERR_CONFIG at once for an invalid spec and for one
 * without rows; later errors are thrown by the iteration and by `model`.
 */
export function train(spec: GivenSpec, options: TrainOptions): TrainingRun {
  checkObject(spec, 'spec', 'a spec');
  checkOptions(options);
  const { data, name = 'run' } = options as Partial<TrainOptions>;
  checkText(name, 'name', 'a name');
  if (data === undefined) throw expected('ERR_CONFIG', 'rows, as a page opens no files,', 'data', data, { path: 'data' });
  const rows = trainingRows(data);
  const parsed = parseSpec(specForRows(spec, rows.train));
  if (parsed.seeds > 1) throw expected('ERR_CONFIG', '1, as this is a single run,', 'seeds', parsed.seeds, { path: 'seeds' });

  const events = new EventQueue();
  let isStopped = false;
  const stop = (): void => { isStopped = true; };
  let bytesOf: (() => Uint8Array) | undefined;
  const steps = runTraining(parsed, rows, name, undefined, undefined, { isAskedToStop: () => isStopped, expose: (current) => { bytesOf = current; } });
  const drive = async (): Promise<BaseModel> => {
    await nextTurn(); // the caller has the run before its first event
    let since = performance.now();
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done === true) {
        events.end();
        return BaseModel.load(next.value, { name });
      }
      events.push([next.value]);
      if (performance.now() - since < turn) continue;
      await nextTurn();
      since = performance.now();
    }
  };
  const model = drive();
  // The iteration throws the error too.
  model.catch((error: unknown) => { events.fail(error as Error); });
  const current = (): BaseModel | undefined => bytesOf && BaseModel.load(bytesOf(), { name });
  return { stop, current, model, [Symbol.asyncIterator]: oneLoop(events, stop) };
}

/** By a message, as timers wait some milliseconds. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
