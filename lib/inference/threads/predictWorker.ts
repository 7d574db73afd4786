import { parentPort, workerData } from 'node:worker_threads';
import { toPlain } from '../../errors';
import { rowsFor } from '../givenRows';
import type { PredictRows } from '../givenRows';
import { Net } from '../net';
import { loadModules } from '../../spec/modules';
import { readTrained } from '../source';
import type { PredictAnswer, PredictRequest, PredictTask } from './background';

const { bytes, backend, tta, modules } = workerData as PredictTask;
const loading = loadModules(modules).then(() => new Net(readTrained(bytes, {}), { backend, ...(tta && { tta }) }));

parentPort!.on('message', ({ id, rows }: PredictRequest) => {
  void answer(id, rows);
});

async function answer(id: number, rows: unknown): Promise<void> {
  try {
    const net = await loading;
    const outputs = net.outputsOf(rowsFor(net, rows as PredictRows));
    parentPort!.postMessage({ id, outputs } satisfies PredictAnswer, [outputs.predictions.buffer as ArrayBuffer, outputs.labels.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ id, error: toPlain(error) } satisfies PredictAnswer);
  }
}
