import { BlastrainError, toPlain } from '../errors';
import type { Lock } from '../files/lock';
import { thisProcess } from '../files/process';
import type { TrainingData } from '../build/buildTraining';
import { TrialWorker } from './trialWorker';
import type { TrialRows, SegmentEnd } from './trialWorker';
import { halvingOf } from './asha';
import type { Halving } from './asha';
import type { ProgressEvent, SearchEnd, SearchEvent, SearchStart } from './events';
import type { Journal } from './journal';
import type { RunOwners } from './leases';
import { writeReport } from './report';
import { nextAction, pauseSteps, trialsToDrop } from './plan';
import type { TrialRun } from './plan';
import type { JournalEntry, SearchHead, SearchLimits } from './records';
import { makeSampler } from './samplers';
import { specOf } from './space';
import { hasFailed, isPending, rungDone, scoreOf } from './state';
import type { SearchState, Trial } from './state';
import { isTooLateForTrial, secondsLeft } from './timeLeft';
import { removeCheckpoints, removeSpareCheckpoints, removeUnneeded, runFolderIn, runName } from './trialFiles';
import type { Sampler } from './types';

/** The rows of a search: a split into training and validation for each fold, and how workers get them. */
export interface SearchData {
  readonly folds: readonly TrainingData[];
  readonly rows: TrialRows;
}

export interface SearchLoopOptions {
  readonly folder: string;
  readonly journal: Journal;
  /** Which process owns the folders of the trials. */
  readonly owners: RunOwners;
  readonly searchData: SearchData;
  /** First line of the journal; its spec has been checked. */
  readonly head: SearchHead;
  /** Settles when the search is to stop. */
  readonly stopped: Promise<'stopped'>;
  /** Of this process; the number of trials is the journal's. */
  readonly limits: SearchLimits;
  /** Whether the journal was there before. */
  readonly isResumed: boolean;
}

/** A segment that a worker is training. */
interface ActiveSegment extends TrialRun {
  readonly rung: number;
  readonly until: number;
  /** The lock of the run's folder. */
  readonly lock: Lock;
  step: number;
}

interface SegmentOutcome {
  readonly worker: TrialWorker;
  readonly segment: ActiveSegment;
  readonly end?: SegmentEnd;
  readonly error?: unknown;
}

/** Errors that every other trial would meet too; they end the search. */
const fatal: readonly string[] = ['ERR_IO', 'ERR_LOCKED', 'ERR_DATA', 'ERR_BACKEND'];
/** When this many trials have failed and none succeeded, the space or the data is at fault, and the search ends. */
const maxFailures = 25;
/** Milliseconds between progress events, and between looks for something to do that other processes leave. */
const progressEvery = 1000;

/** Assigns segments of training to workers. Every step is written to the journal before it is acted on. */
export class SearchLoop {
  private readonly halving: Halving;
  private readonly sampler: Sampler;
  /** Seconds by which the search is older than this loop. */
  private elapsedBefore: number;
  private readonly startedAt = performance.now();
  private readonly running = new Map<TrialWorker, { segment: ActiveSegment; outcome: Promise<SegmentOutcome> }>();
  /** Events of what has been written, to be yielded when the journal is let go of. */
  private readonly heard: SearchEvent[] = [];

  constructor(private readonly options: SearchLoopOptions) {
    const { head, journal: { contents: { elapsed } } } = options;
    this.halving = halvingOf(head.spec);
    this.sampler = makeSampler(head.spec);
    this.elapsedBefore = elapsed;
  }

