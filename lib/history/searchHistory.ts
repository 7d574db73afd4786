import { halvingOf, rungShares } from '../search/asha';
import { weightedMean } from '../numbers';
import type { DecisionEvent, ProgressEvent, SearchEvent, SearchStart, UnitEvent } from '../search/events';
import type { JournalEntry, SearchHead } from '../search/records';
import { contradictionOf, rungDone, scoreOf, SearchState } from '../search/state';
import type { Trial } from '../search/state';
import type { Assignment } from '../search/types';

// Used by the dashboard's page as well: nothing here needs Node.

/** A trial of a search, as far as events tell. */
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
  /** What the score is. */
  readonly metric: string;
  /** Standard deviation of the score over replicates, where there are several. */
  readonly std?: number;
  /** Why it failed. */
  readonly reason?: NonNullable<DecisionEvent['reason']>;
  /** Step and score, at the end of each rung that all of its replicates have done. */
  readonly curve: readonly (readonly [step: number, score: number])[];
}

/** A process that works on a search. */
export interface SearchProcess {
  readonly host: string;
  readonly pid: number;
  /** Segments of training that it has begun, and that are done. */
  readonly begun: number;
  readonly done: number;
  /** Seconds of the search at which it last began or ended one. */
  readonly lastAt: number;
}

type Curve = (readonly [step: number, value: number])[];

/**
 * A search and its trials, folded from the events of a live search or the lines of its journal, in their order. Lines that contradict
 * those before them are left out, as they are when the search is resumed.
 */
export class SearchHistory {
  /** First line of a journal, or first event of a live search. */
  head: SearchHead | undefined;
  start: SearchStart | undefined;
  /** What the workers last said they are at. */
  progress: ProgressEvent | undefined;
  /** Seconds that the search has taken, as its journal tells. */
  elapsed = 0;
  private state = new SearchState([1]);
  /** Made when they are asked for, and anew when their trial has changed. */
  private summaries: (TrialSummary | undefined)[] = [];
  /** Of a shared search, by host and number. */
  private readonly workers = new Map<string, SearchProcess>();
  /** Which process trains a replicate, by trial and replicate. */
  private readonly trainers = new Map<string, string>();
  /** The monitored metric at evaluations, by trial and replicate. */
  private readonly evaluated = new Map<number, Curve[]>();

  apply(event: SearchEvent | JournalEntry): void {
    if ('elapsed' in event) this.elapsed = Math.max(this.elapsed, event.elapsed);
    switch (event.type) {
      case 'search':
        if (this.head !== undefined) break;
        this.head = event;
        this.state = new SearchState(rungShares(halvingOf(event.spec)), event.monitor?.better);
        break;
      case 'start':
        this.start = event;
        this.state = new SearchState(event.rungs, event.monitor?.better);
        break;
      case 'progress':
        this.progress = event;
        break;
      case 'trial':
      case 'unit':
      case 'decision':
      case 'dropped':
        if (event.type === 'trial' ? event.trial !== this.state.trials.length : event.trial >= this.state.trials.length) break;
        if (this.head !== undefined && contradictionOf({ elapsed: 0, ...event }, this.state, this.head) !== undefined) break;
        this.state.apply({ elapsed: 0, ...event });
        this.summaries[event.trial] = undefined;
        if (event.type === 'unit') this.take(event);
        break;
      case 'begun': {
        const { host, pid, trial, replicate } = event;
        if (host === undefined || pid === undefined) break;
        const key = `${host} ${String(pid)}`;
        this.trainers.set(`${String(trial)} ${String(replicate)}`, key);
        const { begun = 0, done = 0 } = this.workers.get(key) ?? {};
        this.workers.set(key, { host, pid, begun: begun + 1, done, lastAt: event.elapsed });
        break;
      }
      case 'ended':
      case 'resume':
      case 'result':
        break;
    }
  }

  clear(): void {
    this.head = undefined;
    this.start = undefined;
    this.progress = undefined;
    this.elapsed = 0;
    this.state = new SearchState([1]);
    this.summaries = [];
    for (const known of [this.workers, this.trainers, this.evaluated]) known.clear();
  }

  /** The processes that have trained for a shared search; none of a search that one process runs. */
  get processes(): readonly SearchProcess[] {
    return [...this.workers.values()];
  }

  /**
   * Steps and the monitored metric at all evaluations of a trial, of several replicates the mean over rows where all were evaluated; where the journal, of an earlier
   * version, has none, at the ends of rungs.
   */
  curveOf({ trial, rows, curve }: TrialSummary): readonly (readonly [step: number, value: number])[] {
    const curves = (this.evaluated.get(trial) ?? []).filter(({ length }) => length > 0);
    if (curves.length < rows.length) return curve;
    const [first, ...others] = curves.map((one) => new Map(one));
    return [...first!].flatMap(([step, value]) => (others.every((one) => one.has(step)) ? [[step, weightedMean([value, ...others.map((one) => one.get(step)!)], rows)] as const] : []));
  }

  private take({ trial, replicate, curve = [], elapsed = this.elapsed }: UnitEvent & { readonly elapsed?: number }): void {
    const curves = this.evaluated.get(trial) ?? [];
    curves[replicate] = [...(curves[replicate] ?? []), ...curve];
    this.evaluated.set(trial, curves);
    const key = this.trainers.get(`${String(trial)} ${String(replicate)}`);
    const process = key === undefined ? undefined : this.workers.get(key);
    if (process !== undefined) this.workers.set(key!, { ...process, done: process.done + 1, lastAt: elapsed });
  }

  /** What trials are compared by. */
  get metric(): string {
    return (this.head ?? this.start)?.monitor?.metric ?? 'accuracy';
  }

  /** In the order in which they were proposed. */
  get trials(): readonly TrialSummary[] {
    return this.state.trials.map((trial) => this.summaryOf(trial));
  }

  /** Those with a score that did not fail, the best first: whoever came further stands before those left behind. */
  get ranking(): readonly TrialSummary[] {
    return this.state.ranking().map((trial) => this.summaryOf(trial));
  }

  private summaryOf(trial: Trial): TrialSummary {
    return (this.summaries[trial.trial] ??= summarise(trial, this.metric));
  }
}

/** How many of the trials are in a state. */
export function countTrials(trials: readonly TrialSummary[], state: TrialSummary['state']): number {
  return trials.filter((trial) => trial.state === state).length;
}

function summarise(known: Trial, metric: string): TrialSummary {
  const { trial, assignment, runs, rows, steps, decision } = known;
  const rung = rungDone(known);
  const scores = Array.from({ length: rung + 1 }, (_, k) => scoreOf(known, k)!);
  const last = scores[rung];
  return {
    trial, assignment, runs, rows: runs.map((_, run) => rows[run] ?? 1), steps,
    state: decision === null || decision.what === 'promoted' ? 'running' : decision.what,
    rung, score: last?.score ?? NaN, metric, ...(last?.std !== undefined && { std: last.std }), ...(decision?.reason !== undefined && { reason: decision.reason }),
    curve: scores.map(({ score }, k) => [steps[k] ?? NaN, score]),
  };
}
