import type { SearchSpec } from './searchSpec';

/** What successive halving knows of a trial. */
export interface Standing {
  readonly trial: number;
  /** Its scores at rungs 0, 1, …, up to the last that it has finished. */
  readonly scores: readonly number[];
  /** `running`: being trained for the next rung; `waiting`: may be promoted; `dropped`: can no longer be; `failed`: training for the next rung ended in an error. */
  readonly state: 'running' | 'waiting' | 'dropped' | 'failed';
}

/** The rungs of successive halving. */
export interface Halving {
  /** Number of rungs; the last is the full length of training. */
  readonly rungs: number;
  /** One in `eta` trials of a rung is promoted to the next, which is `eta` times as long. */
  readonly eta: number;
}

/** A trial that is promoted, and the rung that it is then trained for. */
export interface Promotion {
  readonly trial: number;
  readonly rung: number;
}

/** The number of rungs when the first has at least `minShare` of the full length, and each is `eta` times as long as the one before. */
export function rungCount(eta: number, minShare: number): number {
  // The small term makes up for rounding of the logarithms: a third of a third is exactly a ninth.
  return 1 + Math.floor(Math.log(1 / minShare) / Math.log(eta) + 1e-9);
}

/** The rungs of a search; without pruning there is one. */
export function halvingOf({ pruner, eta, minShare }: SearchSpec): Halving {
  return { rungs: pruner === 'none' ? 1 : rungCount(eta, minShare), eta };
}

/** Where the rungs end, as shares of the full length of training. */
export function rungShares({ rungs, eta }: Halving): number[] {
  return Array.from({ length: rungs }, (_, rung) => eta ** (rung + 1 - rungs));
}

/** The step at which each rung of a training of `steps` steps ends; rungs of a very short training can coincide. */
export function rungSteps(steps: number, { rungs, eta }: Halving): number[] {
  return Array.from({ length: rungs }, (_, rung) => Math.ceil(steps / eta ** (rungs - 1 - rung)));
}

/**
 * The next promotion of asynchronous successive halving, or undefined where a new trial should begin instead: from the highest
 * rung down, the best of the ⌊1/eta⌋ best of a rung that has not been promoted (Li et al., "A system for massively parallel
 * hyperparameter tuning", 2018, algorithm 2). A trial that failed on the way to a rung ranks last there; of equal scores the earlier
 * trial's ranks first. The result does not depend on the order of the standings.
 */
export function nextPromotion(standings: readonly Standing[], halving: Halving): Promotion | undefined {
  for (let rung = halving.rungs - 2; rung >= 0; rung--) {
    const ranking = rankingOf(standings, rung);
    const best = ranking.slice(0, Math.floor(ranking.length / halving.eta)).find((standing) => waitsAt(standing, rung));
    if (best !== undefined) return { trial: best.trial, rung: rung + 1 };
  }
  return undefined;
}

/**
 * The promotion when no trial is left to begin and none is running: the best of the highest rung, so that a search of few trials also
 * trains one of them in full. Undefined where a trial has finished the last rung, or all have failed.
 */
export function lastPromotion(standings: readonly Standing[], { rungs }: Halving): Promotion | undefined {
  if (standings.some(({ scores }) => scores.length === rungs)) return undefined;
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const best = rankingOf(standings, rung).find((standing) => waitsAt(standing, rung));
    if (best !== undefined) return { trial: best.trial, rung: rung + 1 };
  }
  return undefined;
}

/**
 * The waiting trials that {@link nextPromotion} can no longer return when `trials` are made in all, because too many others rank before
 * them already. The best of a rung is not among them, because {@link lastPromotion} may return it.
 */
export function unpromotable(standings: readonly Standing[], { rungs, eta }: Halving, trials: number): number[] {
  const found: number[] = [];
  // Trials that may still reach the rung: those not begun yet, and those that may be promoted from the rungs below.
  let coming = trials - standings.length;
  for (let rung = 0; rung < rungs - 1; rung++) {
    coming += standings.filter(({ scores, state }) => scores.length === rung && state === 'running').length;
    const ranking = rankingOf(standings, rung);
    const places = Math.max(1, Math.floor((ranking.length + coming) / eta));
    ranking.forEach((standing, place) => {
      if (!waitsAt(standing, rung)) return;
      if (place < places) coming++;
      else found.push(standing.trial);
    });
  }
  return found;
}

const waitsAt = ({ scores, state }: Standing, rung: number): boolean => state === 'waiting' && scores.length === rung + 1;

/** Trials that have finished a rung, or failed on the way to it, the best first. */
function rankingOf(standings: readonly Standing[], rung: number): Standing[] {
  const score = ({ scores }: Standing): number => scores[rung] ?? -Infinity;
  return standings
    .filter(({ scores, state }) => scores.length > rung || (state === 'failed' && scores.length === rung))
    .sort((a, b) => (score(a) === score(b) ? a.trial - b.trial : score(b) - score(a)));
}
