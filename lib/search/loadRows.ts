import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TrainingData } from '../build/buildTraining';
import { unpackTraining } from '../data/packed';
import { tellLoading } from '../data/threads/progress';
import { BlastrainError, fromPlain, toPlain } from '../errors';
import { packageRoot } from '../files';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import type { DataMessage, RowsTask } from './dataWorker';

/** The training and validation rows that a spec names, loaded in a thread, so that the caller's event loop is not blocked. Rejects with what loading throws. */
export function loadRows(spec: TrainSpec): Promise<TrainingData> {
  const worker = new Worker(join(packageRoot, 'dist', 'search', 'dataWorker.js'), {
    workerData: { spec, request: dataRequest(spec) } satisfies RowsTask,
  });
  return new Promise((resolve, reject) => {
    worker.on('message', (message: DataMessage) => {
      if (message.type === 'loading') tellLoading(message.rows, message.all);
      else if (message.type === 'failed') reject(fromPlain(message.error));
      else resolve(unpackTraining(message.data));
    });
    worker.on('error', (error) => { reject(fromPlain(toPlain(error))); });
    // Does nothing after an answer.
    worker.on('exit', (code) => { reject(new BlastrainError('ERR_WORKER', `Expected the thread that loads the rows of a search to report an end but received exit code ${String(code)}`)); });
  });
}
