import { BlastrainError, toPlain } from '../errors';
import type { Lock } from '../files/lock';
import type { TrainingData } from '../build/buildTraining';
import { TrialWorker } from './trialWorker';
import type { TrialRows, SegmentEnd } from './trialWorker';
import { halvingOf, rungShares } from './asha';
import type { Halving } from './asha';
import type { DecisionEvent, ProgressEvent, SearchEnd, SearchEvent, SearchStart } from './events';
import type { Journal, JournalContents } from './journal';
import { writeReport } from './report';
import { nextAction, pauseSteps, trialsToDrop } from './plan';
import type { TrialRun } from './plan';
import type { JournalEntry, SearchHead, SearchLimits } from './records';
import { makeSampler } from './samplers';
import { specOf } from './space';
import { hasFailed, rungDone, scoreOf, SearchState } from './state';
import type { Trial } from './state';
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
  /** The lock by which this process owns the search's folder and those of the trials in it. */
  readonly lock: Lock;
  readonly searchData: SearchData;
  /** Settles when the search is to stop. */
  readonly stopped: Promise<'stopped'>;
  readonly head: SearchHead;
  readonly limits: SearchLimits;
  /** The journal of a resumed search. */
  readonly before?: JournalContents;
}

/** A segment that a worker is training. */
interface ActiveSegment extends TrialRun {
  readonly rung: number;
  readonly until: number;
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
/** Milliseconds between progress events. */
const progressEvery = 1000;

/** Assigns segments of training to workers. Every step is written to the journal before it is acted on. */
export class SearchLoop {
  private readonly halving: Halving;
  private readonly state: SearchState;
  private readonly sampler: Sampler;
  /** Trials to make in all. */
  private readonly trials: number;
  private readonly elapsedBefore: number;
  private readonly startedAt = performance.now();
  private readonly running = new Map<TrialWorker, { segment: ActiveSegment; outcome: Promise<SegmentOutcome> }>();

  constructor(private readonly options: SearchLoopOptions) {
    const { head, limits, before } = options;
    this.halving = halvingOf(head.spec);
    this.state = new SearchState(rungShares(this.halving), head.monitor?.better);
    this.sampler = makeSampler(head.spec);
    this.trials = Math.min(limits.trials ?? Infinity, this.sampler.size);
    this.elapsedBefore = before?.elapsed ?? 0;
    for (const entry of before?.entries ?? []) this.state.apply(entry);
  }

