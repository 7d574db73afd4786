import { backends as table, setThreads } from '../kernels';
import type { BackendName } from '../kernels/contract';
import { defaultThreads } from '../machine';
import { LoadWatch } from './machine';
import { benchData } from './nets';
import type { BenchNet } from './nets';
import { minTime, measurePeak } from './peak';
import type { Peak, PeakOptions } from './peak';
import { flopsOf, ProductsInC, productsOf } from './products';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { measure } from './timing';
import { benchTraining, trainingContender } from './training';

export interface StepOptions extends BenchOptions {
  readonly nets: readonly BenchNet[];
  readonly backends: readonly BackendName[];
  /** Also steps of the native kernels in bfloat16. */
  readonly bfloat16?: boolean;
  /** Threads of the native kernels and of OpenBLAS; default: one for each core. */
  readonly threads?: number;
  /** Training rows; default: as many as CIFAR-10 has. */
  readonly rows?: number;
  readonly peak?: PeakOptions;
}

/** The contender that computes only the products. */
export const productsName = 'products in C';
/** The contender in bfloat16, which has a peak of its own. */
const bfloat16Name = 'native, bfloat16';

/**
 * Measures a training step, from drawing the batch to the update, on each backend, beside its large products alone. Throws ERR_BACKEND if
 * native is asked for and does not load.
 */
export async function benchStep(options: StepOptions): Promise<BenchReport> {
  const { nets, backends, threads = defaultThreads(), rounds = 9, sampleSeconds = 0.05, onProgress } = options;
  const watch = new LoadWatch();
  setThreads(threads);
  const notes: string[] = [];
  const native = backends.includes('native');
  if (native) onProgress?.('peak');
  const peak = native ? await measurePeak('float32', options.peak) : null;
  const products = native ? await ProductsInC.start(threads) : 'the products in C: they are measured beside native steps only';
  if (typeof products === 'string') notes.push(products);
  const entries: BenchEntry[] = [];
  for (const net of nets) {
    onProgress?.(net.name);
    const data = benchData(net, options.rows);
    const trainings = backends.map((backend) => benchTraining(net, data, backend));
    const contenders = trainings.map((training, b) => trainingContender(backends[b]!, training));
    if (native && options.bfloat16 === true) {
      const training = benchTraining({ ...net, spec: { ...net.spec, precision: 'bfloat16' } }, data, 'native');
      trainings.push(training);
      contenders.push(trainingContender(bfloat16Name, training));
    }
    if (typeof products !== 'string') contenders.push(await products.contender(productsName, productsOf(net)));
    const times = await measure(contenders, { rounds, sampleSeconds, pauseSeconds: settlingSeconds, onRound: () => { watch.sample(); } });
    contenders.forEach(({ name }, c) => {
      const flops = trainings[c]?.flops ?? productsOf(net).reduce((sum, product) => sum + flopsOf(product), 0);
      const time = times[c]!;
      entries.push({
        subject: net.name, case: net.label, who: name, time, flops, bytes: 0,
        share: c < backends.length && !table[backends[c]!].definesPeak ? null : shareOf(name === bfloat16Name ? inBfloat16(peak) : peak, flops, time.median),
      });
    });
  }
  const children = typeof products === 'string' ? 0 : await products.stop();
  return makeReport('step', { load: watch.end(children), peak, entries, notes });
}

/** Seconds for which threads of OpenBLAS and of OpenMP spin, at most, after their work. */
export const settlingSeconds = 0.1;

/** The same with the rate of bfloat16; null where plain C++ computes it. */
function inBfloat16(peak: Peak | null): Peak | null {
  return peak === null || peak.bfloat16 === 0 ? null : { ...peak, flops: peak.bfloat16 };
}

/** The minimum time of a step's products at the peak of arithmetic, divided by the time it took. */
export function shareOf(peak: Peak | null, flops: number, seconds: number): number | null {
  return peak === null ? null : minTime(peak, flops, 0) / seconds;
}

