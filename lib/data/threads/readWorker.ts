import { parentPort, Worker, workerData } from 'node:worker_threads';
import { BlastrainError, toPlain } from '../../errors';
import type { DataSplits } from '../dataset';
import { readArrow } from '../arrow/readArrow';
import { readParquet } from '../parquet/readParquet';
import type { ReaderAnswer, ReaderName, ReaderTask } from './onThread';

const readers: Readonly<Record<ReaderName, (source: string, options: object) => Promise<DataSplits>>> = { parquet: readParquet, arrow: readArrow };

/**
 * Starts the thread that reads and answers in its place if it ends without an answer, as it does where memory runs out: whoever waits for
 * the signal hears of nothing else.
 */
function watch(task: ReaderTask, { port, signal }: Required<ReaderTask>['answer']): void {
  const answer = (message: ReaderAnswer): void => {
    if (Atomics.load(signal, 0) === 1) return;
    port.postMessage(message);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  const { reader, source, options } = task;
  const worker = new Worker(__filename, { workerData: { reader, source, options } satisfies ReaderTask });
  worker.on('message', answer);
  worker.on('error', (error) => { answer({ error: toPlain(error) }); });
  worker.on('exit', (code) => {
    answer({ error: toPlain(new BlastrainError('ERR_WORKER', `Expected the thread that reads ${source} to report an end but received exit code ${String(code)}`)) });
  });
}

async function read({ reader, source, options }: ReaderTask): Promise<void> {
  const post = (message: ReaderAnswer): void => { parentPort!.postMessage(message); };
  try {
    post({ data: await readers[reader](source, options) });
  } catch (error) {
    post({ error: toPlain(error) });
  }
}

const task = workerData as ReaderTask;
if (task.answer === undefined) void read(task);
else watch(task, task.answer);