  /** Runs the search, or the rest of it, to its end. */
  async* run(): AsyncGenerator<SearchEvent, void> {
    const { folder, head, limits, before, searchData, lock } = this.options;
    yield this.startEvent();
    for (const { elapsed: _, ...event } of before?.entries ?? []) {
      if (event.type === 'trial' || event.type === 'unit' || event.type === 'decision') yield event;
    }
    for (const trial of this.state.trials) removeUnneeded(folder, trial, this.restoreBest);
    yield* this.failRefused();
    const workers = Array.from({ length: limits.workers }, () => new TrialWorker(searchData.rows, lock.handle));
    try {
      const ended = yield* this.runTrials(workers);
      await Promise.all(workers.map((worker) => worker.close()));
      lock.check();
      yield await writeReport({ folder, head, workers, state: this.state, ended, seconds: () => this.elapsed });
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  }

  private get elapsed(): number {
    return this.elapsedBefore + (performance.now() - this.startedAt) / 1000;
  }

  private get isTimeUp(): boolean {
    return this.elapsed >= (this.options.limits.budget ?? Infinity);
  }

  private get restoreBest(): boolean {
    return this.options.head.spec.space.base.restoreBest;
  }

  private startEvent(): SearchStart {
    const { folder, head, limits, before } = this.options;
    const { name, spec, data, dataDigest, monitor } = head;
    const { sampler, pruner, folds, seeds, space } = spec;
    return {
      type: 'start', name, folder, sampler, pruner, parameters: space.parameters.map((parameter) => parameter.name), rungs: this.state.rungs,
      folds, seeds, ...(monitor && { monitor }), ...limits, trials: Number.isFinite(this.trials) ? this.trials : null, data, dataDigest,
      ...(before && { resumed: { trials: this.state.trials.length, units: this.state.units, seconds: this.elapsedBefore, leftOut: before.leftOut } }),
    };
  }

  private progressEvent(): ProgressEvent {
    const { options: { head: { spec }, limits }, elapsed } = this;
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
    for (let progressAt = performance.now() + progressEvery; ; ) {
      while (idle.length > 0 && !this.isTimeUp) {
        const run = yield* this.nextRun();
        if (run === undefined) break;
        this.startSegment(idle.pop()!, run);
      }
      yield* this.recordDecisions();
      if (this.isTimeUp) return 'budget';
      if (this.running.size === 0) return 'finished';
      const first = await this.waitForFirst(progressAt);
      if (first === 'stopped') return 'stopped';
      if (first === 'progress') {
        progressAt = performance.now() + progressEvery;
        yield this.progressEvent();
      } else {
        this.running.delete(first.worker);
        idle.push(first.worker);
        yield this.recordOutcome(first);
      }
    }
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

  /** The replicate that a free worker is to train next, after the trials and promotions that lead to it have been recorded. */
  private* nextRun(): Generator<SearchEvent, TrialRun | undefined> {
    const { state, halving, trials, options: { head: { spec }, limits } } = this;
    const isRunning = (run: TrialRun): boolean =>
      [...this.running.values()].some(({ segment: { trial, replicate } }) => trial === run.trial && replicate === run.replicate);
    for (;;) {
      const closing = isTooLateForTrial(state, { spec, limits, elapsed: this.elapsed });
      const action = nextAction(state, halving, trials, { isRunning, closing });
      if (action === undefined) return undefined;
      if (action.what === 'train') return action;
      if (action.what === 'promote') yield this.decide(action.trial, 'promoted');
      else yield* this.propose();
    }
  }

  private* propose(): Generator<SearchEvent> {
    this.checkFailures();
    const { state, options: { head: { name, spec }, searchData } } = this;
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
    yield this.write({ type: 'trial', trial: number, assignment, runs, steps });
    if (refusal !== undefined) yield this.fail(state.trials[number]!, refusal);
  }

  /** Fails the trials whose spec was refused as they were proposed (they have no rungs), where a kill came before that decision was recorded. */
  private* failRefused(): Generator<SearchEvent> {
    for (const trial of this.state.trials) {
      if (trial.steps.length > 0 || hasFailed(trial)) continue;
      try {
        specOf(this.options.head.spec.space, trial.assignment);
        throw new BlastrainError('ERR_CHECKPOINT', `Expected the steps at which rungs end for trial ${String(trial.trial)} but received none`);
      } catch (error) {
        yield this.fail(trial, error);
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

  private startSegment(worker: TrialWorker, run: TrialRun): void {
    const { options: { folder, head: { spec: { space, seeds } }, limits, searchData }, halving } = this;
    const { trial, replicate } = run;
    const { rung } = trial;
    this.write({ type: 'begun', trial: trial.trial, rung, replicate });
    const fold = Math.floor(replicate / seeds);
    const { seed, ...spec } = specOf(space, trial.assignment);
    const until = pauseSteps({ ...spec, seed }, searchData.folds[fold]!.train.size, halving)[rung]!;
    const segment: ActiveSegment = { ...run, rung, until, step: trial.steps[rung - 1] ?? 0 };
    const end = worker.train(
      {
        spec: { ...spec, seed: (seed + (replicate % seeds)) % 2 ** 32, threads: limits.threads },
        folder: runFolderIn(folder, trial.runs[replicate]!),
        data: fold,
        until: rung === halving.rungs - 1 ? null : until,
      },
      (step) => {
        segment.step = step;
      },
    );
    const outcome = end.then((reached) => ({ worker, segment, end: reached }), (error: unknown) => ({ worker, segment, error }));
    this.running.set(worker, { segment, outcome });
  }

  private recordOutcome({ segment: { trial, rung, replicate }, end, error }: SegmentOutcome): SearchEvent {
    if (end === undefined) return this.fail(trial, error);
    const { step, score, rows, seconds } = end;
    const event = this.write({ type: 'unit', trial: trial.trial, rung, replicate, score, rows, step, seconds });
    removeSpareCheckpoints(this.options.folder, trial, replicate, this.restoreBest);
    return event;
  }

  /** Records that a trial failed and deletes its checkpoints. Throws the error where it is {@link fatal}. */
  private fail(trial: Trial, error: unknown): DecisionEvent {
    const { code, message } = toPlain(error);
    if (fatal.includes(code)) throw error;
    const event = this.write({ type: 'decision', trial: trial.trial, what: 'failed', rung: trial.rung, reason: { code, message } });
    removeCheckpoints(this.options.folder, trial);
    return event;
  }

  /** Records decisions on the trials that have finished a rung and were not promoted, and deletes checkpoints that no trial can need again. */
  private* recordDecisions(): Generator<SearchEvent> {
    const last = this.halving.rungs - 1;
    for (const trial of this.state.trials) {
      if (trial.decision !== null || rungDone(trial) < trial.rung) continue;
      yield this.decide(trial, trial.rung === last ? 'finished' : 'pruned');
    }
    for (const trial of trialsToDrop(this.state, this.halving, this.trials)) {
      this.write({ type: 'dropped', trial: trial.trial });
      removeCheckpoints(this.options.folder, trial);
    }
  }

  private decide(trial: Trial, what: 'promoted' | 'pruned' | 'finished'): DecisionEvent {
    return this.write({ type: 'decision', trial: trial.trial, what, rung: trial.rung, ...scoreOf(trial, trial.rung)! });
  }

  /** Appends an entry to the journal, then applies it to the state. */
  private write<Entry extends DistributiveOmit<JournalEntry, 'elapsed'>>(entry: Entry): Entry {
    this.options.lock.check();
    this.options.journal.append({ elapsed: this.elapsed, ...entry });
    this.state.apply({ elapsed: this.elapsed, ...entry });
    return entry;
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
