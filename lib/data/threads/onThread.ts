import { statSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { checkOptions, checkText } from '../../arguments';
import { expected, fromPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { packageRoot } from '../../files';
import type { LoadedRows, SplitSizes } from '../dataset';
import { readingFile } from '../files';
import type { Hdf5File } from '../hdf5/readHdf5';
import { ownRows } from '../ownRows';
import { unpackSplits } from '../packed';
import type { PackedSplits } from '../packed';
import { tellLoading } from './progress';

/** What readers make of their source, as plain values. They are asynchronous, as the libraries are that they use. */
export interface ReaderResults {
  readonly parquet: PackedSplits;
  readonly arrow: PackedSplits;
  readonly pictures: PackedSplits;
  readonly hdf5: Hdf5File;
}

export type ReaderName = keyof ReaderResults;

/** What a thread that reads answers. */
export type ReaderAnswer = { readonly data: ReaderResults[ReaderName] } | { readonly error: PlainError };

/** `workerData` of the thread that reads, and of the one that waits for it. */
export interface ReaderTask {
  readonly reader: ReaderName;
  readonly source: string;
  readonly options: object;
  /** [3], shared: 1 after the answer, and how many rows of how many are read, where the reader says so. */
  readonly signal: Int32Array;
  /** Where the answer goes, after which signal[0] becomes 1; absent in the thread that reads. */
  readonly answer?: MessagePort;
}

/** Milliseconds between two looks at how far a reader is. */
const pause = 250;

/**
 * Reads a table in a file, or a folder, on a thread of its own and waits for it, so that loading stays a function with a result: a training loads in
 * a thread that does nothing else, and the command line has nothing else to do. The rows lie in shared memory and are not copied. Throws what
 * the reader throws, ERR_DATA for a source that is not there, ERR_CONFIG for options that cannot be sent to a thread.
 */
export function onThread(reader: Exclude<ReaderName, 'hdf5'>, source: string, options: { readonly sizes?: Partial<SplitSizes> }): LoadedRows {
  checkText(source, reader === 'pictures' ? 'folder' : 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  readingFile(source, () => statSync(source)); // what is not there needs no thread
  return ownRows(unpackSplits(readThread(reader, source, options)));
}

/**
 * What a reader makes of a source, on a thread that is waited for. Throws what the reader throws, ERR_CONFIG for options that cannot be sent to a thread.
 * @param source a path, or, for readers of bytes in `options`, their name in errors.
 */
export function readThread<Name extends ReaderName>(reader: Name, source: string, options: object): ReaderResults[Name] {
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(12));
  const task: ReaderTask = { reader, source, options, signal, answer: port2 };
  let worker: Worker;
  try {
    worker = new Worker(join(packageRoot, 'dist', 'data', 'threads', 'readWorker.js'), { workerData: task, transferList: [port2] });
  } catch (error) {
    port1.close();
    if ((error as { readonly name?: unknown }).name !== 'DataCloneError') throw error;
    throw expected('ERR_CONFIG', 'options of plain values', 'options', options, { path: 'options' });
  }
  worker.unref();
  let isTold = false;
  while (Atomics.wait(signal, 0, 0, pause) === 'timed-out') {
    if (signal[2] === 0) continue;
    tellLoading(signal[1]!, signal[2]!);
    isTold = true;
  }
  if (isTold) tellLoading(signal[2]!, signal[2]!);
  const answer = receiveMessageOnPort(port1)!.message as ReaderAnswer;
  port1.close();
  if ('error' in answer) throw fromPlain(answer.error);
  return answer.data as ReaderResults[Name];
}
