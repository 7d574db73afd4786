import { kernelsFor } from '../kernels';
import type { Dtype, FloatArray } from '../kernels/contract';
import { inProcess, measure } from './timing';

/** The peak performance of this machine, measured with the native kernels. */
export interface Peak {
  readonly dtype: Dtype;
  /** FLOPs per second of a large product. */
  readonly flops: number;
  /** Bytes per second of a pass over arrays of that many bytes, from those that fit L1 to far more than all caches hold. */
  readonly streams: readonly { readonly bytes: number; readonly rate: number }[];
}

/** Sizes of the measurement of a peak; tests use smaller ones. */
export interface PeakOptions {
  /** m, n and k of the product. */
  readonly product?: number;
  /** Bytes of the largest arrays. */
  readonly stream?: number;
}

const shortestStream = 2 ** 15;

/** Measures a large product and passes over growing arrays. Throws ERR_BACKEND if the native kernels do not load. */
export async function measurePeak(dtype: Dtype, { product = 2048, stream = 2 ** 28 }: PeakOptions = {}): Promise<Peak> {
  const kernels = kernelsFor(dtype, 'native');
  const options = { rounds: 5, sampleSeconds: 0.005 };
  const matrix = (): FloatArray => kernels.allocate(product * product).fill(0.5);
  const [a, b, c] = [matrix(), matrix(), matrix()];
  const gemm = inProcess('gemm', () => {
    kernels.gemm(false, false, product, product, product, 1, a, b, 0, c);
  });
  const [time] = await measure([gemm], options);

  const streams: { bytes: number; rate: number }[] = [];
  for (let bytes = shortestStream; bytes <= stream; bytes *= 8) {
    const n = bytes / 2 / a.BYTES_PER_ELEMENT;
    const [x, y] = [kernels.allocate(n), kernels.allocate(n)];
    // Both read x and y and write one of them: 1.5 times the bytes of the arrays.
    const passes = [
      inProcess('axpy', () => { kernels.axpy(n, 0.5, x, y); }),
      inProcess('add', () => { kernels.add(n, x, y, y); }),
    ];
    const best = Math.min(...(await measure(passes, options)).map((timing) => timing.best));
    streams.push({ bytes, rate: (1.5 * bytes) / best });
  }
  return { dtype, flops: (2 * product ** 3) / time!.best, streams };
}

/** The minimum time of that many FLOPs and bytes, bound by arithmetic or by memory (the roofline model). */
export function minTime({ flops: rate, streams }: Peak, flops: number, bytes: number): number {
  const fitting = streams.find((stream) => stream.bytes >= bytes) ?? streams[streams.length - 1]!;
  return Math.max(flops / rate, bytes / fitting.rate);
}
