import { backends as allBackends, setThreads } from '../kernels';
import type { BackendName, Dtype, KernelName } from '../kernels/contract';
import { kernelNames } from '../kernels/signatures';
import { defaultThreads } from '../machine';
import { kernelContenders } from './contenders';
import { costOf } from './cost';
import { kernelCalls, squareProduct } from './kernelCalls';
import type { CallSizes } from './kernelCalls';
import { LoadWatch } from './machine';
import { measurePeak, memoryRate } from './peak';
import type { PeakOptions } from './peak';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { inProcess, measure } from './timing';

export interface KernelsOptions extends BenchOptions {
  readonly backends: readonly BackendName[];
  /** Default: all. */
  readonly kernels?: readonly KernelName[];
  readonly dtype?: Dtype;
  readonly threads?: number;
  readonly sizes?: readonly CallSizes[];
  /** Sides of matrices, whose product is measured as well. Default: 512. */
  readonly squares?: readonly number[];
  readonly peak?: PeakOptions;
}

/** Two-layer nets with the course's 50 hidden units and with 1024. */
const realSizes: readonly CallSizes[] = [
  { batch: 200, inputs: 3072, hidden: 50, classes: 10 },
  { batch: 200, inputs: 3072, hidden: 1024, classes: 10 },
];

/**
 * Measures every kernel on each backend, at the sizes of real nets, and its shares of what registers can multiply and add and memory can move. Use one dtype per process, as V8
 * specialises the TypeScript kernels for the arrays that it has seen. Throws ERR_BACKEND if native is asked for and does not load.
 */
export async function benchKernels(options: KernelsOptions): Promise<BenchReport> {
  const { backends, kernels = kernelNames, dtype = 'float32', threads = defaultThreads(), sizes = realSizes, squares = [512] } = options;
  const { rounds = 5, sampleSeconds = 0.003, onProgress } = options;
  const watch = new LoadWatch();
  setThreads(threads);
  const hasPeak = backends.some((name) => allBackends[name].definesPeak);
  if (hasPeak) onProgress?.('peak');
  const peak = hasPeak ? await measurePeak(dtype, options.peak) : null;
  const width = dtype === 'float32' ? 4 : 8;
  const entries: BenchEntry[] = [];
  const calls = sizes.map((size) => kernelCalls(dtype, size));
  const contenders = kernelContenders(backends, dtype, threads);
  for (const kernel of kernels) {
    onProgress?.(kernel);
    const known = new Set<string>();
    for (const args of [...calls.flatMap((callsOf) => callsOf(kernel)), ...(kernel === 'gemm' ? squares.map((side) => squareProduct(dtype, side)) : [])]) {
      const { shape, flops, bytes } = costOf(kernel, args, width);
      if (known.has(shape)) continue;
      known.add(shape);
      const times = await measure(contenders.map(({ who, caller }) => inProcess(who, caller(kernel, args))), { rounds, sampleSeconds, onRound: () => { watch.sample(); } });
      contenders.forEach(({ who, backend }, c) => {
        const time = times[c]!;
        const limit = allBackends[backend].definesPeak ? peak : null;
        entries.push({
          subject: kernel, case: shape, who, time, flops, bytes,
          share: limit === null || flops === 0 ? null : flops / limit.flops / time.median,
          ...(limit !== null && { memoryShare: bytes / memoryRate(limit, bytes) / time.median }),
        });
      });
    }
  }
  return makeReport('kernels', { load: watch.end(), peak, entries, notes: [] });
}

