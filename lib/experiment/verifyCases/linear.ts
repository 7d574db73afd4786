import type { FloatArray } from '../../kernels/contract';
import type { LinearKernels } from '../../kernels/reference/linear';
import type { Draw } from '../verifyDraw';
import { boundEach, products, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const { abs, floor } = Math;

/** The sizes of products, and some at which the native tiles begin: panels that come out even and ragged ones. */
const shapes = [...products, [200, 50, 96], [64, 12, 512], [33, 25, 1037]] as const;

/** Weights w[n,k] and rows dy[m,n] and x[m,k], of which one column each is zero. */
function draw(from: Draw, m: number, n: number, k: number): { w: FloatArray; dy: FloatArray; x: FloatArray } {
  const blank = (columns: number) => (value: number, i: number): number => (i % columns === 0 ? 0 : value);
  return { w: from.uniform(n * k), dy: from.uniform(m * n).map(blank(n)), x: from.uniform(m * k).map(blank(k)) };
}

/** For each weight, Σ|terms| of its gradient. */
function magnitudes(m: number, n: number, k: number, dy: FloatArray, x: FloatArray): number[] {
  return boundEach(n * k, (at) => {
    const [i, j] = [floor(at / k), at % k];
    let sum = 0;
    for (let row = 0; row < m; row++) sum += abs(dy[row * n + i]! * x[row * k + j]!);
    return sum;
  });
}

export const linearCases: CaseMakers<keyof LinearKernels> = {
  /** What the gradient is off by, the velocity is; and the weight by less, as lr (1 + momentum) is below 1. */
  *sgdLinearStep(from) {
    for (const [m, n, k] of shapes) {
      for (const [momentum, nesterov] of [[0, false], [0.9, false], [0.9, true]] as const) {
        const { w, dy, x } = draw(from, m, n, k);
        const v = momentum === 0 ? undefined : from.uniform(n * k);
        const sums = magnitudes(m, n, k, dy, x);
        const bound = sums.map((sum) => from.sumBound(m + 4, sum + 3));
        yield {
          label: `${shapeOf(m, n, k)} momentum=${momentum}${nesterov ? ' nesterov' : ''}`,
          run: (kernels) => {
            const [weights, velocity] = [from.output(n * k, w), from.output(n * k, v)];
            const dw = from.output(n * k).subarray(0, n * k);
            kernels.sgdLinearStep(m, n, k, dy, x, 0.1, momentum, 0.01, nesterov, dw, weights, velocity);
            return [weights, velocity];
          },
          bounds: [bound, momentum === 0 ? [] : bound],
        } satisfies VerifyCase;
      }
    }
  },

  /**
   * With d the gradient's error: m is off by d/10 and v by 2·|g|·d/100. As v starts at 1 or above, so does its root, nearly; it is
   * off by |g|·d/100 at most, and m over it by d/10 + |m|·|g|·d/100, below (1 + |g|)²·d.
   */
  *adamLinearStep(from) {
    for (const [rows, n, k] of shapes) {
      for (const [weightDecay, keep] of [[0, 1], [0.1, 1], [0, 1 - 1e-4]] as const) {
        const { w, dy, x } = draw(from, rows, n, k);
        const m = from.uniform(n * k);
        const v = from.uniform(n * k).map((value) => 1 + abs(value));
        const errors = magnitudes(rows, n, k, dy, x).map((sum) => ({ sum, error: from.sumBound(rows + 4, sum + 3) }));
        yield {
          label: `${shapeOf(rows, n, k)} weightDecay=${weightDecay} keep=${keep}`,
          run: (kernels) => {
            const outputs = [w, m, v].map((values) => from.output(n * k, values)) as [FloatArray, FloatArray, FloatArray];
            const dw = from.output(n * k).subarray(0, n * k);
            kernels.adamLinearStep(rows, n, k, dy, x, 0.01, 0.9, 0.99, 1, 1e-8, weightDecay, keep, dw, ...outputs);
            return outputs;
          },
          bounds: [
            errors.map(({ sum, error }) => error * (1 + 0.01 * (1 + sum) ** 2)),
            errors.map(({ error }) => error),
            errors.map(({ sum, error }) => error * (1 + sum)),
          ],
        } satisfies VerifyCase;
      }
    }
  },
};
