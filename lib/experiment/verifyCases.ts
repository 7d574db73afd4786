import type { Dtype, FloatArray, Kernels } from '../kernels/contract';
import { Draw, GUARDS } from './verifyDraw';

/** The name of a kernel of the contract. */
export type KernelName = Exclude<keyof Kernels, 'backend' | 'dtype'>;

/** One call of a kernel, to be made on two backends. */
export interface VerifyCase {
  readonly label: string;
  /** Calls the kernel with fresh outputs; returns those, guard elements included, and the returned number. */
  readonly run: (kernels: Kernels) => readonly ArrayLike<number>[];
  /**
   * By how much the elements of the outputs may differ between two backends. An element without a bound, guards among
   * them, must be the same bit for bit. Every bound holds for the errors of both sides together.
   */
  readonly bounds: readonly ArrayLike<number>[];
}

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs } = Math;

const lengths = [0, 1, 3, 7, 8, 17, 33, 64, 65, 200, 1001] as const;
const shapes = [
  [0, 3], [3, 0], [1, 1], [1, 8], [8, 1], [3, 7], [7, 17], [17, 10], [33, 65], [64, 64], [65, 3], [200, 50],
] as const;
/** The last one is more than a block of the TypeScript product in every direction. */
const products = [
  [0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [1, 7, 3], [7, 1, 8], [5, 10, 4], [8, 8, 8], [3, 17, 33], [17, 33, 7],
  [33, 8, 65], [64, 65, 33], [65, 64, 200], [200, 10, 50], [129, 131, 259],
] as const;

const shapeOf = (...sizes: readonly number[]): string => sizes.join('x');
const indicesUpTo = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** One bound for each of `length` elements. */
const boundEach = (length: number, bound: (i: number) => number): number[] => indicesUpTo(length).map(bound);

/** A case whose outputs must agree bit for bit. */
const exact = (label: string, run: VerifyCase['run']): VerifyCase => ({ label, run, bounds: [] });

/** Softmax of a row in double, with what the bounds need. */
function softmaxOf(row: FloatArray): { p: number[]; distance: number[]; logSum: number } {
  const maximum = Math.max(...row);
  const distance = Array.from(row, (value) => maximum - value);
  const powers = distance.map((value) => Math.exp(-value));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { p: powers.map((power) => power / sum), distance, logSum: Math.log(sum) };
}

/** Logits: ordinary ones, then rows where softmax is known to go wrong. */
function* logits(draw: Draw): Generator<{ label: string; m: number; n: number; x: FloatArray }> {
  for (const [m, n] of shapes) yield { label: shapeOf(m, n), m, n, x: draw.uniform(m * n, 5) };
  const hostileRows: readonly (readonly [string, readonly number[]])[] = [
    ['all equal', [3, 3, 3, 3]],
    ['one far above', [-1e4, 0, 1e4, 0]],
    ['underflow', [0, -80, -95, -104, -120, -708, -740, -746]],
    ['huge offset', [1e30, 1e30, 0.5e30, -1e30]],
    ['near ties', [1e4, 1e4 + 2 ** -9, 1e4 - 2 ** -9, 1e4]],
    ['-Infinity', [-Infinity, 1, 2, -Infinity]],
    ['only -Infinity', [-Infinity, -Infinity]],
    ['Infinity', [1, Infinity, 2]],
    ['NaN first', [NaN, 1, 2]],
    ['NaN last', [1, 2, NaN]],
  ];
  for (const [label, row] of hostileRows) yield { label, m: 1, n: row.length, x: draw.of(row) };
}

function softmaxBounds(draw: Draw, m: number, n: number, x: FloatArray): number[] {
  return indicesUpTo(m).flatMap((i) => {
    const { p, distance } = softmaxOf(x.subarray(i * n, (i + 1) * n));
    return p.map((value, j) => draw.softmaxBound(n, value, distance[j]!));
  });
}

const labelsOf = (draw: Draw, m: number, n: number): Int32Array =>
  n === 0 ? new Int32Array(m) : draw.random.randint(0, n, m);

const makers: Readonly<Record<KernelName, (draw: Draw) => Generator<VerifyCase>>> = {
  *gemm(draw) {
    for (const [m, n, k] of products) {
      for (const [transA, transB] of [[false, false], [false, true], [true, false], [true, true]] as const) {
        for (const beta of m * n * k > 1e6 ? [0.5] : [0, 1, 0.5]) {
          const magnitude = draw.pick(draw.magnitudes);
          const alpha = draw.pick([1, 1, -0.75, 0]);
          const a = draw.uniform(m * k, magnitude);
          const b = draw.uniform(k * n, magnitude);
          const c = beta === 0 ? undefined : draw.uniform(m * n, magnitude * magnitude);
          const bound = (at: number): number => {
            const [i, j] = [Math.floor(at / n), at % n];
            let sum = 0;
            for (let p = 0; p < k; p++) {
              sum += abs(a[transA ? p * m + i : i * k + p]! * b[transB ? j * k + p : p * n + j]!);
            }
            return draw.sumBound(k + 1, abs(alpha) * sum + abs(beta * (c?.[at] ?? 0)));
          };
          yield {
            label: `${transA ? 'T' : 'N'}${transB ? 'T' : 'N'} ${shapeOf(m, n, k)} beta=${beta}`,
            run: (kernels) => {
              const out = draw.output(m * n, c);
              kernels.gemm(transA, transB, m, n, k, alpha, a, b, beta, out);
              return [out];
            },
            bounds: [boundEach(m * n, bound)],
          };
        }
      }
    }
  },

  *axpy(draw) {
    for (const n of lengths) {
      for (const magnitude of draw.magnitudes) {
        const alpha = draw.pick([1, -0.3, 0, magnitude]);
        const x = draw.uniform(n, magnitude);
        const y = draw.uniform(n, magnitude);
        yield {
          label: `n=${n} alpha=${alpha.toPrecision(2)}`,
          run: (kernels) => {
            const out = draw.output(n, y);
            kernels.axpy(n, alpha, x, out);
            return [out];
          },
          bounds: [boundEach(n, (i) => draw.sumBound(2, abs(alpha * x[i]!) + abs(y[i]!)))],
        };
      }
    }
  },

  /** One operation, correctly rounded, has one right answer. */
  *scal(draw) {
    for (const n of lengths) {
      for (const alpha of [1, -0.3, 0, draw.magnitudes[0]!]) {
        const x = draw.hostile(n);
        yield exact(`n=${n} alpha=${alpha.toPrecision(2)}`, (kernels) => {
          const out = draw.output(n, x);
          kernels.scal(n, alpha, out);
          return [out];
        });
      }
    }
  },

  *dot(draw) {
    for (const n of lengths) {
      for (const magnitude of draw.magnitudes) {
        const x = draw.uniform(n, magnitude);
        const y = draw.uniform(n, magnitude);
        const sum = Array.from(x).reduce((total, value, i) => total + abs(value * y[i]!), 0);
        yield {
          label: `n=${n} of ${magnitude.toPrecision(2)}`,
          run: (kernels) => [[kernels.dot(n, x, y)]],
          bounds: [[draw.sumBound(n, sum)]],
        };
      }
    }
  },

  /** The root halves the relative error of the sum and adds one rounding. Squares overflow and underflow here. */
  *nrm2(draw) {
    for (const n of lengths) {
      for (const magnitude of draw.dtype === 'float32' ? [2 ** -100, 1, 2 ** 100] : [2 ** -700, 1, 2 ** 700]) {
        const x = draw.uniform(n, magnitude);
        yield {
          label: `n=${n} of ${magnitude.toPrecision(2)}`,
          run: (kernels) => [[kernels.nrm2(n, x)]],
          bounds: [[draw.sumBound(n, Math.hypot(...x))]],
        };
      }
    }
  },

  *biasForward(draw) {
    for (const [m, n] of shapes) {
      const bias = draw.hostile(n);
      const y = draw.hostile(m * n);
      yield exact(shapeOf(m, n), (kernels) => {
        const out = draw.output(m * n, y);
        kernels.biasForward(m, n, bias, out);
        return [out];
      });
    }
  },

  /** The contract fixes the order of the sum. */
  *biasBackward(draw) {
    for (const [m, n] of shapes) {
      for (const beta of [0, 1, 0.5]) {
        const dy = draw.uniform(m * n);
        const dbias = beta === 0 ? undefined : draw.uniform(n);
        yield exact(`${shapeOf(m, n)} beta=${beta}`, (kernels) => {
          const out = draw.output(n, dbias);
          kernels.biasBackward(m, n, dy, beta, out);
          return [out];
        });
      }
    }
  },

  *reluForward(draw) {
    for (const n of lengths) {
      const x = draw.hostile(n);
      yield exact(`n=${n}`, (kernels) => {
        const out = draw.output(n);
        kernels.reluForward(n, x, out);
        return [out];
      });
    }
  },

  *reluBackward(draw) {
    for (const n of lengths) {
      const y = draw.hostile(n);
      const dy = draw.hostile(n);
      yield exact(`n=${n}`, (kernels) => {
        const out = draw.output(n);
        kernels.reluBackward(n, y, dy, out);
        return [out];
      });
    }
  },

  *maskScale(draw) {
    for (const n of lengths) {
      const mask = Uint8Array.from({ length: n }, () => draw.pick([0, 0, 1, 255]));
      const x = draw.hostile(n);
      yield exact(`n=${n}`, (kernels) => {
        const out = draw.output(n);
        kernels.maskScale(n, 1 / 0.7, mask, x, out);
        return [out];
      });
    }
  },

  *softmaxForward(draw) {
    for (const { label, m, n, x } of logits(draw)) {
      yield {
        label,
        run: (kernels) => {
          const out = draw.output(m * n);
          kernels.softmaxForward(m, n, x, out);
          return [out];
        },
        bounds: [softmaxBounds(draw, m, n, x)],
      };
    }
  },

  /** dx = y·(dy − Σ dy·y): a sum of n + 1 terms with y in front. */
  *softmaxBackward(draw) {
    for (const [m, n] of shapes) {
      const rows = indicesUpTo(m).map(() => draw.of(softmaxOf(draw.uniform(n, 5)).p));
      const y = draw.of(rows.flatMap((row) => Array.from(row)));
      const dy = draw.uniform(m * n);
      const sums = rows.map((row, i) => Array.from(row).reduce((total, p, j) => total + abs(p * dy[i * n + j]!), 0));
      yield {
        label: shapeOf(m, n),
        run: (kernels) => {
          const out = draw.output(m * n);
          kernels.softmaxBackward(m, n, y, dy, out);
          return [out];
        },
        bounds: [boundEach(m * n, (at) => draw.sumBound(n + 1, y[at]! * (abs(dy[at]!) + sums[Math.floor(at / n)]!)))],
      };
    }
  },

  *softmaxCrossEntropyForward(draw) {
    for (const { label, m, n, x } of logits(draw)) {
      if (n === 0) continue; // no label is in [0, 0)
      const labels = labelsOf(draw, m, n);
      const lossBounds = boundEach(m, (i) => {
        const { distance, logSum } = softmaxOf(x.subarray(i * n, (i + 1) * n));
        const loss = logSum + distance[labels[i]!]!;
        return draw.lossBound(n, loss) + m * 2 ** -52 * loss; // both sides add up their rows in double
      });
      yield {
        label,
        run: (kernels) => {
          const probs = draw.output(m * n);
          const loss = kernels.softmaxCrossEntropyForward(m, n, x, labels, probs);
          return [probs, [loss]];
        },
        bounds: [softmaxBounds(draw, m, n, x), [lossBounds.reduce((total, bound) => total + bound, 0)]],
      };
    }
  },

  *softmaxCrossEntropyBackward(draw) {
    for (const [m, n] of shapes) {
      if (m > 0 && n === 0) continue;
      const probs = draw.of(draw.random.uniform(0, 1, m * n));
      const labels = labelsOf(draw, m, n);
      yield exact(shapeOf(m, n), (kernels) => {
        const out = draw.output(m * n);
        kernels.softmaxCrossEntropyBackward(m, n, 1 / 3, probs, labels, out);
        return [out];
      });
    }
  },

  *argmax(draw) {
    for (const [m, n] of shapes) {
      if (m > 0 && n === 0) continue; // an empty row has no maximum
      const ties = draw.of(draw.random.randint(0, 3, m * n));
      for (const [label, x] of [['', draw.uniform(m * n)], [' ties', ties], [' hostile', draw.hostile(m * n)]] as const) {
        yield exact(shapeOf(m, n) + label, (kernels) => {
          const out = new Int32Array(m + GUARDS).fill(-7);
          kernels.argmax(m, n, x, out);
          return [out];
        });
      }
    }
  },

  *sgdStep(draw) {
    for (const n of lengths) {
      for (const [momentum, nesterov] of [[0, false], [0, true], [0.9, false], [0.9, true]] as const) {
        const weightDecay = draw.pick([0, 5e-4, 0.1]);
        const w = draw.uniform(n);
        const dw = draw.uniform(n, draw.pick([1, 1e-3]));
        const v = momentum === 0 ? undefined : draw.uniform(n);
        yield exact(`n=${n} momentum=${momentum}${nesterov ? ' nesterov' : ''}`, (kernels) => {
          const weights = draw.output(n, w);
          const velocity = draw.output(n, v);
          kernels.sgdStep(n, 0.01, momentum, weightDecay, nesterov, weights, dw, velocity);
          return [weights, velocity];
        });
      }
    }
  },

  *gatherRows(draw) {
    for (const [m, n] of shapes) {
      const rows = 7;
      const bytes = Uint8Array.from(draw.random.randint(0, 256, rows * n));
      for (const [label, src] of [['bytes', bytes], ['floats', draw.uniform(rows * n)]] as const) {
        const indices = draw.random.randint(0, rows, m);
        const scale = draw.uniform(n);
        const shift = draw.uniform(n);
        yield exact(`${shapeOf(m, n)} ${label}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.gatherRows(m, n, indices, src, scale, shift, out);
          return [out];
        });
      }
    }
  },
};

/** Every kernel, in the contract's order. */
export const kernelNames = Object.keys(makers) as KernelName[];

/** The cases of a kernel at a dtype: the same ones for the same seed. */
export function verifyCases(kernel: KernelName, dtype: Dtype, seed: number): Generator<VerifyCase> {
  return makers[kernel](new Draw(dtype, seed));
}
