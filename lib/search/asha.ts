/** Where a trial stands. */
export interface Standing {
  readonly trial: number;
  /** What it scored at rung 0, 1, …, as far as it has come. */
  readonly scores: readonly number[];
  /** `running`: it is being trained for the next rung; `dropped`: it is not to go on; `failed`: that ended in an error. */
  readonly state: 'running' | 'waiting' | 'dropped' | 'failed';
}

/** How trials are halved. */
export interface Halving {
  /** How many rungs there are; the last is the whole length of training. */
  readonly rungs: number;
  /** One in `eta` trials of a rung goes on, to the next, which is `eta` times as long. */
  readonly eta: number;
}

/** A trial that goes on, and the rung that it is trained for. */
export interface Promotion {
  readonly trial: number;
  readonly rung: number;
}

/** How many rungs there are when the first is to have at least `minShare` of the whole length, each `eta` times the one before. */
export function rungCount(eta: number, minShare: number): number {
  // A third of a third is a ninth, whatever the rounding of the logarithms.
  return 1 + Math.floor(Math.log(1 / minShare) / Math.log(eta) + 1e-9);
}

/** The step at which each rung ends, of a training of so many steps; rungs of a very short training can fall together. */
export function rungSteps(steps: number, { rungs, eta }: Halving): number[] {
  return Array.from({ length: rungs }, (_, rung) => Math.ceil(steps / eta ** (rungs - 1 - rung)));
}

/**
 * The next promotion of asynchronous successive halving, or undefined where a new trial is better begun: from the highest
 * rung down, the best of the ⌊1/eta⌋ best of a rung that has not been promoted (Li et al., "A system for massively parallel
 * hyperparameter tuning", 2018, algorithm 2). What failed on the way to a rung counts as the worst that arrived there; of equal
 * scores the earlier trial's is the better. Depends on nothing but the standings, whatever their order.
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
 * For when no trial is to begin and none is running: the best of the highest rung goes on while none has come to the last, so that
 * a search of few trials has one that was trained to the end. Undefined where one has, or all have failed.
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
 * The waiting trials that {@link nextPromotion} will not name any more, whatever the others score, when `trials` are made in all: too
 * many are better. The best of a rung is not among them, because {@link lastPromotion} may name it.
 */
export function hopeless(standings: readonly Standing[], { rungs, eta }: Halving, trials: number): number[] {
  const without: number[] = [];
  // Trials that may still come to a rung: those not begun, then also those that may leave the rungs below.
  let coming = trials - standings.length;
  for (let rung = 0; rung < rungs - 1; rung++) {
    coming += standings.filter(({ scores, state }) => scores.length === rung && state === 'running').length;
    const ranking = rankingOf(standings, rung);
    const places = Math.max(1, Math.floor((ranking.length + coming) / eta));
    ranking.forEach((standing, place) => {
      if (!waitsAt(standing, rung)) return;
      if (place < places) coming++;
      else without.push(standing.trial);
    });
  }
  return without;
}

const waitsAt = ({ scores, state }: Standing, rung: number): boolean => state === 'waiting' && scores.length === rung + 1;

/** Those that have arrived at a rung, or failed on the way to it, the best first. */
function rankingOf(standings: readonly Standing[], rung: number): Standing[] {
  const score = ({ scores }: Standing): number => scores[rung] ?? -Infinity;
  return standings
    .filter(({ scores, state }) => scores.length > rung || (state === 'failed' && scores.length === rung))
    .sort((a, b) => (score(a) === score(b) ? a.trial - b.trial : score(b) - score(a)));
}
