import { parentPort, workerData } from 'node:worker_threads';
import { toPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { unpackTraining } from '../../data/packed';
import type { PackedTraining } from '../../data/packed';
import { loadTrainingData } from '../../build/loadTrainingData';
import { setLoadingListener } from '../../data/threads/progress';
import { loadModules } from '../../spec/modules';
import type { TrainSpec } from '../../spec/spec';
import { checkSpec } from '../gradcheck';
import { sweepLearningRates } from '../lrFind';

/** The studies that a thread runs, by name; each takes a spec, rows and its options. */
const studies = { sweepLearningRates, checkSpec } as const;

export type Studies = typeof studies;

/** `workerData` of the thread. */
export interface StudyTask<Name extends keyof Studies = keyof Studies> {
  readonly study: Name;
  readonly spec: TrainSpec;
  readonly options: Parameters<Studies[Name]>[2];
  /** Loaded by the thread when absent. */
  readonly data?: PackedTraining;
  /** Modules with parts of the user's own, to be loaded first. */
  readonly modules: readonly string[];
}

export type StudyMessage =
  | { readonly type: 'loading'; readonly rows: number; readonly all: number }
  | { readonly type: 'done'; readonly report: unknown }
  | { readonly type: 'failed'; readonly error: PlainError };

const { study, spec, options, data, modules } = workerData as StudyTask;
const post = (message: StudyMessage): void => { parentPort!.postMessage(message); };

setLoadingListener((rows, all) => { post({ type: 'loading', rows, all }); });
loadModules(modules).then(() => {
  const run = studies[study] as (...args: unknown[]) => unknown;
  post({ type: 'done', report: run(spec, data === undefined ? loadTrainingData(spec) : unpackTraining(data), options) });
}).catch((error: unknown) => { post({ type: 'failed', error: toPlain(error) }); });
