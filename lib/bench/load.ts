import { fork } from 'node:child_process';
import { join } from 'node:path';
import { BlastrainError } from '../errors';
import { packageRoot } from '../files';
import type { BackendName } from '../kernels/contract';
import { LoadWatch } from './machine';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { summarise } from './timing';

export interface LoadOptions extends BenchOptions {
  readonly backends: readonly BackendName[];
}

/** Seconds by part of the work. */
export type LoadTimes = Readonly<Record<string, number>>;

/** What loadProcess.ts sends: those, and the seconds of CPU that the process used. */
export interface LoadAnswer {
  readonly times: LoadTimes;
  readonly cpuSeconds: number;
}

/** The part that is all of it. */
export const wholeLoad = 'until the first result';

/**
 * Measures how long a backend takes to be ready in a fresh process: from the first `kernelsFor` to the result of the first call, of WebAssembly by parts
 * too. Each sample is a process of its own. Rejects where a backend does not load.
 */
export async function benchLoad({ backends, rounds = 9, onProgress }: LoadOptions): Promise<BenchReport> {
  const watch = new LoadWatch();
  const samples = new Map<string, { readonly part: string; readonly who: BackendName; readonly seconds: number[] }>();
  let childSeconds = 0;
  for (let round = 0; round < rounds; round++) {
    for (const backend of backends) {
      onProgress?.(backend);
      const { times, cpuSeconds } = await load(backend);
      childSeconds += cpuSeconds;
      for (const [part, seconds] of Object.entries(times)) {
        const key = `${part} ${backend}`;
        if (!samples.has(key)) samples.set(key, { part, who: backend, seconds: [] });
        samples.get(key)!.seconds.push(seconds);
      }
    }
  }
  const inOrder = [...samples.values()].sort((a, b) => Number(b.part === wholeLoad) - Number(a.part === wholeLoad));
  const entries = inOrder.map(({ part, who, seconds }): BenchEntry => ({ subject: 'load', case: part, who, time: summarise(seconds), flops: 0, bytes: 0, share: null }));
  return makeReport('load', { load: watch.end(childSeconds), peak: null, entries, notes: [] });
}

function load(backend: BackendName): Promise<LoadAnswer> {
  const child = fork(join(packageRoot, 'dist', 'bench', 'loadProcess.js'), [backend], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((settle, reject) => {
    child.on('message', (answer) => { settle(answer as LoadAnswer); }).on('error', reject).on('close', () => {
      reject(new BlastrainError('ERR_BACKEND', `Expected kernels of backend ${backend} but received ${/Error.*/.exec(stderr)?.[0] ?? stderr.trim()}`));
    });
  });
}
