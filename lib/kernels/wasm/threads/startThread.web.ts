import { threadText } from './threadText';
import type { ThreadTask } from './threadText';

/** Of the program, for all threads. */
let address: string | undefined;

/**
 * Starts a thread of the module's pool, which takes its parts of calls from when it runs, and ends with the page. Does nothing where the page's
 * policy permits no workers from blobs: calls are then computed by their callers.
 */
export function startThread(task: ThreadTask): void {
  try {
    address ??= URL.createObjectURL(new Blob([`onmessage = ({ data }) => { (${threadText})(data); };`], { type: 'text/javascript' }));
    const worker = new Worker(address);
    worker.onmessageerror = (): void => { worker.terminate(); };
    worker.postMessage(task);
  } catch {
    // by the page's policy
  }
}
