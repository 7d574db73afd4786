import { getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import { unitRoundoff } from '../../lib/kernels/contract';
import type { Dtype, FloatArray, Kernels } from '../../lib/kernels/contract';
import { RandomState } from '../../lib/random';
import { backends, dtypes } from '../support/backends';

/* Sizes at which native kernels are shared between threads, with borders that no vector width divides. */
const m = 203;
const n = 1037;
const k = 2090;
const size = m * n;
const classes = 67;

/* Looked up once: within jest each look-up of a global costs some 100 ns. */
const { abs } = Math;

/** Draws what it reads, all in [0, 1), and returns what it wrote. */
type Call = (kernels: Kernels, draw: (length: number) => FloatArray) => readonly (ArrayLike<number> | number)[];

const indices = Int32Array.from({ length: m }, (_, i) => (i * 37) % 50);
const inPlace = (run: (kernels: Kernels, x: FloatArray) => void): Call => (kernels, draw) => {
  const x = draw(size);
  run(kernels, x);
  return [x];
};
const gemm = (transA: boolean, transB: boolean, rows: number, columns: number, inner: number, beta: number): Call =>
  (kernels, draw) => {
    const c = draw(rows * columns);
    kernels.gemm(transA, transB, rows, columns, inner, 0.5, draw(rows * inner), draw(inner * columns), beta, c);
    return [c];
  };

/** Whatever is computed for an element by itself, or summed in an order that threads keep. */
const exact: Readonly<Record<string, Call>> = {
  axpy: (kernels, draw) => {
    const y = draw(size);
    kernels.axpy(size, 0.3, draw(size), y);
    return [y];
  },
  scal: inPlace((kernels, x) => { kernels.scal(size, 0.3, x); }),
  biasForward: (kernels, draw) => {
    const y = draw(size);
    kernels.biasForward(m, n, draw(n), y);
    return [y];
  },
  biasBackward: (kernels, draw) => {
    const dbias = draw(n);
    kernels.biasBackward(m, n, draw(size), 0.5, dbias);
    return [dbias];
  },
  reluForward: inPlace((kernels, x) => { kernels.reluForward(size, x, x); }),
  reluBackward: (kernels, draw) => {
    const dx = draw(size);
    kernels.reluBackward(size, draw(size), dx, dx);
    return [dx];
  },
  leakyReluForward: inPlace((kernels, x) => { kernels.leakyReluForward(size, 0.1, x, x); }),
  tanhForward: inPlace((kernels, x) => { kernels.tanhForward(size, x, x); }),
  sigmoidForward: inPlace((kernels, x) => { kernels.sigmoidForward(size, x, x); }),
  geluForward: inPlace((kernels, x) => { kernels.geluForward(size, x, x); }),
  maskScale: inPlace((kernels, x) => { kernels.maskScale(size, 2, new Uint8Array(size).fill(1, size / 3), x, x); }),
  add: inPlace((kernels, x) => { kernels.add(size, x, x, x); }),
  batchNorm: (kernels, draw) => {
    const written = [draw(n), draw(n), draw(n), draw(n), draw(size)] as const;
    const [x, gamma] = [draw(size), draw(n)];
    written[1].fill(1);
    kernels.batchNormForward(m, n, 1e-5, 0.1, x, gamma, draw(n), ...written);
    const gradients = [draw(n), draw(n), draw(size)] as const;
    kernels.batchNormBackward(m, n, x, gamma, written[2], written[3], draw(size), ...gradients);
    const y = draw(size);
    kernels.batchNormEvaluate(m, n, 1e-5, x, gamma, draw(n), written[0], written[1], y);
    return [...written, ...gradients, y];
  },
  layerNorm: (kernels, draw) => {
    const written = [draw(m), draw(m), draw(size)] as const;
    const [x, gamma] = [draw(size), draw(n)];
    kernels.layerNormForward(m, n, 1e-5, x, gamma, draw(n), ...written);
    const dx = draw(size);
    const gradients = [draw(n), draw(n)] as const;
    kernels.layerNormBackward(m, n, x, gamma, written[0], written[1], dx, ...gradients, dx);
    return [...written, ...gradients, dx];
  },
  softmax: (kernels, draw) => {
    const [y, dx] = [draw(size), draw(size)];
    kernels.softmaxForward(m, n, y, y);
    kernels.softmaxBackward(m, n, y, dx, dx);
    return [y, dx];
  },
  softmaxCrossEntropyBackward: inPlace((kernels, x) => { kernels.softmaxCrossEntropyBackward(m, n, 0.1, x, indices, x); }),
  softCrossEntropyBackward: (kernels, draw) => {
    const dx = draw(size);
    kernels.softCrossEntropyBackward(m, n, 0.1, 0.1, dx, draw(size), draw(n), dx);
    return [dx];
  },
  squaredErrorBackward: inPlace((kernels, x) => { kernels.squaredErrorBackward(size, 0.1, x, x.slice().fill(0.5), x); }),
  argmax: (kernels, draw) => {
    const out = new Int32Array(m);
    kernels.argmax(m, n, draw(size), out);
    return [out];
  },
  sgdStep: (kernels, draw) => {
    const [w, v] = [draw(size), draw(size)];
    kernels.sgdStep(size, 0.1, 0.9, 1e-3, true, w, draw(size), v);
    kernels.sgdStep(size, 0.1, 0, 1e-3, false, w, draw(size), v.subarray(0, 0));
    return [w, v];
  },
  adamStep: (kernels, draw) => {
    const [w, mean, square] = [draw(size), draw(size), draw(size)];
    kernels.adamStep(size, 0.1, 0.9, 0.999, 0.5, 1e-8, 1e-3, 0.99, w, draw(size), mean, square);
    return [w, mean, square];
  },
  rmspropStep: (kernels, draw) => {
    const [w, v] = [draw(size), draw(size)];
    kernels.rmspropStep(size, 0.1, 0.9, 1e-8, 1e-3, w, draw(size), v);
    return [w, v];
  },
  lionStep: (kernels, draw) => {
    const [w, mean] = [draw(size), draw(size)];
    kernels.lionStep(size, 0.1, 0.9, 0.99, 1e-3, 0.99, w, draw(size), mean);
    return [w, mean];
  },
  lerp: (kernels, draw) => {
    const y = draw(size);
    kernels.lerp(size, 0.1, draw(size), y);
    return [y];
  },
  gatherRows: (kernels, draw) => {
    const x = draw(size);
    kernels.gatherRows(m, n, indices, new Uint8Array(draw(50 * n).buffer, 0, 50 * n), draw(n), draw(n), x);
    return [x];
  },
  gatherImages: (kernels, draw) => {
    const [x, pixels] = [draw(m * 3072), 3072];
    const geometry = Int32Array.from({ length: 7 * m }, (_, i) => (i * 31) % 9 - 4);
    kernels.gatherImages(m, 3, 32, 32, indices, geometry, draw(50 * pixels), draw(pixels), draw(pixels), x);
    return [x];
  },
  standardizeRows: (kernels, draw) => {
    const x = draw(size);
    kernels.standardizeRows(m, n, indices, draw(50 * n), Float64Array.from(draw(n)), Float64Array.from(draw(n)), x);
    return [x];
  },
  standardizeImages: (kernels, draw) => {
    const [x, pixels] = [draw(m * 3072), 3072];
    const geometry = Int32Array.from({ length: 7 * m }, (_, i) => (i * 31) % 9 - 4);
    const [mean, std] = [Float64Array.from(draw(pixels)), Float64Array.from(draw(pixels))];
    kernels.standardizeImages(m, 3, 32, 32, indices, geometry, draw(50 * pixels), mean, std, x);
    return [x];
  },
  byteMoments: (kernels, draw) => {
    const [sums, squares] = [new Int32Array(n), new Int32Array(n)];
    kernels.byteMoments(m, n, new Uint8Array(draw(size).buffer), sums, squares);
    return [sums, squares];
  },
  mixRows: (kernels, draw) => {
    const y = draw(size);
    kernels.mixRows(m, n, 0.3, indices, draw(size), y);
    return [y];
  },
};

/** Sums whose order depends on the number of threads. */
const summed: Readonly<Record<string, Call>> = {
  'gemm, k much longer than m and n': gemm(false, true, 203, 67, k, 0.5),
  'gemm, columns': gemm(true, false, 37, n, 203, 0.5),
  'gemm, rows': gemm(false, false, 803, 37, 203, 0),
  'gemm, a column': gemm(false, true, 503, 1, n, 0),
  'gemm, a row': gemm(false, false, 1, n, 503, 0),
  sgdLinearStep: (kernels, draw) => {
    const [w, v] = [draw(67 * n), draw(67 * n)];
    kernels.sgdLinearStep(m, 67, n, draw(m * 67), draw(m * n), -0.1, 0.9, 1e-3, false, draw(67 * n), w, v);
    return [w, v];
  },
  adamLinearStep: (kernels, draw) => {
    const outputs = [draw(37 * n), draw(37 * n), draw(37 * n)] as const;
    kernels.adamLinearStep(m, 37, n, draw(m * 37), draw(m * n), -0.1, 0.9, 0.9, 1, 0.1, 1e-3, 1, draw(37 * n), ...outputs);
    return outputs;
  },
  dot: (kernels, draw) => [kernels.dot(size, draw(size), draw(size))],
  nrm2: (kernels, draw) => [kernels.nrm2(size, draw(size))],
  softmaxCrossEntropyForward: (kernels, draw) => {
    const probs = draw(m * classes);
    return [kernels.softmaxCrossEntropyForward(m, classes, draw(m * classes), indices, probs), probs];
  },
  softCrossEntropyForward: (kernels, draw) => {
    const probs = draw(m * classes);
    const targets = draw(m * classes);
    return [kernels.softCrossEntropyForward(m, classes, 0.1, draw(m * classes), targets, draw(classes), probs), probs];
  },
};

/** Drawn once: within jest, a number costs more than most kernels spend on it. */
const numbers = new RandomState(1).uniform(0, 1, m * 3072 + 1000);
const drawn = { float32: Float32Array.from(numbers), float64: numbers };

function results(call: Call, dtype: Dtype, threads: number): Float64Array {
  setThreads(threads);
  let arrays = 0;
  const draw = (length: number): FloatArray => {
    arrays++;
    return drawn[dtype].slice(37 * arrays, 37 * arrays + length);
  };
  const written = call(kernelsFor(dtype, 'native'), draw).map((result) => (typeof result === 'number' ? [result] : result));
  const all = new Float64Array(written.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const result of written) {
    all.set(result, at);
    at += result.length;
  }
  return all;
}

/** Compared as bytes: to compare hundreds of thousands of numbers one by one takes expect a second. */
const bytes = (array: Float64Array): Buffer => Buffer.from(array.buffer);

(backends.includes('native') ? describe : describe.skip).each(dtypes)('native kernels over threads, %s', (dtype) => {
  const before = getThreads('native');
  afterAll(() => { setThreads(before); });

  test.each(Object.keys(exact))('%s gives the same bits with any number of threads', (name) => {
    const alone = bytes(results(exact[name]!, dtype, 1));
    for (const threads of [2, 3]) expect(bytes(results(exact[name]!, dtype, threads)).equals(alone)).toBe(true);
  });

  test.each(Object.keys(summed))('%s gives the same bits with the same number of threads', (name) => {
    const alone = results(summed[name]!, dtype, 1);
    for (const threads of [2, 3]) {
      const first = results(summed[name]!, dtype, threads);
      for (let again = 0; again < 3; again++) {
        expect(bytes(results(summed[name]!, dtype, threads)).equals(bytes(first))).toBe(true);
      }
      // All terms are positive: a sum of n of them is off by n u of itself at most, in any order.
      const bound = 2 * (size + 2) * unitRoundoff(dtype);
      expect(first.every((value, i) => abs(value - alone[i]!) <= bound * alone[i]!)).toBe(true);
    }
  });
});
