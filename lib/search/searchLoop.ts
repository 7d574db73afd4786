import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BlastrainError, toPlain } from '../errors';
import { withFileErrors } from '../files';
import type { Lock } from '../files/lock';
import type { TrainingData } from '../build/buildTraining';
import { TrialWorker } from './trialWorker';
import type { TrialRows, SegmentEnd } from './trialWorker';
import { runFiles } from '../runFolder/runFolder';
import type { Halving } from './asha';
import type { DecisionEvent, ProgressEvent, SearchEnd, SearchEvent, SearchStart } from './events';
import type { Journal, JournalContents, JournalEntry, SearchHead, SearchLimits } from './journal';
import { conclude } from './outcome';
import { givenUp, halvingOf, nextMove, pauses, rungShares } from './plan';
import type { TrialRun } from './plan';
import { makeSampler } from './samplers';
import type { SearchSpec } from './searchSpec';
import { specOf } from './space';
import { hasFailed, rungDone, scoreOf, SearchState } from './state';
import type { Trial } from './state';
import type { Sampler } from './types';

/** The rows of a search: one division into training and validation for each fold, and how workers come by them. */
export interface SearchData {
  readonly folds: readonly TrainingData[];
  readonly rows: TrialRows;
}

export interface SearchLoopOptions {
  readonly folder: string;
  readonly journal: Journal;
  /** By which this process owns the folder, and those of the trials in it. */
  readonly lock: Lock;
  readonly searchData: SearchData;
  readonly stopped: Promise<'stopped'>;
  readonly head: SearchHead;
  readonly limits: SearchLimits;
  /** What the journal of a search that goes on holds. */
  readonly before?: JournalContents;
}

interface Running extends TrialRun {
  readonly rung: number;
  readonly until: number;
  step: number;
}

interface Outcome {
  readonly worker: TrialWorker;
  readonly running: Running;
  readonly end?: SegmentEnd;
  readonly error?: unknown;
}

/** Errors that would spoil every trial, and so end the search. */
const fatal: readonly string[] = ['ERR_IO', 'ERR_LOCKED', 'ERR_DATA', 'ERR_BACKEND'];
/** So many trials that fail before any other succeeds: it is the space, or the data. */
const maxFailures = 25;
/** Milliseconds between two words about progress. */
const tick = 1000;

/** Hands units of training to workers, and writes down whatever happens before it acts on it. */
export class SearchLoop {
  private readonly halving: Halving;
  private readonly state: SearchState;
  private readonly sampler: Sampler;
  /** Trials to make in all. */
  private readonly trials: number;
  private readonly elapsedBefore: number;
  private readonly startedAt = performance.now();
  private readonly running = new Map<TrialWorker, { running: Running; outcome: Promise<Outcome> }>();

  constructor(private readonly options: SearchLoopOptions) {
    const { head, limits, before } = options;
    this.halving = halvingOf(head.spec);
    this.state = new SearchState(rungShares(this.halving));
    this.sampler = makeSampler(head.spec);
    this.trials = Math.min(limits.trials ?? Infinity, this.sampler.size);
    this.elapsedBefore = before?.elapsed ?? 0;
    for (const entry of before?.entries ?? []) this.state.apply(entry);
  }

