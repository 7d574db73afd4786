import { expected, fromPlain, toPlain } from '../../errors';
import { blocksOf } from '../../data/blocks';
import { areCells, countRows, isArray, isDataset, someRows } from '../givenRows';
import type { PredictRows } from '../givenRows';
import type { Net } from '../net';
import type { Outputs } from '../prediction';
import type { Background } from './background';

/** Features of a block: copying them takes the caller's thread a millisecond or two. */
const featuresPerBlock = 2 ** 20;
/** Blocks under way, so that the thread finds the next when it is done with one. */
const ahead = 2;

/** What is used of an AbortSignal, whose own type is Node's or the browser's. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How rows are predicted off the caller's thread. */
export interface PredictOptions {
  /** Ends the prediction: the promise is rejected with its reason. */
  readonly signal?: AbortSignalLike;
}

/** Outputs of all rows, block by block and in order, computed by the thread; the caller's event loop goes on meanwhile. */
export async function* predictBlocks(net: Net, thread: Background, given: PredictRows, { signal }: PredictOptions): AsyncGenerator<Outputs> {
  const waiting: Promise<Outputs>[] = [];
  const next = async (): Promise<Outputs> => abortable(waiting.shift()!, signal);
  for (const { rows, from } of blocks(net, given)) {
    signal?.throwIfAborted();
    const answer = thread.predict(rows).catch((error: unknown) => { throw shifted(error, from); });
    answer.catch(() => undefined); // read in its turn, or not at all after an abort
    waiting.push(answer);
    if (waiting.length >= ahead) yield await next();
  }
  while (waiting.length > 0) yield await next();
}

function* blocks(net: Net, given: PredictRows): Generator<{ rows: unknown; from: number }> {
  const { featureSize, model: { maxBatch } } = net;
  // Whole batches, so that each row is in a batch of the same size as by predict: sums of batches of other sizes are rounded in another order.
  const count = maxBatch * Math.max(1, Math.floor(featuresPerBlock / featureSize / maxBatch));
  if (!isDataset(given) && !areCells(given) && !isArray(given)) throw expected('ERR_CONFIG', 'an array of numbers', 'features', given, { path: 'features' });
  if (isDataset(given)) {
    const { rows: aligned } = net.aligned(given);
    for (const { features, from, size } of blocksOf(aligned, count)) {
      const own = features.slice(0, size * featureSize);
      yield { rows: aligned.columns === undefined || own.BYTES_PER_ELEMENT === 1 ? own : { cells: Float64Array.from(own) }, from };
    }
    return;
  }
  const size = countRows(given, featureSize);
  for (let from = 0; from < size || from === 0; from += count) yield { rows: someRows(given, featureSize, from, count), from };
}

/** An error about a row of a block as one about that of all rows. */
function shifted(error: unknown, from: number): unknown {
  const { code, message, details } = toPlain(error);
  const { row } = details;
  if (typeof row !== 'number' || from === 0) return error;
  return fromPlain({ code, message: message.replace(`row ${String(row)}`, `row ${String(row + from)}`), details: { ...details, row: row + from } });
}

function abortable<T>(promise: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const reason = signal.reason as Error;
      reject(reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', abort); });
  });
}
