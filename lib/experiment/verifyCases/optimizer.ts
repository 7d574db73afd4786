import type { OptimizerKernels } from '../../kernels/reference/optimizer';
import { exact, lengths } from './shared';
import type { CaseMakers } from './shared';

export const optimizerCases: CaseMakers<keyof OptimizerKernels> = {
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
};
