// The first import of a training's thread: its modules come from the same cache as those of the thread that has started it.
import { workerData } from 'node:worker_threads';
import { keepCompiled } from '../machine/compileCache';
import type { TrainThreadData } from './trainThread';

const { compiled } = workerData as TrainThreadData;
if (compiled !== undefined) keepCompiled(compiled);
