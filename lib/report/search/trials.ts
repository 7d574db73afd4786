import { weightedMean } from '../../numbers';
import type { DecisionEvent, SearchEvent } from '../../search/events';
import type { Assignment } from '../../search/types';
import type { Point } from '../drawing/thin';

/** A trial of a search, as its events tell it so far. */
export interface TrialSummary {
  readonly trial: number;
  readonly assignment: Assignment;
  readonly runs: readonly string[];
  /** What each run weighs in the score: its validation rows; 1 until they are known. */
  readonly rows: readonly number[];
  /** Steps that the rungs end at; the last is the length of the training. */
  readonly steps: readonly number[];
  /** 'running' until a first decision, and again from a promotion on. */
  readonly state: 'running' | 'pruned' | 'finished' | 'failed';
  /** The last rung that it has done, and the score there; -1 and NaN before the first. */
  readonly rung: number;
  readonly score: number;
  /** Standard deviation of the score over replicates, where there are several. */
  readonly std?: number;
  /** Why it failed. */
  readonly reason?: NonNullable<DecisionEvent['reason']>;
  /** Step and score, at the end of each rung that all of its replicates have done. */
  readonly curve: readonly Point[];
}

/** The trials of a search, from its events in their order; events may be handed in as they come. */
export class SearchTrials {
  private readonly trials = new Map<number, TrialSummary>();
  /** Scores of the replicates of a trial on the rung that it is doing. */
  private readonly scores = new Map<number, { rung: number; step: number; scores: number[]; rows: number[] }>();

  handle(event: SearchEvent): void {
    // Lines of a journal that contradict those before them are left out, as by who goes on with the search.
    if (event.type === 'trial') {
      const { trial, assignment, runs, steps } = event;
      if (this.trials.has(trial)) return;
      this.trials.set(trial, { trial, assignment, runs, rows: runs.map(() => 1), steps, state: 'running', rung: -1, score: NaN, curve: [] });
    } else if (event.type === 'unit' && (this.trials.get(event.trial)?.runs.length ?? 0) > event.replicate) {
      const { trial, rung, replicate, step, score, rows = 1 } = event;
      const known = this.trials.get(trial)!;
      this.trials.set(trial, { ...known, rows: known.rows.with(replicate, rows) });
      const last = this.scores.get(trial);
      const before = last?.rung === rung ? last : undefined;
      this.scores.set(trial, { rung, step, scores: [...before?.scores ?? [], score], rows: [...before?.rows ?? [], rows] });
      this.close(trial);
    } else if (event.type === 'decision' && this.trials.has(event.trial)) {
      const { trial, what, rung, score, std, reason } = event;
      const known = this.trials.get(trial)!;
      this.trials.set(trial, {
        ...known,
        state: what === 'promoted' ? 'running' : what,
        ...(score !== undefined && { rung, score }),
        ...(std !== undefined && { std }),
        ...(reason !== undefined && { reason }),
      });
    }
  }

  /** In the order in which they were proposed. */
  get all(): readonly TrialSummary[] {
    return [...this.trials.values()];
  }

  /** Those with a score that did not fail, the best first: whoever came further stands before those left behind. */
  get ranking(): readonly TrialSummary[] {
    return this.all.filter(({ state, score }) => state !== 'failed' && Number.isFinite(score)).sort((a, b) => b.rung - a.rung || b.score - a.score || a.trial - b.trial);
  }

  /** Ends a rung when all replicates of the trial have done it. */
  private close(trial: number): void {
    const known = this.trials.get(trial)!;
    const { rung, step, scores, rows } = this.scores.get(trial)!;
    if (scores.length < known.runs.length) return;
    const score = weightedMean(scores, rows);
    this.trials.set(trial, { ...known, rung, score, curve: [...known.curve, [step, score]] });
  }
}
