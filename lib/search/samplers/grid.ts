import { expected } from '../../errors';
import { RandomState } from '../../random';
import { gridValues } from '../domain';
import { isActive } from '../space';
import type { Assignment, Sampler, Space } from '../types';

/** A larger grid is refused. */
const maxTrials = 100_000;

/**
 * Proposes each combination of parameter values once: all values of a choice, `points` of a range; a conditional parameter takes part
 * only where its condition holds. In random order, so that a search that ends early has covered the whole space.
 */
export class GridSampler implements Sampler {
  readonly name = 'grid';
  readonly size: number;
  private readonly trials: readonly Assignment[];

  /** Throws ERR_CONFIG for more than 100,000 combinations. */
  constructor(space: Space, seed: number) {
    const trials = combinations(space);
    new RandomState(seed).shuffle(trials);
    this.trials = trials;
    this.size = trials.length;
  }

  /** Throws ERR_CONFIG for a trial beyond the last. */
  propose(trial: number): Assignment {
    const assignment = this.trials[trial];
    if (assignment === undefined) throw expected('ERR_CONFIG', `a number below ${String(this.size)}`, 'a trial of the grid', trial);
    return assignment;
  }
}

function combinations({ parameters }: Space): Assignment[] {
  let trials: Assignment[] = [{}];
  for (const parameter of parameters) {
    const values = gridValues(parameter.domain, parameter.points);
    const active = trials.filter((trial) => isActive(parameter, trial)).length;
    const count = trials.length + active * (values.length - 1);
    // Checked before they are made, as there may be too many for the memory.
    if (count > maxTrials) {
      throw expected('ERR_CONFIG', `at most ${String(maxTrials)} combinations (fewer points or parameters, or sampler random)`, 'the grid', count, {
        path: `space.${parameter.name}.points`,
      });
    }
    trials = trials.flatMap((trial) => isActive(parameter, trial) ? values.map((value) => ({ ...trial, [parameter.name]: value })) : [trial]);
  }
  return trials;
}
