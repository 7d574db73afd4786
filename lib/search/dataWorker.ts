import { parentPort, workerData } from 'node:worker_threads';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import { trainingRows } from '../build/trainingRows';
import { packTraining } from '../data/packed';
import type { PackedTraining } from '../data/packed';
import { loadData } from '../data/sources';
import type { DataRequest } from '../data/sources';
import { setLoadingListener } from '../data/threads/progress';
import { defaultKernels } from '../kernels';
import type { BackendName, Precision } from '../kernels/contract';

/** What the thread that loads a search's rows is to do, and what trials will compute on. */
export interface RowsTask {
  readonly request: DataRequest;
  readonly precision: Precision;
  readonly backend: BackendName | null;
}

/** What the thread that loads a search's rows says. */
export type DataMessage =
  | { readonly type: 'loading'; readonly rows: number; readonly all: number }
  | { readonly type: 'loaded'; readonly data: PackedTraining }
  | { readonly type: 'failed'; readonly error: PlainError };

const post = (message: DataMessage): void => { parentPort!.postMessage(message); };

setLoadingListener((rows, all) => { post({ type: 'loading', rows, all }); });
try {
  const { request, precision, backend } = workerData as RowsTask;
  defaultKernels(precision, backend ?? undefined); // Loads the addon, which gives large pages to the rows that are read here.
  post({ type: 'loaded', data: packTraining(trainingRows(loadData(request))) });
} catch (error) {
  post({ type: 'failed', error: toPlain(error) });
}
