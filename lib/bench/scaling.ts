import { setThreads } from '../kernels';
import type { BackendName } from '../kernels/contract';
import { defaultThreads } from '../machine';
import { LoadWatch } from './machine';
import { benchData, makeNet } from './nets';
import type { BenchNet } from './nets';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { measure } from './timing';
import { benchTraining, trainingContender } from './training';

export interface ScalingOptions extends BenchOptions {
  readonly backend: BackendName;
  readonly threads?: number;
  /** Hidden units of the two-layer nets measured with a batch of 200. */
  readonly widths?: readonly number[];
  /** Batch sizes of the net with 512 hidden units. */
  readonly batches?: readonly number[];
  readonly rows?: number;
}

/** The varied sizes: the subjects of the entries. */
export const scalingSubjects = { width: 'hidden units', batch: 'batch' } as const;

/** Measures a training step at growing layer widths and batch sizes. */
export async function benchScaling(options: ScalingOptions): Promise<BenchReport> {
  const { backend, threads = defaultThreads(), rounds = 5, sampleSeconds = 0.03, onProgress } = options;
  const { widths = [50, 100, 200, 512, 1024, 2048, 4096], batches = [32, 64, 128, 256, 512, 1024, 2048, 4096] } = options;
  const watch = new LoadWatch();
  setThreads(threads);
  const net = (subject: string, size: number, width: number, batchSize: number): { subject: string; size: number; net: BenchNet } =>
    ({ subject, size, net: makeNet(`${subject} ${String(size)}`, { layers: [3072, width, 10], batchSize, learningRate: 1e-3, momentum: 0.9, l2: 1e-3 }) });
  const points = [
    ...widths.map((width) => net(scalingSubjects.width, width, width, 200)),
    ...batches.map((batch) => net(scalingSubjects.batch, batch, 512, batch)),
  ];
  const entries: BenchEntry[] = [];
  const data = benchData(points[0]!.net, options.rows);
  for (const { subject, size, net: { name, spec, label } } of points) {
    onProgress?.(name);
    const training = benchTraining({ name, spec, label }, data, backend);
    const [time] = await measure([trainingContender(backend, training)], { rounds, sampleSeconds, onRound: () => { watch.sample(); } });
    entries.push({ subject, case: String(size), who: backend, time: time!, flops: training.flops, bytes: 0, share: null });
  }
  const notes = ['Nets of 3072 inputs and 10 classes; hidden units at a batch of 200, batches at 512 hidden units.'];
  return makeReport('scaling', { load: watch.end(), peak: null, entries, notes });
}
