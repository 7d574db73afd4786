import { RandomState } from '../../random';
import { drawAssignment } from '../space';
import type { Assignment, Sampler, Space } from '../types';

/** Proposes independent random trials (Bergstra & Bengio, "Random search for hyper-parameter optimization", 2012). */
export class RandomSampler implements Sampler {
  readonly name = 'random';
  readonly size = Infinity;

  constructor(private readonly space: Space, private readonly seed: number) {}

  propose(trial: number): Assignment {
    return drawAssignment(this.space, trialRandom(this.seed, trial));
  }
}

/** The generator of one trial, so that a trial depends on seed and number alone, and not on those before it. */
export function trialRandom(seed: number, trial: number): RandomState {
  return new RandomState((Math.imul(seed, 0x9e3779b1) + trial) >>> 0);
}
