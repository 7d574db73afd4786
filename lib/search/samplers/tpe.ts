import { drawAssignment } from '../space';
import type { Assignment, Observation, Sampler, Space } from '../types';
import { ParzenEstimator } from './parzen';
import { trialRandom } from './random';

/** Trials at random before there is anything to learn from. */
const startUp = 10;
/** Candidates of which the most promising becomes the trial. */
const candidates = 24;

/**
 * The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011): the best γ of the trials
 * and the others are each modelled by a density, l and g, and of 24 candidates drawn from l the one with the largest l/g is
 * proposed. The densities are over all parameters together (Falkner et al., "BOHB", 2018), so that what goes well
 * together is seen; γ = ⌈n/10⌉ trials, 25 at most, and 10 trials at random at first are Optuna's.
 *
 * Trials of a larger budget rank before those of a smaller one, as they were promoted past them; failed ones rank last.
 * A trial that is still running can be passed as a failed one, which keeps others away from it until more is known (the
 * constant liar of Ginsbourger et al., 2010).
 */
export class TpeSampler implements Sampler {
  readonly name = 'tpe';
  readonly size = Infinity;

  constructor(private readonly space: Space, private readonly seed: number) {}

  propose(trial: number, observations: readonly Observation[]): Assignment {
    const random = trialRandom(this.seed, trial);
    if (observations.length < startUp) return drawAssignment(this.space, random);
    const ranking = [...observations].sort(compare).map(({ assignment }) => assignment);
    const best = Math.min(Math.ceil(ranking.length / 10), 25);
    const good = new ParzenEstimator(this.space.parameters, ranking.slice(0, best));
    const others = new ParzenEstimator(this.space.parameters, ranking.slice(best));
    const drawn = Array.from({ length: candidates }, () => good.draw(random));
    // A trial that was made already would only repeat itself.
    const made = new Set(ranking.map((assignment) => JSON.stringify(assignment)));
    const fresh = drawn.filter((assignment) => !made.has(JSON.stringify(assignment)));
    let promising = drawn[0]!;
    let promise = -Infinity;
    for (const candidate of fresh.length > 0 ? fresh : drawn) {
      const ratio = good.logDensity(candidate) - others.logDensity(candidate);
      if (ratio > promise) [promising, promise] = [candidate, ratio];
    }
    return promising;
  }
}

function compare(a: Observation, b: Observation): number {
  const [failedA, failedB] = [a.score === 0, b.score === 0];
  if (failedA !== failedB) return failedA ? 1 : -1;
  return b.budget - a.budget || b.score - a.score;
}
