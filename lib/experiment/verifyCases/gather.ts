import type { GatherKernels } from '../../kernels/reference/gather';
import { exact, shapeOf, shapes } from './shared';
import type { CaseMakers } from './shared';

export const gatherCases: CaseMakers<keyof GatherKernels> = {
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
