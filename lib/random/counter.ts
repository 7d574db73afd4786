import { expected } from '../errors';

/**
 * Draws by counting, with Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): each number follows from the seed,
 * its parameter and its place in it alone, so that all cores draw at once, and any number of them the same bits. For `initialize`.
 */
export class CounterRandom {
  readonly generator = 'counter';

  /** @param seed an integer in [0, 2³²). Throws ERR_CONFIG for another. */
  constructor(readonly seed: number) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) throw expected('ERR_CONFIG', 'an integer in [0, 2^32)', 'seed', seed, { path: 'seed' });
  }
}
