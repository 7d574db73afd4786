import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { checkOptions, checkText } from '../../arguments';
import { expected, fromPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { packageRoot } from '../../files';
import { FileBytes } from '../bytes';
import type { ValueOptions } from '../columns/splitValues';
import type { DataSplits } from '../dataset';

/** Readers that are asynchronous, as the libraries are that they use. */
export type ReaderName = 'parquet' | 'arrow';

/** What a thread that reads answers. */
export type ReaderAnswer = { readonly data: DataSplits } | { readonly error: PlainError };

/** `workerData` of the thread that reads, and of the one that waits for it. */
export interface ReaderTask {
  readonly reader: ReaderName;
  readonly source: string;
  readonly options: object;
  /** Where the answer goes, after which signal[0] becomes 1; absent in the thread that reads. */
  readonly answer?: { readonly port: MessagePort; readonly signal: Int32Array };
}

/**
 * Reads the table in a file on a thread of its own and waits for it, so that loading stays a function with a result: a training loads in a thread that
 * does nothing else, and the command line has nothing else to do. The rows lie in shared memory and are not copied. Throws what the reader
 * throws, ERR_IO for a file that cannot be opened, ERR_CONFIG for options that cannot be sent to a thread.
 */
export function onThread(reader: ReaderName, file: string, options: ValueOptions): DataSplits {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const { name: source } = new FileBytes(file); // a file that cannot be opened needs no thread
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const task: ReaderTask = { reader, source, options, answer: { port: port2, signal } };
  let worker: Worker;
  try {
    worker = new Worker(join(packageRoot, 'dist', 'data', 'threads', 'readWorker.js'), { workerData: task, transferList: [port2] });
  } catch (error) {
    port1.close();
    if ((error as { readonly name?: unknown }).name !== 'DataCloneError') throw error;
    throw expected('ERR_CONFIG', 'options of plain values', 'options', options, { path: 'options' });
  }
  worker.unref();
  Atomics.wait(signal, 0, 0);
  const answer = receiveMessageOnPort(port1)!.message as ReaderAnswer;
  port1.close();
  if ('error' in answer) throw fromPlain(answer.error);
  return answer.data;
}
