import { setThreads } from '../kernels';
import { requireAddon } from '../kernels/native';
import { LoadWatch } from './machine';
import { benchData } from './nets';
import type { BenchNet } from './nets';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { measure } from './timing';
import type { Contender } from './timing';
import { benchTraining } from './training';
import type { BenchTraining } from './training';

export interface CoresOptions extends BenchOptions {
  readonly nets: readonly BenchNet[];
  /** Numbers of cores. */
  readonly cores?: readonly number[];
  readonly rows?: number;
}

/**
 * How a training step on the native kernels would gain from more cores, measured on one: its work is divided as for so many threads, each part is timed by itself, and of
 * all parts of a call the longest counts. That is a bound: cores that share caches and memory, and wait for each other, gain less. Throws ERR_BACKEND without the addon.
 */
export async function benchCores(options: CoresOptions): Promise<BenchReport> {
  const { nets, cores = [1, 2, 4, 8, 16, 32, 64], rounds = 9, sampleSeconds = 0.05, onProgress } = options;
  requireAddon();
  const watch = new LoadWatch();
  const entries: BenchEntry[] = [];
  for (const net of nets) {
    onProgress?.(net.name);
    const data = benchData(net, options.rows);
    const trainings = cores.map((count) => {
      setThreads(1, count);
      return benchTraining(net, data, 'native');
    });
    const times = await measure(trainings.map((training, i) => onCores(cores[i]!, training)), { rounds, sampleSeconds, onRound: () => { watch.sample(); } });
    times.forEach((time, i) => {
      const who = cores[i] === 1 ? '1 core' : `${String(cores[i])} cores`;
      entries.push({ subject: net.name, case: net.label, who, time, flops: trainings[i]!.flops, bytes: 0, share: null });
    });
  }
  const notes = ['Measured on one core, part by part: what cores would gain that had caches and memory to themselves and never waited but for the longest part.'];
  return makeReport('cores', { load: watch.end(), peak: null, entries, notes });
}

/** A net's step as so many cores would compute it. */
function onCores(cores: number, { step }: BenchTraining): Contender {
  const { timeParts } = requireAddon();
  return {
    name: String(cores),
    run(count: number): number {
      setThreads(1, cores);
      timeParts(true);
      const start = performance.now();
      for (let i = 0; i < count; i++) step();
      const seconds = (performance.now() - start) / 1000;
      return seconds - timeParts(false);
    },
  };
}
