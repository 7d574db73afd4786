import { BlastrainError, toPlain } from '../errors';
import type { Lock } from '../files/lock';
import { thisProcess } from '../files/process';
import type { TrainingData } from '../build/buildTraining';
import { halvingOf } from './asha';
import type { Halving } from './asha';
import type { SearchEvent } from './events';
import type { Journal } from './journal';
import type { RunOwners } from './leases';
import { nextAction, pauseSteps, trialsToDrop } from './plan';
import type { TrialRun } from './plan';
import type { JournalEntry, SearchHead, SearchLimits } from './records';
import { makeSampler } from './samplers';
import { specOf } from './space';
import { hasFailed, isPending, rungDone, scoreOf } from './state';
import type { SearchState, Trial } from './state';
import { isTooLateForTrial } from './timeLeft';
import { removeCheckpoints, removeSpareCheckpoints, removeUnneeded, runFolderIn, runName } from './trialFiles';
import type { SegmentEnd, TrialRows } from './trialWorker';
import type { Sampler } from './types';

/** The rows of a search: a split into training and validation for each fold, and how workers get them. */
export interface SearchData {
  readonly folds: readonly TrainingData[];
  readonly rows: TrialRows;
}

export interface SearchDecisionsOptions {
  readonly folder: string;
  readonly journal: Journal;
  /** Which process owns the folders of the trials. */
  readonly owners: RunOwners;
  readonly searchData: SearchData;
  /** First line of the journal; its spec has been checked. */
  readonly head: SearchHead;
  /** Of this process; the number of trials is the journal's. */
  readonly limits: SearchLimits;
}

/** A replicate that this process owns. */
export interface OwnedRun extends TrialRun {
  /** The rung that it is trained for. */
  readonly rung: number;
  /** The lock of the run's folder. */
  readonly lock: Lock;
}

/** Errors that every other trial would meet too; they end the search. */
const fatal: readonly string[] = ['ERR_IO', 'ERR_LOCKED', 'ERR_DATA', 'ERR_BACKEND'];
/** When this many trials have failed and none succeeded, the space or the data is at fault, and the search ends. */
const maxFailures = 25;
/**
 * What a search decides, from its journal alone, and writes into that: proposals, promotions, how segments of training ended. Every step is written before it is
 * acted on. All but {@link hold} is called while the journal is held.
 */
export class SearchDecisions {
  readonly halving: Halving;
  private readonly sampler: Sampler;
  /** Seconds by which the search is older than this process's part of it. */
  private elapsedBefore: number;
  private readonly startedAt = performance.now();
  /** Events of what has been written, to be yielded when the journal is let go of. */
  private readonly heard: SearchEvent[] = [];

  constructor(private readonly options: SearchDecisionsOptions) {
    const { head, journal: { contents: { elapsed, entries } } } = options;
    this.halving = halvingOf(head.spec);
    this.sampler = makeSampler(head.spec);
    this.elapsedBefore = elapsed;
    this.hear(entries);
  }

  get state(): SearchState {
    return this.options.journal.state;
  }

  /** Trials to make in all. */
  get trials(): number {
    return Math.min(this.options.journal.contents.limits.trials ?? Infinity, this.sampler.size);
  }

  /** Seconds that the search has taken. */
  get elapsed(): number {
    return this.elapsedBefore + (performance.now() - this.startedAt) / 1000;
  }

  /** {@link Journal.hold}. What other processes have written becomes events too. */
  async hold<T>(operation: () => T): Promise<T> {
    return this.options.journal.hold(operation, (entries) => { this.hear(entries); });
  }

  /** Makes events of what the journal tells; the time that the search has taken is that of whoever has worked on it for longest. */
  private hear(entries: readonly JournalEntry[]): void {
    for (const { elapsed: _, ...event } of entries) {
      if (event.type === 'trial' || event.type === 'unit' || event.type === 'decision') this.heard.push(event);
    }
    this.elapsedBefore += Math.max(0, this.options.journal.contents.elapsed - this.elapsed);
  }

  /** Reads what other processes have written, without the journal's lock. */
  refresh(): void {
    this.hear(this.options.journal.refresh());
  }

  /** Events of what has been written since the last call. */
  told(): SearchEvent[] {
    return this.heard.splice(0);
  }

  /** What happens first: removes what kills left of files, and records what they left unrecorded. */
  begin(): void {
    const { folder } = this.options;
    for (const trial of this.state.trials) {
      this.replicatesAtRest(trial, (replicate) => { removeUnneeded(folder, trial, replicate, this.restoreBest); });
    }
    this.failRefused();
  }

  /**
   * The replicate that a free worker is to train next, which this process owns then, after the trials and promotions that lead to it have been
   * recorded; undefined where there is none at the moment.
   */
  nextRun(isRunning: (run: TrialRun) => boolean): OwnedRun | undefined {
    const { state, halving, trials, options: { folder, owners, limits, head: { spec, shared } } } = this;
    let lock: Lock | undefined;
    const take = (run: TrialRun): boolean => {
      lock = isRunning(run) ? undefined : owners.claim(runFolderIn(folder, run.trial.runs[run.replicate]!));
      return lock !== undefined;
    };
    for (;;) {
      const closing = isTooLateForTrial(state, { spec, limits, elapsed: this.elapsed });
      const action = nextAction(state, halving, trials, { take, closing });
      if (action === undefined) return undefined;
      if (action.what === 'train') {
        const { trial, replicate } = action;
        const { host, pid } = thisProcess();
        this.write({ type: 'begun', trial: trial.trial, rung: trial.rung, replicate, ...(shared && { host, pid }) });
        return { trial, replicate, rung: trial.rung, lock: lock! };
      }
      if (action.what === 'promote') this.decide(action.trial, 'promoted');
      else this.propose();
    }
  }

