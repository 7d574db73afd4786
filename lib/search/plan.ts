import { planOf } from '../build/buildTraining';
import type { TrainSpec } from '../spec/spec';
import { hopeless, lastPromotion, nextPromotion, rungCount, rungSteps } from './asha';
import type { Halving } from './asha';
import type { SearchSpec } from './searchSpec';
import type { SearchState, Trial } from './state';
import { hasFailed, rungDone, scoreOf } from './state';

/** One replicate of a trial, to be trained to the end of its rung. */
export interface TrialRun {
  readonly trial: Trial;
  readonly replicate: number;
}

/** What a free worker is to do: go on with a trial, promote one, or begin one. */
export type Move =
  | ({ readonly what: 'train' } & TrialRun)
  | { readonly what: 'promote'; readonly trial: Trial }
  | { readonly what: 'propose' };

/** Where no number of trials is set: a trial is given up when so many trials more, all better than it, could not promote it. */
const horizon = 50;

/** How a search halves its trials; without pruning there is one rung. */
export function halvingOf({ pruner, eta, minShare }: SearchSpec): Halving {
  return { rungs: pruner === 'none' ? 1 : rungCount(eta, minShare), eta };
}

/** Shares of the whole length at which the rungs end. */
export function rungShares({ rungs, eta }: Halving): number[] {
  return Array.from({ length: rungs }, (_, rung) => eta ** (rung + 1 - rungs));
}

/**
 * The steps that a trial's rungs end at: those of `rungSteps`, moved on to where the run evaluates anyway, so that a run that
 * pauses there is to the bit one that does not.
 */
export function pauses(spec: TrainSpec, trainRows: number, halving: Halving): number[] {
  const { steps, evaluateEvery } = planOf(spec, trainRows);
  return rungSteps(steps, halving).map((step) => Math.min(steps, Math.ceil(step / evaluateEvery) * evaluateEvery));
}

/**
 * The next move: replicates that a trial still needs, then promotions, then new trials. When the trials are all made, the best that
 * waits goes on if else none would come to the last rung. When time runs out (`closing`: a new trial would not come to its
 * end), what is left of it is spent on the best that wait.
 */
export function nextMove(
  state: SearchState, halving: Halving, trials: number, { isRunning, closing }: { isRunning: (unit: TrialRun) => boolean; closing: boolean },
): Move | undefined {
  let isBusy = false;
  for (const trial of state.trials) {
    if (hasFailed(trial) || scoreOf(trial, trial.rung) !== undefined) continue;
    isBusy = true;
    for (let replicate = 0; replicate < trial.runs.length; replicate++) {
      const unit: TrialRun = { trial, replicate };
      if (trial.scores[trial.rung]?.[replicate] === undefined && !isRunning(unit)) return { what: 'train', ...unit };
    }
  }
  const standings = state.standings();
  const due = nextPromotion(standings, halving);
  if (due !== undefined) return { what: 'promote', trial: state.trials[due.trial]! };
  if (closing) {
    const trial = state.ranking().find((one) => rungDone(one) < halving.rungs - 1 && rungDone(one) === one.rung && !one.isDropped);
    if (trial !== undefined) return { what: 'promote', trial };
  }
  if (state.trials.length < trials) return { what: 'propose' };
  const last = isBusy ? undefined : lastPromotion(standings, halving);
  return last && { what: 'promote', trial: state.trials[last.trial]! };
}

/** Trials that cannot be promoted any more, and so need no checkpoint. */
export function givenUp(state: SearchState, halving: Halving, trials: number): Trial[] {
  const standings = state.standings();
  return hopeless(standings, halving, Math.min(trials, standings.length + horizon)).map((number) => state.trials[number]!);
}
