import { kernelsFor } from '../kernels';
import type { Dtype, Precision } from '../kernels/contract';
import { requireAddon } from '../kernels/native';
import { inProcess, measure } from './timing';

/** What this machine can do at most, measured with all threads of the native kernels. */
export interface Peak {
  readonly dtype: Dtype;
  /** FLOPs per second of multiply-adds in registers, with the widest instructions in use. */
  readonly flops: number;
  /** The same of products in bfloat16; 0 where plain C++ computes them. */
  readonly bfloat16: number;
  /** Bytes per second of a pass over arrays of that many bytes, from those that fit L1 to far more than all caches hold. */
  readonly streams: readonly { readonly bytes: number; readonly rate: number }[];
}

/** Sizes of the measurement of a peak; tests use smaller ones. */
export interface PeakOptions {
  /** FLOPs of a sample on each thread. */
  readonly flops?: number;
  /** Bytes of the largest arrays. */
  readonly stream?: number;
}

const shortestStream = 2 ** 15;

/** Measures multiply-adds in registers and passes over growing arrays. Throws ERR_BACKEND if the native kernels do not load. */
export async function measurePeak(dtype: Dtype, { flops = 5e8, stream = 2 ** 28 }: PeakOptions = {}): Promise<Peak> {
  const kernels = kernelsFor(dtype, 'native');
  const options = { rounds: 5, sampleSeconds: 0.005 };
  const { multiplyAdds } = requireAddon();
  const rate = async (precision: Precision): Promise<number> => {
    const each = multiplyAdds[precision](flops);
    if (each === 0) return 0;
    // A clock that rises or a neighbour's burst passes within some samples.
    const [time] = await measure([inProcess(precision, () => { multiplyAdds[precision](flops); })], { rounds: 15, sampleSeconds: 4e-11 * flops });
    return each / time!.best;
  };
  const [own, bfloat16] = [await rate(dtype), await rate('bfloat16')];

  const streams: { bytes: number; rate: number }[] = [];
  for (let bytes = shortestStream; bytes <= stream; bytes *= 8) {
    const n = bytes / 2 / (dtype === 'float32' ? 4 : 8);
    const [x, y] = [kernels.allocate(n), kernels.allocate(n)];
    // Both read x and y and write one of them: 1.5 times the bytes of the arrays.
    const passes = [
      inProcess('axpy', () => { kernels.axpy(n, 0.5, x, y); }),
      inProcess('add', () => { kernels.add(n, x, y, y); }),
    ];
    const best = Math.min(...(await measure(passes, options)).map((timing) => timing.best));
    streams.push({ bytes, rate: (1.5 * bytes) / best });
  }
  return { dtype, flops: own, bfloat16, streams };
}

/** The minimum time of that many FLOPs and bytes, bound by arithmetic or by memory (the roofline model; Williams et al. 2009). */
export function minTime(peak: Peak, flops: number, bytes: number): number {
  return Math.max(flops / peak.flops, bytes / memoryRate(peak, bytes));
}

/** Bytes per second of a pass over so many. */
export function memoryRate({ streams }: Peak, bytes: number): number {
  return (streams.find((stream) => stream.bytes >= bytes) ?? streams[streams.length - 1]!).rate;
}
