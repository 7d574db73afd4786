import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Draw } from '../draw';
import { computeShapes, exact, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const EPSILON = 1e-5;

/** Inputs of every shape: ordinary, with a large mean, constant, and hostile. */
function* inputs(draw: Draw): Generator<{ label: string; m: number; n: number; x: FloatArray }> {
  for (const [m, n] of computeShapes) {
    const label = shapeOf(m, n);
    yield { label, m, n, x: draw.uniform(m * n, 5) };
    yield { label: `${label} far`, m, n, x: draw.uniform(m * n).map((value) => value + 1e4) };
    yield { label: `${label} equal`, m, n, x: draw.uniform(m * n).fill(0.3) };
    yield { label: `${label} hostile`, m, n, x: draw.hostile(m * n) };
  }
}

/** Cases of either backward pass, with statistics for each of `groups` columns or rows. */
function* backward(
  draw: Draw, kernel: 'batchNormBackward' | 'layerNormBackward', groupsOf: (m: number, n: number) => number,
): Generator<VerifyCase> {
  for (const { label, m, n, x } of inputs(draw)) {
    const groups = groupsOf(m, n);
    const [gamma, mean] = [draw.uniform(n), draw.uniform(groups)];
    const inverseStd = draw.of(draw.random.uniform(0.1, 10, groups));
    const dy = draw.uniform(m * n);
    yield exact(label, (kernels) => {
      const [dgamma, dbeta, dx] = [draw.output(n), draw.output(n), draw.output(m * n)];
      kernels[kernel](m, n, x, gamma, mean, inverseStd, dy, dgamma, dbeta, dx);
      return [dgamma, dbeta, dx];
    });
  }
}

/** The contract fixes the order of sums and where results are rounded, so that backends agree bit for bit. */
export const normalizationCases: CaseMakers<'normalization'> = {
  *batchNormForward(draw) {
    for (const { label, m, n, x } of inputs(draw)) {
      const [gamma, beta, runningMean] = [draw.uniform(n), draw.uniform(n), draw.uniform(n)];
      const runningVariance = draw.of(draw.random.uniform(0, 2, n));
      yield exact(label, (kernels: Kernels) => {
        const [running, variance] = [draw.output(n, runningMean), draw.output(n, runningVariance)];
        const [mean, inverseStd, y] = [draw.output(n), draw.output(n), draw.output(m * n)];
        kernels.batchNormForward(m, n, EPSILON, 0.1, x, gamma, beta, running, variance, mean, inverseStd, y);
        return [running, variance, mean, inverseStd, y];
      });
    }
  },

  *batchNormEvaluate(draw) {
    for (const { label, m, n, x } of inputs(draw)) {
      const [gamma, beta, mean] = [draw.uniform(n), draw.uniform(n), draw.uniform(n)];
      const variance = draw.of(draw.random.uniform(0, 2, n));
      yield exact(label, (kernels) => {
        const y = draw.output(m * n);
        kernels.batchNormEvaluate(m, n, EPSILON, x, gamma, beta, mean, variance, y);
        return [y];
      });
    }
  },

  *batchNormBackward(draw) {
    yield* backward(draw, 'batchNormBackward', (_, n) => n);
  },

  *layerNormForward(draw) {
    for (const { label, m, n, x } of inputs(draw)) {
      const [gamma, beta] = [draw.uniform(n), draw.uniform(n)];
      yield exact(label, (kernels) => {
        const [mean, inverseStd, y] = [draw.output(m), draw.output(m), draw.output(m * n)];
        kernels.layerNormForward(m, n, EPSILON, x, gamma, beta, mean, inverseStd, y);
        return [mean, inverseStd, y];
      });
    }
  },

  *layerNormBackward(draw) {
    yield* backward(draw, 'layerNormBackward', (m) => m);
  },
};
