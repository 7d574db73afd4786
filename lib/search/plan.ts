import { planOf } from '../build/buildTraining';
import type { TrainSpec } from '../spec/spec';
import { lastPromotion, nextPromotion, rungSteps, unpromotable } from './asha';
import type { Halving } from './asha';
import type { SearchState, Trial } from './state';
import { isPending, rungDone } from './state';

/** One replicate of a trial, to be trained to the end of its rung. */
export interface TrialRun {
  readonly trial: Trial;
  readonly replicate: number;
}

/** What to do next for a free worker: train a replicate, promote a trial, or propose one. */
export type Action =
  | ({ readonly what: 'train' } & TrialRun)
  | { readonly what: 'promote'; readonly trial: Trial }
  | { readonly what: 'propose' };

/** Further trials that {@link trialsToDrop} takes into account: where there may be more, or no limit, a trial could never be dropped. */
const horizon = 50;

/**
 * The steps at which a trial's rungs end: those of `rungSteps`, moved to the next step at which the run evaluates anyway, so that a run
 * that pauses there has the same bits as one that does not.
 */
export function pauseSteps(spec: TrainSpec, trainRows: number, halving: Halving): number[] {
  const { steps, evaluateEvery } = planOf(spec, trainRows);
  return rungSteps(steps, halving).map((step) => Math.min(steps, Math.ceil(step / evaluateEvery) * evaluateEvery));
}

/**
 * The next action: replicates that a trial still needs and that `take` takes, which is asked for each until it returns true, then promotions, then new trials. When all trials are made, the best waiting one
 * is promoted if otherwise none would reach the last rung. When too little time is left for a new trial (`closing`), it is spent on
 * the best waiting trials.
 */
export function nextAction(
  state: SearchState, halving: Halving, trials: number, { take, closing }: { take: (run: TrialRun) => boolean; closing: boolean },
): Action | undefined {
  let isBusy = false;
  for (const trial of state.trials) {
    if (!isPending(trial)) continue;
    isBusy = true;
    for (let replicate = 0; replicate < trial.runs.length; replicate++) {
      const run: TrialRun = { trial, replicate };
      if (trial.scores[trial.rung]?.[replicate] === undefined && take(run)) return { what: 'train', ...run };
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

/** Trials that can no longer be promoted, and so need no checkpoint. */
export function trialsToDrop(state: SearchState, halving: Halving, trials: number): Trial[] {
  const standings = state.standings();
  return unpromotable(standings, halving, Math.min(trials, standings.length + horizon)).map((number) => state.trials[number]!);
}
