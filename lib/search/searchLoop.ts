import { StopRequests } from '../runFolder/runControl';
import { writeReport } from './report';
import type { SearchDecisionsOptions, OwnedRun } from './decisions';
import { SearchDecisions } from './decisions';
import type { ProgressEvent, SearchEnd, SearchEvent, SearchStart } from './events';
import { pauseSteps } from './plan';
import { specOf } from './space';
import { secondsLeft } from './timeLeft';
import { runFolderIn } from './trialFiles';
import { TrialWorker } from './trialWorker';
import type { SegmentEnd } from './trialWorker';

export interface SearchLoopOptions extends SearchDecisionsOptions {
  /** Settles when the search is to stop. */
  readonly stopped: Promise<'stopped'>;
  /** Whether the journal was there before. */
  readonly isResumed: boolean;
}

/** A segment that a worker is training. */
interface ActiveSegment extends OwnedRun {
  readonly until: number;
  step: number;
}

interface SegmentOutcome {
  readonly worker: TrialWorker;
  readonly segment: ActiveSegment;
  readonly end?: SegmentEnd;
  readonly error?: unknown;
}

/** Milliseconds between progress events, and between looks for something to do that other processes leave. */
const progressEvery = 1000;

/** Assigns segments of training to workers, as {@link SearchDecisions} decides. */
export class SearchLoop {
  private readonly decisions: SearchDecisions;
  private readonly running = new Map<TrialWorker, { segment: ActiveSegment; outcome: Promise<SegmentOutcome> }>();

  private readonly stopRequests: StopRequests;

  constructor(private readonly options: SearchLoopOptions) {
    this.stopRequests = new StopRequests(options.folder);
    this.decisions = new SearchDecisions(options);
  }

  /** Runs the search, or the rest of it, to its end. */
  async* run(): AsyncGenerator<SearchEvent, void> {
    const { decisions, options: { folder, head, journal, limits, searchData } } = this;
    yield this.startEvent();
    await decisions.hold(() => { decisions.begin(); });
    yield* decisions.told();
    const workers = Array.from({ length: limits.workers }, () => new TrialWorker(searchData.rows));
    try {
      const ended = yield* this.runTrials(workers);
      await Promise.all(workers.map((worker) => worker.close()));
      journal.check();
      const result = await writeReport({
        folder, head, workers, state: decisions.state, ended, seconds: () => decisions.elapsed, hold: (write) => decisions.hold(write),
      });
      yield* decisions.told();
      yield result;
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  }

  private get isTimeUp(): boolean {
    return this.decisions.elapsed >= (this.options.limits.budget ?? Infinity);
  }

  private startEvent(): SearchStart {
    const { decisions: { state, trials }, options: { folder, head, limits, journal: { contents: { elapsed, leftOut } }, isResumed } } = this;
    const { name, spec, data, dataDigest, monitor } = head;
    const { sampler, pruner, folds, seeds, space } = spec;
    return {
      type: 'start', name, folder, sampler, pruner, parameters: space.parameters.map((parameter) => parameter.name), rungs: state.rungs,
      folds, seeds, ...(monitor && { monitor }), ...limits, trials: Number.isFinite(trials) ? trials : null, data, dataDigest,
      ...(isResumed && { resumed: { trials: state.trials.length, units: state.units, seconds: elapsed, leftOut } }),
    };
  }

  private progressEvent(): ProgressEvent {
    const { options: { head: { spec }, limits }, decisions: { state, trials, elapsed } } = this;
    return {
      type: 'progress',
      running: [...this.running.values()].map(({ segment: { trial, rung, replicate, step, until } }) =>
        ({ trial: trial.trial, rung, replicate, step, until })),
      seconds: elapsed,
      secondsLeft: secondsLeft(state, trials, { spec, limits, elapsed }),
    };
  }

  /** Keeps the workers busy until nothing is left to do, time is up or the search is stopped. */
  private async* runTrials(workers: readonly TrialWorker[]): AsyncGenerator<SearchEvent, SearchEnd> {
    const { decisions } = this;
    const idle = [...workers];
    let outcome: SegmentOutcome | undefined;
    for (let progressAt = performance.now() + progressEvery; ; ) {
      let isDone = false;
      if (idle.length > 0) {
        const last = outcome;
        isDone = await decisions.hold(() => {
          if (last !== undefined) decisions.recordOutcome(last.segment, last.end, last.error);
          return this.assign(idle);
        });
        outcome = undefined;
      } else {
        decisions.refresh();
      }
      yield* decisions.told();
      if (this.isTimeUp) return 'budget';
      if (isDone) return 'finished';
      const first = await this.waitForFirst(progressAt);
      if (first === 'stopped' || this.stopRequests.requested) return 'stopped';
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
    const { decisions } = this;
    const isRunning = ({ trial, replicate }: { readonly trial: object; readonly replicate: number }): boolean =>
      [...this.running.values()].some(({ segment }) => segment.trial === trial && segment.replicate === replicate);
    while (idle.length > 0 && !this.isTimeUp) {
      const run = decisions.nextRun(isRunning);
      if (run === undefined) {
        decisions.recordDecisions();
        return decisions.endIfDone();
      }
      this.startSegment(idle.pop()!, run);
    }
    decisions.recordDecisions();
    return false;
  }

  /** Whichever comes first: the end of a segment, the progress timer, the end of the budget (as `progress`), or the stop request. */
  private async waitForFirst(progressAt: number): Promise<SegmentOutcome | 'progress' | 'stopped'> {
    const left = ((this.options.limits.budget ?? Infinity) - this.decisions.elapsed) * 1000;
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

  private startSegment(worker: TrialWorker, run: OwnedRun): void {
    const { decisions: { halving }, options: { folder, head: { spec: { space, seeds } }, limits, searchData } } = this;
    const { trial, replicate, rung, lock } = run;
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
}
