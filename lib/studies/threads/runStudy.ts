import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { checkObject, checkText } from '../../arguments';
import { trainingRows } from '../../build/trainingRows';
import type { TrainingData } from '../../build/buildTraining';
import { packTraining } from '../../data/packed';
import { tellLoading } from '../../data/threads/progress';
import { BlastrainError, fromPlain, toPlain } from '../../errors';
import { packageRoot } from '../../files';
import { loadedModules, loadModule } from '../../spec/modules';
import { parseSpec, specForRows } from '../../spec/spec';
import type { GivenSpec } from '../../spec/spec';
import type { Studies, StudyMessage, StudyTask } from './studyWorker';

/** What a study of a spec runs on, as a training does. */
export interface StudyOptions {
  /** Rows to train on, as `split` and the loaders give them; by default the data that the spec names. */
  readonly data?: TrainingData;
  /** A module with layers and losses of one's own, see `loadModule`. */
  readonly module?: string;
}

/** Runs a study in a thread of its own, so that the caller's event loop is not blocked. Rejects with what the study throws, and ERR_CONFIG for an invalid spec. */
export async function runStudy<Name extends keyof Studies>(
  study: Name, given: GivenSpec, { data, module }: StudyOptions, options: Parameters<Studies[Name]>[2],
): Promise<ReturnType<Studies[Name]>> {
  checkObject(given, 'spec', 'a spec');
  if (module !== undefined) {
    checkText(module, 'module', 'the path of a module');
    await loadModule(module);
  }
  const rows = data && trainingRows(data);
  const spec = parseSpec({ ...(module !== undefined && { module }), ...(rows === undefined ? given : specForRows(given, rows.train)) });
  const task: StudyTask<Name> = { study, spec, options, modules: loadedModules(), ...(rows && { data: packTraining(rows) }) };
  const worker = new Worker(join(packageRoot, 'dist', 'studies', 'threads', 'studyWorker.js'), { workerData: task });
  return new Promise((resolve, reject) => {
    worker.on('message', (message: StudyMessage) => {
      if (message.type === 'loading') tellLoading(message.rows, message.all);
      else if (message.type === 'failed') reject(fromPlain(message.error));
      else resolve(message.report as ReturnType<Studies[Name]>);
    });
    worker.on('error', (error) => { reject(fromPlain(toPlain(error))); });
    // Does nothing after a report.
    worker.on('exit', (code) => { reject(new BlastrainError('ERR_WORKER', `Expected the thread of a study to report an end but received exit code ${String(code)}`)); });
  });
}