  /** Runs the search, or the rest of it, to its end. */
  async* run(): AsyncGenerator<SearchEvent, void> {
    const { folder, journal, limits, searchData } = this.options;
    yield this.startEvent();
    this.hear(journal.contents.entries);
    await this.hold(() => {
      for (const trial of this.state.trials) {
        this.replicatesAtRest(trial, (replicate) => { removeUnneeded(folder, trial, replicate, this.restoreBest); });
      }
      this.failRefused();
    });
    yield* this.told();
    const workers = Array.from({ length: limits.workers }, () => new TrialWorker(searchData.rows));
    try {
      const ended = yield* this.runTrials(workers);
      await Promise.all(workers.map((worker) => worker.close()));
      journal.check();
      const hold = <T>(write: () => T): Promise<T> => this.hold(write);
      const result = await writeReport({ folder, head: this.head, workers, state: this.state, ended, seconds: () => this.elapsed, hold });
      yield* this.told();
      yield result;
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  }

  private get head(): SearchHead {
    return this.options.head;
  }

  private get state(): SearchState {
    return this.options.journal.state;
  }

  /** Trials to make in all. */
  private get trials(): number {
    return Math.min(this.options.journal.contents.limits.trials ?? Infinity, this.sampler.size);
  }

  private get elapsed(): number {
    return this.elapsedBefore + (performance.now() - this.startedAt) / 1000;
  }

  private get isTimeUp(): boolean {
    return this.elapsed >= (this.options.limits.budget ?? Infinity);
  }

  private get restoreBest(): boolean {
    return this.head.spec.space.base.restoreBest;
  }

  /** {@link Journal.hold}. What other processes have written becomes events too. */
  private async hold<T>(operation: () => T): Promise<T> {
    return this.options.journal.hold(operation, (entries) => { this.hear(entries); });
  }

  /** Makes events of what the journal tells; the time that the search has taken is that of whoever has worked on it for longest. */
  private hear(entries: readonly JournalEntry[]): void {
    for (const { elapsed: _, ...event } of entries) {
      if (event.type === 'trial' || event.type === 'unit' || event.type === 'decision') this.heard.push(event);
    }
    this.elapsedBefore += Math.max(0, this.options.journal.contents.elapsed - this.elapsed);
  }

  private told(): SearchEvent[] {
    return this.heard.splice(0);
  }

  private startEvent(): SearchStart {
    const { head, state, trials, options: { folder, limits, journal: { contents: { leftOut } }, isResumed } } = this;
    const { name, spec, data, dataDigest, monitor } = head;
    const { sampler, pruner, folds, seeds, space } = spec;
    return {
      type: 'start', name, folder, sampler, pruner, parameters: space.parameters.map((parameter) => parameter.name), rungs: state.rungs,
      folds, seeds, ...(monitor && { monitor }), ...limits, trials: Number.isFinite(trials) ? trials : null, data, dataDigest,
      ...(isResumed && { resumed: { trials: state.trials.length, units: state.units, seconds: this.elapsedBefore, leftOut } }),
    };
  }

  private progressEvent(): ProgressEvent {
    const { head: { spec }, options: { limits }, elapsed } = this;
    return {
      type: 'progress',
      running: [...this.running.values()].map(({ segment: { trial, rung, replicate, step, until } }) =>
        ({ trial: trial.trial, rung, replicate, step, until })),
      seconds: elapsed,
      secondsLeft: secondsLeft(this.state, this.trials, { spec, limits, elapsed }),
    };
  }

  /** Keeps the workers busy until nothing is left to do, time is up or the search is stopped. */
  private async* runTrials(workers: readonly TrialWorker[]): AsyncGenerator<SearchEvent, SearchEnd> {
    const idle = [...workers];
    let outcome: SegmentOutcome | undefined;
    for (let progressAt = performance.now() + progressEvery; ; ) {
      let isDone = false;
      if (idle.length > 0) {
        const last = outcome;
        isDone = await this.hold(() => {
          if (last !== undefined) this.recordOutcome(last);
          return this.assign(idle);
        });
        outcome = undefined;
      } else {
        this.hear(this.options.journal.refresh());
      }
      yield* this.told();
      if (this.isTimeUp) return 'budget';
      if (isDone) return 'finished';
      const first = await this.waitForFirst(progressAt);
      if (first === 'stopped') return 'stopped';
      if (first === 'progress') {
        progressAt = performance.now() + progressEvery;
        yield this.progressEvent();
      } else {
        this.running.delete(first.worker);
        idle.push(first.worker);
        outcome = first;
      }
    }
  }

  /** Gives idle workers replicates to train, and records decisions. Returns whether nothing is left to do, here or in other processes. */
  private assign(idle: TrialWorker[]): boolean {
    let isDone = false;
    while (idle.length > 0 && !this.isTimeUp) {
      const run = this.nextRun();
      if (run === undefined) {
        isDone = !this.state.trials.some(isPending);
        break;
      }
      this.startSegment(idle.pop()!, run);
    }
    this.recordDecisions();
    if (isDone && !this.state.hasEnded) this.write({ type: 'ended' });
    return isDone;
  }

  /** Whichever comes first: the end of a segment, the progress timer, the end of the budget (as `progress`), or the stop request. */
  private async waitForFirst(progressAt: number): Promise<SegmentOutcome | 'progress' | 'stopped'> {
    const left = ((this.options.limits.budget ?? Infinity) - this.elapsed) * 1000;
    let timer: NodeJS.Timeout | undefined;
    const progress = new Promise<'progress'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, Math.min(progressAt - performance.now(), left)), 'progress');
    });
    try {
      return await Promise.race([this.options.stopped, ...[...this.running.values()].map(({ outcome }) => outcome), progress]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The replicate that a free worker is to train next, which this process owns then, after the trials and promotions that lead to it have been recorded. */
  private nextRun(): TrialRun & { readonly lock: Lock } | undefined {
    const { state, halving, trials, head: { spec }, options: { folder, owners, limits } } = this;
    let lock: Lock | undefined;
    const take = ({ trial, replicate }: TrialRun): boolean => {
      const isRunning = [...this.running.values()].some(({ segment }) => segment.trial === trial && segment.replicate === replicate);
      lock = isRunning ? undefined : owners.claim(runFolderIn(folder, trial.runs[replicate]!));
      return lock !== undefined;
    };
    for (;;) {
      const closing = isTooLateForTrial(state, { spec, limits, elapsed: this.elapsed });
      const action = nextAction(state, halving, trials, { take, closing });
      if (action === undefined) return undefined;
      if (action.what === 'train') return { trial: action.trial, replicate: action.replicate, lock: lock! };
      if (action.what === 'promote') this.decide(action.trial, 'promoted');
      else this.propose();
    }
  }

  private propose(): void {
    this.checkFailures();
    const { state, head: { name, spec }, options: { searchData } } = this;
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
        specOf(this.head.spec.space, trial.assignment);
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

  private startSegment(worker: TrialWorker, run: TrialRun & { readonly lock: Lock }): void {
    const { head: { shared, spec: { space, seeds } }, options: { folder, limits, searchData }, halving } = this;
    const { trial, replicate, lock } = run;
    const { rung } = trial;
    const { host, pid } = thisProcess();
    this.write({ type: 'begun', trial: trial.trial, rung, replicate, ...(shared && { host, pid }) });
    const fold = Math.floor(replicate / seeds);
    const { seed, ...spec } = specOf(space, trial.assignment);
    const pauses = pauseSteps({ ...spec, seed }, searchData.folds[fold]!.train.size, halving);
    const until = pauses[rung]!;
    const segment: ActiveSegment = { ...run, rung, until, step: trial.steps[rung - 1] ?? 0 };
    const end = worker.train(
      {
        spec: { ...spec, seed: (seed + (replicate % seeds)) % 2 ** 32, threads: limits.threads },
        folder: runFolderIn(folder, trial.runs[replicate]!),
        data: fold,
        until: rung === halving.rungs - 1 ? null : until,
        after: pauses[rung - 1] ?? 0,
        lock: lock.handle,
      },
      (step) => {
        segment.step = step;
      },
    );
    const outcome = end.then((reached) => ({ worker, segment, end: reached }), (error: unknown) => ({ worker, segment, error }));
    this.running.set(worker, { segment, outcome });
  }

  /** Records how a segment ended, unless another process has taken its run over. */
  private recordOutcome({ segment: { trial, rung, replicate, lock }, end, error }: SegmentOutcome): void {
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

  /** Records decisions on the trials that have finished a rung and were not promoted, and deletes checkpoints that no trial can need again. */
  private recordDecisions(): void {
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
