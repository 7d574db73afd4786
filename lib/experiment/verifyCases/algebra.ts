import { boundEach, exact, lengths, products, shapeOf, shapes } from './shared';
import type { CaseMakers } from './shared';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs } = Math;

export const algebraCases: CaseMakers<'algebra'> = {
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
};
