import type { Draw } from '../draw';
import { computeLengths, exact } from './shared';
import type { CaseMakers } from './shared';

/** Keys with words at the ends of their range, and one that is drawn. */
const keysOf = ({ random }: Draw): readonly Int32Array[] => [Int32Array.of(0, 0), Int32Array.of(-1, -(2 ** 31)), random.randint(-(2 ** 31), 2 ** 31, 2)];

/** The longest of the lengths is enough for three threads, whose ranges have to begin with whole blocks. */
export const randomCases: CaseMakers<'random'> = {
  *fillNormal(draw) {
    for (const n of computeLengths) {
      for (const key of keysOf(draw)) {
        const std = draw.pick([0, 1e-4, 1, NaN]);
        yield exact(`n=${n} std=${std} key=${key.join()}`, (kernels) => {
          const out = draw.output(n);
          kernels.fillNormal(n, std, key, out);
          return [out];
        });
      }
    }
  },

  *fillUniform(draw) {
    for (const n of computeLengths) {
      for (const key of keysOf(draw)) {
        const [low, high] = draw.pick([[0, 1], [-0.1, 0.1], [3, 3], [-Infinity, 1]] as const);
        yield exact(`n=${n} from ${low} to ${high} key=${key.join()}`, (kernels) => {
          const out = draw.output(n);
          kernels.fillUniform(n, low, high, key, out);
          return [out];
        });
      }
    }
  },
};
