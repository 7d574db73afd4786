import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Draw } from '../draw';
import { computedShapes, exact, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const EPSILON = 1e-5;

/** Inputs of every shape: ordinary ones, far from zero, without any spread, and hostile. */
function* inputs(draw: Draw): Generator<{ label: string; m: number; n: number; x: FloatArray }> {
  for (const [m, n] of computedShapes) {
    const label = shapeOf(m, n);
    yield { label, m, n, x: draw.uniform(m * n, 5) };
    yield { label: `${label} far`, m, n, x: draw.uniform(m * n).map((value) => value + 1e4) };
    yield { label: `${label} equal`, m, n, x: draw.uniform(m * n).fill(0.3) };
    yield { label: `${label} hostile`, m, n, x: draw.hostile(m * n) };
  }
}

/** The backward pass of either kind, with one statistic for each of `groups` columns or rows. */
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

/** The contract fixes the order of every sum and where results are rounded: all of these agree bit for bit. */
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
