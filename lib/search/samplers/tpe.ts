import type { RandomState } from '../../random';
import { drawAssignment } from '../space';
import type { Assignment, Observation, Sampler, Space } from '../types';
import { ParzenEstimator } from './parzen';
import { trialRandom } from './random';

/** Observations before which trials are random. */
const startUp = 10;
/** Candidates drawn for each proposal. */
const candidates = 24;
/** Random draws at most in search of a trial that was not made. */
const maxDraws = 2000;

/**
 * The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011): the best γ of the trials
 * and the others are each modelled by a density, l and g, and of 24 candidates drawn from l the one with the largest l/g is
 * proposed. The densities are joint over all parameters (Falkner et al., "BOHB", 2018), so that interactions are
 * modelled; γ = ⌈n/10⌉ trials, 25 at most, and 10 trials at random at first are Optuna's.
 *
 * Trials of a larger budget rank before those of a smaller one, as they were promoted past them; failed ones rank last.
 * A trial that is still running can be passed as a failed one, so that its neighbourhood is avoided until its score is known (the
 * constant liar of Ginsbourger et al., 2010).
 */
export class TpeSampler implements Sampler {
  readonly name = 'tpe';
  readonly size = Infinity;

  constructor(private readonly space: Space, private readonly seed: number) {}

  propose(trial: number, observations: readonly Observation[]): Assignment {
    const random = trialRandom(this.seed, trial);
    // A trial that was made already, or is under way, would only give the same score again.
    const made = new Set(observations.map(({ assignment }) => JSON.stringify(assignment)));
    const isFresh = (assignment: Assignment): boolean => !made.has(JSON.stringify(assignment));
    if (observations.length < startUp) return this.drawFresh(random, isFresh);
    const ranking = [...observations].sort(compare).map(({ assignment }) => assignment);
    const goodCount = Math.min(Math.ceil(ranking.length / 10), 25);
    const good = new ParzenEstimator(this.space.parameters, ranking.slice(0, goodCount));
    const others = new ParzenEstimator(this.space.parameters, ranking.slice(goodCount));
    const drawn = Array.from({ length: candidates }, () => good.draw(random));
    const fresh = drawn.filter(isFresh);
    let best = fresh[0];
    let bestRatio = -Infinity;
    for (const candidate of fresh) {
      const ratio = good.logDensity(candidate) - others.logDensity(candidate);
      if (ratio > bestRatio) [best, bestRatio] = [candidate, ratio];
    }
    return best ?? this.drawFresh(random, isFresh);
  }

  /** A random assignment, one that is fresh unless many draws find none: a small space may have been made in full. */
  private drawFresh(random: RandomState, isFresh: (assignment: Assignment) => boolean): Assignment {
    let assignment = drawAssignment(this.space, random);
    for (let draws = 1; draws < maxDraws && !isFresh(assignment); draws++) assignment = drawAssignment(this.space, random);
    return assignment;
  }
}

function compare(a: Observation, b: Observation): number {
  const [failedA, failedB] = [a.score === 0, b.score === 0];
  if (failedA !== failedB) return failedA ? 1 : -1;
  return b.budget - a.budget || b.score - a.score;
}
