import type { ActivationKernels } from '../../kernels/reference/activation';
import { exact, lengths } from './shared';
import type { CaseMakers } from './shared';

export const activationCases: CaseMakers<keyof ActivationKernels> = {
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
};
