import type { FloatArray } from '../../kernels/contract';
import type { Draw } from '../draw';
import { exact, exactLoop, memoryLengths } from './shared';
import type { CaseMakers } from './shared';

/** Weights of magnitude 1 with gradients of several magnitudes and zeros. */
function parameters(draw: Draw, n: number): { w: FloatArray; dw: FloatArray } {
  const magnitude = draw.pick([1, 1e-3, 1e-12]);
  const dw = draw.repeated(n, (drawn) => draw.uniform(drawn, magnitude).map((value) => draw.pick([0, value, value, value])));
  return { w: draw.uniform(n), dw };
}

/** Averages of squares, some of them zero, as they start. */
function squares(draw: Draw, n: number): FloatArray {
  const magnitude = draw.pick([1, 1e-3]);
  return draw.repeated(n, (drawn) => draw.uniform(drawn, magnitude).map((value) => draw.pick([0, value * value, value * value])));
}

export const optimizerCases: CaseMakers<'optimizer'> = {
  *sgdStep(draw) {
    for (const n of memoryLengths) {
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

  *adamStep(draw) {
    for (const n of memoryLengths) {
      for (const [weightDecay, keep] of [[0, 1], [0.1, 1], [0, 1 - 1e-4]] as const) {
        const { w, dw } = parameters(draw, n);
        const m = draw.uniform(n);
        const v = squares(draw, n);
        yield exact(`n=${n} weightDecay=${weightDecay} keep=${keep}`, (kernels) => {
          const outputs = [w, m, v].map((values) => draw.output(n, values)) as [FloatArray, FloatArray, FloatArray];
          const [weights, mean, square] = outputs;
          kernels.adamStep(n, 3e-3, 0.9, 0.999, 1e-8, weightDecay, keep, weights, dw, mean, square);
          return outputs;
        });
      }
    }
  },

  *rmspropStep(draw) {
    for (const n of memoryLengths) {
      for (const weightDecay of [0, 0.1]) {
        const { w, dw } = parameters(draw, n);
        const v = squares(draw, n);
        yield exact(`n=${n} weightDecay=${weightDecay}`, (kernels) => {
          const [weights, square] = [draw.output(n, w), draw.output(n, v)];
          kernels.rmspropStep(n, 1e-3, 0.99, 1e-8, weightDecay, weights, dw, square);
          return [weights, square];
        });
      }
    }
  },

  /** Hostile numbers, as the sign of 0, infinities and NaN matters. */
  *lionStep(draw) {
    for (const n of memoryLengths) {
      for (const [weightDecay, keep] of [[0, 1], [0.1, 1], [0, 1 - 1e-4]] as const) {
        const [w, dw, m] = [draw.uniform(n), draw.hostile(n), draw.hostile(n)];
        yield exact(`n=${n} weightDecay=${weightDecay} keep=${keep}`, (kernels) => {
          const [weights, mean] = [draw.output(n, w), draw.output(n, m)];
          kernels.lionStep(n, 1e-3, 0.9, 0.99, weightDecay, keep, weights, dw, mean);
          return [weights, mean];
        });
      }
    }
  },

  lerp: exactLoop('lerp', { t: [0, 1e-3, 0.5, 1] }),
};
