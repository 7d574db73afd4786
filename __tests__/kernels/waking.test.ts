import { readFileSync, readdirSync } from 'node:fs';
import { getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import { kernelBackends } from '../support/backends';

/** The CPUs that each thread of the process may run on. */
function allowedCpus(): string[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/self/task/${thread}/status`, 'utf8'))?.[1] ?? [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

const pause = (milliseconds: number): void => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds); };

(process.platform === 'linux' && kernelBackends.includes('native') ? test : test.skip)('threads that slept may run on all CPUs of the process again', () => {
  const before = getThreads('native');
  const allowed = new Set(allowedCpus());
  expect(allowed.size).toBe(1);
  const kernels = kernelsFor('float32', 'native');
  const [m, n, k] = [96, 96, 96];
  const [a, b, c] = [new Float32Array(m * k).fill(1), new Float32Array(k * n).fill(1), new Float32Array(m * n)];
  try {
    for (let burst = 0; burst < 20; burst++) {
      setThreads(2 + (burst % 2));
      pause(2); // far longer than a thread waits before it sleeps
      for (let call = 0; call < 20; call++) kernels.gemm(false, false, m, n, k, 1, a, b, 0, c);
    }
    pause(20); // until the threads have seen their last call
  } finally {
    setThreads(before);
  }
  expect(new Set(allowedCpus())).toEqual(allowed);
  expect(new Set(c)).toEqual(new Set([k]));
});
