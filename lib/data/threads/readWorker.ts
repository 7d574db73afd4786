import { parentPort, Worker, workerData } from 'node:worker_threads';
import { BlastrainError, toPlain } from '../../errors';
import { packSplits } from '../packed';
import { readArrow } from '../arrow/readArrow';
import { readHdf5 } from '../hdf5/readHdf5';
import { readParquet } from '../parquet/readParquet';
import { readPictures } from '../pictures/readPictures';
import type { ReaderAnswer, ReaderName, ReaderResults, ReaderTask } from './onThread';

/** Gives plain values; `progress` [2] takes how many rows of how many are read. */
type Reader<Name extends ReaderName> = (source: string, options: never, progress: Int32Array) => Promise<ReaderResults[Name]>;

const readers: { readonly [Name in ReaderName]: Reader<Name> } = {
  parquet: async (file, options) => packSplits(await readParquet(file, options)),
  arrow: async (file, options) => packSplits(await readArrow(file, options)),
  pictures: async (folder, options, progress) => packSplits(await readPictures(folder, options, progress)),
  hdf5: readHdf5,
};

/**
 * Starts the thread that reads and answers in its place if it ends without an answer, as it does where memory runs out: whoever waits for
 * the signal hears of nothing else.
 */
function watch({ answer: port, ...task }: ReaderTask & Required<Pick<ReaderTask, 'answer'>>): void {
  const { source, signal } = task;
  const answer = (message: ReaderAnswer): void => {
    if (Atomics.load(signal, 0) === 1) return;
    port.postMessage(message);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  const worker = new Worker(__filename, { workerData: task satisfies ReaderTask });
  worker.on('message', answer);
  worker.on('error', (error) => { answer({ error: toPlain(error) }); });
  worker.on('exit', (code) => {
    answer({ error: toPlain(new BlastrainError('ERR_WORKER', `Expected the thread that reads ${source} to report an end but received exit code ${String(code)}`)) });
  });
}

async function read({ reader, source, options, signal }: ReaderTask): Promise<void> {
  const post = (message: ReaderAnswer): void => { parentPort!.postMessage(message); };
  try {
    post({ data: await readers[reader](source, options as never, signal.subarray(1)) });
  } catch (error) {
    post({ error: toPlain(error) });
  }
}

const { answer, ...task } = workerData as ReaderTask;
if (answer === undefined) void read(task);
else watch({ ...task, answer });
