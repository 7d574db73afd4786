import { parentPort, workerData } from 'node:worker_threads';
import { toPlain } from '../../errors';
import { rowsFor } from '../givenRows';
import type { PredictRows } from '../givenRows';
import { Net } from '../net';
import { readTrained } from '../source';
import type { PredictAnswer, PredictRequest, PredictTask } from './background';

const { bytes, backend } = workerData as PredictTask;
const net = new Net(readTrained(bytes, {}), { backend });

parentPort!.on('message', ({ id, rows }: PredictRequest) => {
  try {
    const outputs = net.outputsOf(rowsFor(net, rows as PredictRows));
    const answer: PredictAnswer = { id, outputs };
    parentPort!.postMessage(answer, [outputs.predictions.buffer as ArrayBuffer, outputs.labels.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ id, error: toPlain(error) } satisfies PredictAnswer);
  }
});
