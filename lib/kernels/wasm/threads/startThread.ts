import { Worker } from 'node:worker_threads';
import { threadText } from './threadText';
import type { ThreadTask } from './threadText';

/**
 * Starts a thread of the module's pool, which takes its parts of calls from when it runs, and keeps no process alive. Does nothing where Node.js
 * starts no threads: calls are then computed by their callers.
 */
export function startThread(task: ThreadTask): void {
  try {
    const worker = new Worker(`(${threadText})(require('node:worker_threads').workerData)`, { eval: true, workerData: task, execArgv: [], env: {} });
    worker.on('error', () => undefined);
    worker.unref();
  } catch {
    // by the rights that the process has
  }
}
