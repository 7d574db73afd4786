import { parentPort, workerData } from 'node:worker_threads';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import { loadTrainingData } from '../build/loadTrainingData';
import { trainingRows } from '../build/trainingRows';
import { packTraining } from '../data/packed';
import type { PackedTraining } from '../data/packed';
import { setLoadingListener } from '../data/threads/progress';
import type { DataRequest } from '../data/sources';
import type { TrainSpec } from '../spec/spec';

/** What the thread that loads a search's rows is to do; it loads no module of the user's own. */
export interface RowsTask {
  readonly spec: TrainSpec;
  readonly request: DataRequest;
}

/** What the thread that loads a search's rows says. */
export type DataMessage =
  | { readonly type: 'loading'; readonly rows: number; readonly all: number }
  | { readonly type: 'loaded'; readonly data: PackedTraining }
  | { readonly type: 'failed'; readonly error: PlainError };

const post = (message: DataMessage): void => { parentPort!.postMessage(message); };

setLoadingListener((rows, all) => { post({ type: 'loading', rows, all }); });
try {
  const { spec, request } = workerData as RowsTask;
  post({ type: 'loaded', data: packTraining(trainingRows(loadTrainingData(spec, request))) });
} catch (error) {
  post({ type: 'failed', error: toPlain(error) });
}
