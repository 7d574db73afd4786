import type { SearchLimits } from './records';
import type { SearchSpec } from './searchSpec';
import type { SearchState } from './state';

/** The spec and the limits of a search, and the seconds that it has taken. */
export interface Progress {
  readonly spec: Pick<SearchSpec, 'eta' | 'folds' | 'seeds'>;
  readonly limits: Pick<SearchLimits, 'workers' | 'budget'>;
  readonly elapsed: number;
}

/**
 * Seconds until the search ends: the rest of its budget, or what `trials` trials will take at the pace so far, whichever is less.
 * Null while neither is known.
 */
export function secondsLeft({ work, rungs }: SearchState, trials: number, { spec: { eta, folds, seeds }, limits: { budget }, elapsed }: Progress): number | null {
  // Of `eta` trials on a rung one is promoted to the next.
  const workOfTrial = rungs.reduce((sum, share, rung) => sum + (share - (rungs[rung - 1] ?? 0)) / eta ** rung, 0) * folds * seeds;
  const ofTrials = work === 0 ? Infinity : elapsed * Math.max(0, trials * workOfTrial / work - 1);
  const left = Math.min(ofTrials, budget === null ? Infinity : budget - elapsed);
  return Number.isFinite(left) ? Math.max(0, left) : null;
}

/** Whether a trial that began now would not reach the last rung within the budget, at the pace so far. */
export function isTooLateForTrial({ work, seconds }: SearchState, { spec: { folds, seeds }, limits: { workers, budget }, elapsed }: Progress): boolean {
  if (budget === null || work === 0) return false;
  return budget - elapsed < (seconds / work) * Math.ceil((folds * seeds) / workers);
}
