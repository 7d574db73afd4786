import { RandomState } from '../../random';
import { drawAssignment } from '../space';
import type { Assignment, Sampler, Space } from '../types';

/** Trials that have nothing to do with each other (Bergstra & Bengio, "Random search for hyper-parameter optimization", 2012). */
export class RandomSampler implements Sampler {
  readonly name = 'random';
  readonly size = Infinity;

  constructor(private readonly space: Space, private readonly seed: number) {}

  propose(trial: number): Assignment {
    return drawAssignment(this.space, trialRandom(this.seed, trial));
  }
}

/** The generator of one trial: a trial is the same whoever asks for it, and when. */
export function trialRandom(seed: number, trial: number): RandomState {
  return new RandomState((Math.imul(seed, 0x9e3779b1) + trial) >>> 0);
}