  /** Records how a segment of training ended, unless another process has taken its run over. Throws the error where it is {@link fatal}. */
  recordOutcome({ trial, rung, replicate, lock }: OwnedRun, end: SegmentEnd | undefined, error?: unknown): void {
    const { folder, owners } = this.options;
    if (!owners.holds(lock) || trial.rung !== rung || trial.scores[rung]?.[replicate] !== undefined) {
      owners.release(lock);
      return;
    }
    if (end === undefined) {
      this.fail(trial, error, replicate);
    } else {
      this.write({ type: 'unit', trial: trial.trial, rung, replicate, ...end });
      if (hasFailed(trial)) removeCheckpoints(folder, trial, replicate); // another replicate of it has
      else removeSpareCheckpoints(folder, trial, replicate, this.restoreBest);
    }
    owners.release(lock);
  }

  /** Records decisions on the trials that have finished a rung and were not promoted, and deletes checkpoints that no trial can need again. */
  recordDecisions(): void {
    const last = this.halving.rungs - 1;
    for (const trial of this.state.trials) {
      if (trial.decision !== null || rungDone(trial) < trial.rung) continue;
      this.decide(trial, trial.rung === last ? 'finished' : 'pruned');
    }
    for (const trial of trialsToDrop(this.state, this.halving, this.trials)) {
      this.write({ type: 'dropped', trial: trial.trial });
      this.replicatesAtRest(trial, (replicate) => { removeCheckpoints(this.options.folder, trial, replicate); });
    }
  }

  /** Where {@link nextRun} has none: records that the search has ended, and returns true, unless a trial is still being trained, here or in another process. */
  endIfDone(): boolean {
    if (this.state.trials.some(isPending)) return false;
    if (!this.state.hasEnded) this.write({ type: 'ended' });
    return true;
  }

  private get restoreBest(): boolean {
    return this.options.head.spec.space.base.restoreBest;
  }

  private propose(): void {
    this.checkFailures();
    const { state, options: { searchData, head: { name, spec } } } = this;
    const number = state.trials.length;
    const assignment = this.sampler.propose(number, state.observations());
    const runs = Array.from({ length: spec.folds * spec.seeds }, (_, replicate) => `${name}/${runName(number, replicate, spec)}`);
    let steps: number[] = [];
    let refusal: unknown;
    try {
      steps = pauseSteps(specOf(spec.space, assignment), searchData.folds[0]!.train.size, this.halving);
    } catch (error) {
      refusal = error;
    }
    this.write({ type: 'trial', trial: number, assignment, runs, steps });
    if (refusal !== undefined) this.fail(state.trials[number]!, refusal);
  }

  /** Fails the trials whose spec was refused as they were proposed (they have no rungs), where a kill came before that decision was recorded. */
  private failRefused(): void {
    for (const trial of this.state.trials) {
      if (trial.steps.length > 0 || hasFailed(trial)) continue;
      try {
        specOf(this.options.head.spec.space, trial.assignment);
        throw new BlastrainError('ERR_CHECKPOINT', `Expected the steps at which rungs end for trial ${String(trial.trial)} but received none`);
      } catch (error) {
        this.fail(trial, error);
      }
    }
  }

  /** Throws ERR_CONFIG when the first {@link maxFailures} trials have all failed. */
  private checkFailures(): void {
    const reasons = this.state.trials.flatMap(({ decision }) => decision?.reason ?? []);
    if (this.state.units > 0 || reasons.length < maxFailures) return;
    const { code, message } = reasons[0]!;
    throw new BlastrainError('ERR_CONFIG', `Expected trials that can be trained for the search but received an error from each, first: ${message} [${code}]`);
  }

  /** Records that a trial failed, in a replicate of this process where one is given, and deletes its checkpoints. Throws the error where it is {@link fatal}. */
  private fail(trial: Trial, error: unknown, own?: number): void {
    const { options: { folder } } = this;
    const { code, message } = toPlain(error);
    if (fatal.includes(code)) throw error;
    this.write({ type: 'decision', trial: trial.trial, what: 'failed', rung: trial.rung, reason: { code, message } });
    if (own !== undefined) removeCheckpoints(folder, trial, own);
    this.replicatesAtRest(trial, (replicate) => { removeCheckpoints(folder, trial, replicate); });
  }

  /** Calls `use` for each replicate of a trial that no process trains, or may train before the journal is let go of. */
  private replicatesAtRest(trial: Trial, use: (replicate: number) => void): void {
    const { folder, owners } = this.options;
    for (const [replicate, run] of trial.runs.entries()) {
      const isDone = trial.scores[trial.rung]?.[replicate] !== undefined;
      if (isDone) use(replicate);
      if (isDone || !hasFailed(trial)) continue;
      // Another process may train it, and does not know yet that the trial has failed.
      const lock = owners.claim(runFolderIn(folder, run));
      if (lock === undefined) continue;
      try {
        use(replicate);
      } finally {
        owners.release(lock);
      }
    }
  }

  private decide(trial: Trial, what: 'promoted' | 'pruned' | 'finished'): void {
    this.write({ type: 'decision', trial: trial.trial, what, rung: trial.rung, ...scoreOf(trial, trial.rung)! });
  }

  /** Appends an entry to the journal, which applies it to the state. */
  private write(entry: DistributiveOmit<JournalEntry, 'elapsed'>): void {
    const whole = { elapsed: this.elapsed, ...entry };
    this.options.journal.append(whole);
    this.hear([whole]);
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
