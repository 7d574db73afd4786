import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { BlastrainError, expected, fromPlain } from '../errors';
import { modelFile } from '../runFolder/runFolder';
import { packageRoot } from '../files';
import { loadedModules } from '../spec/modules';
import type { Examination } from './api';
import type { ExaminationMessage } from './examineProcess';

/** Number of examinations that are kept. */
const maxKnown = 20;

/**
 * Examines models in child processes, one after the other, so that the server answers meanwhile and a training beside it keeps its
 * threads and memory. A model that has not changed is not examined twice.
 */
export class Examiner {
  private readonly known = new Map<string, Promise<Examination>>();
  private last: Promise<unknown> = Promise.resolve();
  private child: ChildProcess | undefined;

  /** Rejects as {@link examineRun} throws. */
  async examine(folder: string, name: string): Promise<Examination> {
    const stat = lstatSync(modelFile(folder), { throwIfNoEntry: false });
    if (stat?.isFile() !== true) throw expected('ERR_CHECKPOINT', 'a checkpoint', `run ${name}`, 'none yet');
    const key = `${folder} ${String(stat.ino)} ${String(stat.mtimeMs)} ${String(stat.size)}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const examination = this.last.then(() => this.start(folder, name));
    this.last = examination.catch(() => {
      this.known.delete(key); // the next request tries again
    });
    this.known.set(key, examination);
    for (const oldest of this.known.keys()) if (this.known.size > maxKnown) this.known.delete(oldest);
    return examination;
  }

  close(): void {
    this.child?.kill();
  }

  private start(folder: string, name: string): Promise<Examination> {
    return new Promise((resolve, reject) => {
      const child = fork(join(packageRoot, 'dist', 'dashboard', 'examineProcess.js'), [folder, name, ...loadedModules()], {
        env: { ...process.env, OPENBLAS_NUM_THREADS: '1' }, execArgv: [], stdio: 'ignore',
      });
      this.child = child;
      child.once('message', (message: ExaminationMessage) => {
        if ('error' in message) reject(fromPlain(message.error));
        else resolve(message.examination);
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        reject(new BlastrainError('ERR_WORKER', `Expected an examination of ${name} but received an end with ${String(code ?? signal)}`));
      });
    });
  }
}
