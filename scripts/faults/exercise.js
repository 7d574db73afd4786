'use strict';

/*
 * The program that the sanitizers check (scripts/sanitize.sh): every case of `blastrain verify`, and every kernel at the sizes of a training
 * step in 7 parts, with 3 threads in the pool, on the main thread and two worker threads at once, while another worker thread makes hostile calls.
 * All threads have ended when the process does, so that memory that is still allocated has leaked.
 */

const { once } = require('node:events');
const { join } = require('node:path');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { kernelsFor, setThreads, verifyKernels } = require('../../dist');
const { kernelCalls } = require('../../dist/bench/kernelCalls');
const { kernelNames } = require('../../dist/kernels/signatures');

const seed = workerData?.seed ?? 0;
const sizes = { batch: 96, inputs: 768, hidden: 64, classes: 10 };

function startOthers() {
  const calls = new Worker(join(__dirname, 'callWorker.js'));
  calls.postMessage(1);
  calls.once('message', (wrong) => {
    if (wrong !== null) throw new Error(wrong.message);
    void calls.terminate();
  });
  return [calls, ...[1, 2].map((own) => new Worker(__filename, { workerData: { seed: own } }))];
}

async function main() {
  setThreads(3);
  const ends = isMainThread ? startOthers().map((worker) => once(worker, 'exit')) : [];
  const { results } = verifyKernels({ seed });
  const bad = results.find(({ passed }) => !passed);
  if (bad !== undefined) throw new Error(`${bad.kernel} disagrees with TypeScript, ${bad.worstCase}`);
  setThreads(3, 7);
  let calls = 0;
  for (const dtype of ['float32', 'float64']) {
    const kernels = kernelsFor(dtype, 'native');
    const callsOf = kernelCalls(dtype, sizes);
    for (const name of kernelNames) {
      for (const args of [...callsOf(name), ...callsOf(name)]) {
        kernels[name](...args);
        calls++;
      }
    }
  }
  const codes = await Promise.all(ends);
  // The thread of hostile calls is terminated, and has exit code 1.
  if (codes.slice(1).some(([code]) => code !== 0)) throw new Error('a worker thread failed');
  if (isMainThread) console.log(`${results.reduce((sum, { cases }) => sum + cases, 0)} cases and ${calls} large calls in each of 3 threads`);
}

void main();
