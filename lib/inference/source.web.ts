import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import type { TrainingData } from '../build/buildTraining';
import type { WarmStart } from '../build/warmStart';
import type { TrainSpec } from '../spec/spec';

/** A page opens no file that a spec names. Throws ERR_CONFIG where one does. */
export function startOf({ from }: TrainSpec, _data: TrainingData, _kernels: Kernels): WarmStart | undefined {
  if (from === null) return undefined;
  throw expected('ERR_CONFIG', 'null, as a page opens no files,', 'from', from, { path: 'from' });
}