  /** Runs the search, or the rest of it, to its end. */
  async* run(): AsyncGenerator<SearchEvent, void> {
    const { folder, head, limits, before, searchData, lock } = this.options;
    yield this.start();
    for (const { elapsed: _, ...event } of before?.entries ?? []) {
      if (event.type === 'trial' || event.type === 'unit' || event.type === 'decision') yield event;
    }
    for (const trial of this.state.trials) this.clearUp(trial);
    yield* this.failRefused();
    const workers = Array.from({ length: limits.workers }, () => new TrialWorker(searchData.rows, lock.handle));
    try {
      const ended = yield* this.work(workers);
      await Promise.all(workers.map((worker) => worker.close()));
      lock.check();
      yield await conclude({ folder, head, workers, state: this.state, ended, seconds: () => this.elapsed });
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  }

  private get elapsed(): number {
    return this.elapsedBefore + (performance.now() - this.startedAt) / 1000;
  }

  private start(): SearchStart {
    const { folder, head, limits, before } = this.options;
    const { name, spec, data, dataDigest } = head;
    const { sampler, pruner, folds, seeds, space } = spec;
    return {
      type: 'start', name, folder, sampler, pruner, parameters: space.parameters.map((parameter) => parameter.name), rungs: this.state.rungs,
      folds, seeds, ...limits, trials: Number.isFinite(this.trials) ? this.trials : null, data, dataDigest,
      ...(before && { resumed: { trials: this.state.trials.length, units: this.state.units, seconds: this.elapsedBefore, leftOut: before.leftOut } }),
    };
  }

  /** Keeps the workers busy until nothing is left to do, time is up or the search is stopped. */
  private async* work(workers: readonly TrialWorker[]): AsyncGenerator<SearchEvent, SearchEnd> {
    const idle = [...workers];
    for (let next = performance.now() + tick; ; ) {
      while (idle.length > 0 && !this.isTimeUp) {
        const unit = yield* this.nextTrialRun();
        if (unit === undefined) break;
        this.begin(idle.pop()!, unit);
      }
      yield* this.settle();
      if (this.isTimeUp) return 'budget';
      if (this.running.size === 0) return 'finished';
      const happened = await this.whatHappens(next);
      if (happened === 'stopped') return 'stopped';
      if (happened === 'tick') {
        next = performance.now() + tick;
        yield this.progress();
      } else {
        this.running.delete(happened.worker);
        idle.push(happened.worker);
        yield this.record(happened);
      }
    }
  }

  private get isTimeUp(): boolean {
    return this.elapsed >= (this.options.limits.budget ?? Infinity);
  }

  /** Whichever comes first: the end of a segment, the progress timer, or the stop request. */
  private async whatHappens(next: number): Promise<Outcome | 'tick' | 'stopped'> {
    const left = ((this.options.limits.budget ?? Infinity) - this.elapsed) * 1000;
    let timer: NodeJS.Timeout | undefined;
    const ticks = new Promise<'tick'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, Math.min(next - performance.now(), left)), 'tick');
    });
    try {
      return await Promise.race([this.options.stopped, ...[...this.running.values()].map(({ outcome }) => outcome), ticks]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a free worker is to train next, with the trial or the promotion that it may take. */
  private* nextTrialRun(): Generator<SearchEvent, TrialRun | undefined> {
    const { state, halving, trials } = this;
    const isRunning = (unit: TrialRun): boolean =>
      [...this.running.values()].some(({ running: { trial, replicate } }) => trial === unit.trial && replicate === unit.replicate);
    for (;;) {
      const move = nextMove(state, halving, trials, { isRunning, closing: this.isClosing });
      if (move === undefined) return undefined;
      if (move.what === 'train') return move;
      if (move.what === 'promote') yield this.decide(move.trial, 'promoted');
      else yield* this.propose();
    }
  }

  /** Whether a trial that began now would not come to its end in time. */
  private get isClosing(): boolean {
    const { limits, head: { spec: { folds, seeds } } } = this.options;
    if (limits.budget === null || this.state.work === 0) return false;
    const wholeRun = (this.elapsed * limits.workers) / this.state.work;
    return limits.budget - this.elapsed < wholeRun * Math.ceil((folds * seeds) / limits.workers);
  }

  private* propose(): Generator<SearchEvent> {
    this.refuseFailure();
    const { state, options: { head: { name, spec }, searchData } } = this;
    const number = state.trials.length;
    const assignment = this.sampler.propose(number, state.observations());
    const runs = Array.from({ length: spec.folds * spec.seeds }, (_, replicate) => `${name}/${runName(number, replicate, spec)}`);
    let steps: number[] = [];
    let refusal: unknown;
    try {
      steps = pauses(specOf(spec.space, assignment), searchData.folds[0]!.train.size, this.halving);
    } catch (error) {
      refusal = error;
    }
    yield this.write({ type: 'trial', trial: number, assignment, runs, steps });
    if (refusal !== undefined) yield this.fail(state.trials[number]!, refusal);
  }

  /** Trials without rungs were refused as they were proposed; of the last, a kill may have come before that was written down. */
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

  private refuseFailure(): void {
    const reasons = this.state.trials.flatMap(({ decision }) => decision?.reason ?? []);
    if (this.state.units > 0 || reasons.length < maxFailures) return;
    const { code, message } = reasons[0]!;
    throw new BlastrainError('ERR_CONFIG', `Expected trials that can be trained for the search but received an error from each, first: ${message} [${code}]`);
  }

  private begin(worker: TrialWorker, unit: TrialRun): void {
    const { options: { folder, head: { spec: { space, seeds } }, limits, searchData }, halving } = this;
    const { trial, replicate } = unit;
    const { rung } = trial;
    this.write({ type: 'begun', trial: trial.trial, rung, replicate });
    const fold = Math.floor(replicate / seeds);
    const { seed, ...spec } = specOf(space, trial.assignment);
    const until = pauses({ ...spec, seed }, searchData.folds[fold]!.train.size, halving)[rung]!;
    const running: Running = { ...unit, rung, until, step: trial.steps[rung - 1] ?? 0 };
    const end = worker.train(
      {
        spec: { ...spec, seed: (seed + (replicate % seeds)) % 2 ** 32, threads: limits.threads },
        folder: join(folder, basename(trial.runs[replicate]!)),
        data: fold,
        until: rung === halving.rungs - 1 ? null : until,
      },
      (step) => {
        running.step = step;
      },
    );
    const outcome = end.then((reached) => ({ worker, running, end: reached }), (error: unknown) => ({ worker, running, error }));
    this.running.set(worker, { running, outcome });
  }

  private record({ running: { trial, rung, replicate }, end, error }: Outcome): SearchEvent {
    if (end === undefined) return this.fail(trial, error);
    const { step, valAccuracy, rows, seconds } = end;
    const event = this.write({ type: 'unit', trial: trial.trial, rung, replicate, score: valAccuracy, rows, step, seconds });
    this.removeSpares(trial, replicate);
    return event;
  }

  /** Throws the error where it is not the trial's. */
  private fail(trial: Trial, error: unknown): DecisionEvent {
    const { code, message } = toPlain(error);
    if (fatal.includes(code)) throw error;
    const event = this.write({ type: 'decision', trial: trial.trial, what: 'failed', rung: trial.rung, reason: { code, message } });
    this.removeCheckpoints(trial);
    return event;
  }

  /** Records decisions on the trials that have finished a rung and were not promoted, and deletes checkpoints that no trial can need again. */
  private* settle(): Generator<SearchEvent> {
    const last = this.halving.rungs - 1;
    for (const trial of this.state.trials) {
      if (trial.decision !== null || rungDone(trial) < trial.rung) continue;
      yield this.decide(trial, trial.rung === last ? 'finished' : 'pruned');
    }
    for (const trial of givenUp(this.state, this.halving, this.trials)) {
      this.write({ type: 'dropped', trial: trial.trial });
      this.removeCheckpoints(trial);
    }
  }

  private decide(trial: Trial, what: 'promoted' | 'pruned' | 'finished'): DecisionEvent {
    return this.write({ type: 'decision', trial: trial.trial, what, rung: trial.rung, ...scoreOf(trial, trial.rung)! });
  }

  /** Appends an entry to the journal, then takes note of it. */
  private write<Entry extends DistributiveOmit<JournalEntry, 'elapsed'>>(entry: Entry): Entry {
    this.options.lock.check();
    this.options.journal.append({ elapsed: this.elapsed, ...entry });
    this.state.apply({ elapsed: this.elapsed, ...entry });
    return entry;
  }

  private folderOf({ runs }: Trial, replicate: number): string {
    return join(this.options.folder, basename(runs[replicate]!));
  }

  /** What the journal says is done with, and a kill came before. */
  private clearUp(trial: Trial): void {
    if (trial.isDropped || hasFailed(trial)) this.removeCheckpoints(trial);
    else trial.scores[trial.rung]?.forEach((score, replicate) => { if (score !== undefined) this.removeSpares(trial, replicate); });
  }

  /** A unit that is done needs no second checkpoint, until it goes on and makes its own. */
  private removeSpares(trial: Trial, replicate: number): void {
    removeFiles(this.folderOf(trial, replicate), [runFiles.previous, ...(this.options.head.spec.space.base.restoreBest ? [] : [runFiles.best])]);
  }

  private removeCheckpoints(trial: Trial): void {
    trial.runs.forEach((_, replicate) => {
      removeFiles(this.folderOf(trial, replicate), [runFiles.checkpoint, runFiles.previous, runFiles.best, runFiles.kept, runFiles.film]);
    });
  }

  private progress(): ProgressEvent {
    const { limits: { budget }, head: { spec: { folds, seeds } } } = this.options;
    const { halving: { eta }, state, elapsed } = this;
    // Of `eta` trials on a rung one comes to the next.
    const workOfTrial = state.rungs.reduce((sum, share, rung) => sum + (share - (state.rungs[rung - 1] ?? 0)) / eta ** rung, 0) * folds * seeds;
    const ofTrials = state.work === 0 ? Infinity : elapsed * Math.max(0, this.trials * workOfTrial / state.work - 1);
    const left = Math.min(ofTrials, budget === null ? Infinity : budget - elapsed);
    return {
      type: 'progress',
      running: [...this.running.values()].map(({ running: { trial, rung, replicate, step, until } }) =>
        ({ trial: trial.trial, rung, replicate, step, until })),
      seconds: elapsed,
      secondsLeft: Number.isFinite(left) ? Math.max(0, left) : null,
    };
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** trial-007, and of several replicates trial-007-fold2-seed1: folds from 1, seeds as they are added to the base's. */
function runName(trial: number, replicate: number, { folds, seeds }: SearchSpec): string {
  const fold = folds > 1 ? `-fold${String(1 + Math.floor(replicate / seeds))}` : '';
  const seed = seeds > 1 ? `-seed${String(replicate % seeds)}` : '';
  return `trial-${String(trial).padStart(3, '0')}${fold}${seed}`;
}

function removeFiles(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const file = join(folder, name);
    withFileErrors(file, () => {
      rmSync(file, { recursive: true, force: true });
    });
  }
}
