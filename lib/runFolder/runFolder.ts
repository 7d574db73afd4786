import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expected, nearest } from '../errors';
import {
  AppendFile, badLines, fileError, eachJsonLine, linkAs, readFile, readFileIfThere, readJson, readJsonLines, replaceFile, waitSync, sizeLimits, syncFolder, withFileErrors,
} from '../files';
import type { LockOptions } from '../files/acquire';
import type { Lock } from '../files/lock';
import { count, flag, objectOf, optional } from '../files/shape';
import type { HistogramsEvent, MetricsEvent, TrainEvent, WarningEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import { claimFolder, ownFolder, trialFolder } from './ownedFolder';
import type { OwnedFolder, RunPlace } from './ownedFolder';
import { runFiles, searchFiles } from './runFiles';

export type { RunPlace } from './ownedFolder';
export { lockIn } from './ownedFolder';
export { runFiles, searchFiles } from './runFiles';

/** Milliseconds for which the event of a step may be kept back. */
const maxDelay = 100;

/** How the folder of a run is owned. */
export interface FolderOptions extends LockOptions {
  /** For a trial, the lock of its search; by default the run's folder has a lock of its own. */
  readonly lock?: Lock;
}

/**
 * The folder of a run, open for writing by the process that owns it. Metrics are appended to; other files are replaced atomically.
 * All methods that write throw ERR_IO where the folder was removed meanwhile, ERR_LOCKED where another process took it over.
 */
export class RunFolder {
  private readonly metricsFile: string;
  private metrics: AppendFile | undefined;
  /** Lines that are not written yet, and when lines were written last. */
  private pending = '';
  private writtenAt = -Infinity;
  private histograms: AppendFile | undefined;

  private constructor(private readonly owned: OwnedFolder) {
    this.metricsFile = join(owned.path, runFiles.metrics);
  }

  /**
   * Creates the folder. Throws ERR_CONFIG for an invalid name or one that is taken, ERR_LOCKED for one that another process is claiming,
   * ERR_IO.
   */
  static create(place: RunPlace, { lock, ...options }: FolderOptions = {}): RunFolder {
    if (lock !== undefined && 'name' in place) return new RunFolder(trialFolder(join(place.runs, place.name), lock));
    return new RunFolder(waitSync(claimFolder(place, options), options));
  }

  /** Opens the folder of an earlier run, however that ended. Throws ERR_LOCKED where another process owns it, ERR_IO. */
  static reopen(path: string, { lock, ...options }: FolderOptions = {}): RunFolder {
    return new RunFolder(lock === undefined ? waitSync(ownFolder(path, options), options) : trialFolder(path, lock));
  }

  get path(): string {
    return this.owned.path;
  }

  get name(): string {
    return this.owned.name;
  }

  /** The lock by which this process owns the folder. */
  get lock(): Lock {
    return this.owned.lock;
  }

  /**
   * Cuts metrics.jsonl and histograms.jsonl after the last event of the first `step` steps; a torn last line is removed too. Returns the remaining events, and
   * a warning for each damaged line among them, which stays in the file and is ignored by all readers.
   */
  rewindMetrics(step: number): { readonly events: readonly MetricsEvent[]; readonly warnings: readonly WarningEvent[] } {
    const metrics = this.openMetrics();
    const file = this.metricsFile;
    const { lines, bad } = readJsonLines(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' });
    this.rewindHistograms(step);
    const events: MetricsEvent[] = [];
    let end = 0;
    let last = 0;
    /** Whether the last event with a step was of a later one; events without a step then are too. */
    let later = false;
    for (const { value: event, line, end: lineEnd } of lines) {
      // Steps only increase, so a damaged line with too high a step is followed by one of an earlier step, which resets `later`.
      if (event.type === 'result') later = true;
      else if ('step' in event) later = event.step > step;
      if (later) continue;
      events.push(event);
      end = lineEnd;
      last = line;
    }
    metrics.truncate(end);
    const within = bad.filter(({ line }) => line < last);
    return {
      events,
      warnings: badLines({ bad: within, torn: false }, file).map((message) => ({ type: 'warning', code: 'METRICS_LINE', message })),
    };
  }

  /**
   * Appends an event to the metrics, histograms to their own file. The event of a step waits for others within {@link maxDelay} of the last write, as a short step does not take much longer than a write;
   * any other event is written at once, with those that wait.
   */
  appendEvent(event: TrainEvent): void {
    if (event.type === 'histograms') {
      this.lock.checkEverySecond();
      this.openHistograms().append(`${JSON.stringify(event)}\n`);
      return;
    }
    this.pending += `${JSON.stringify(event)}\n`;
    if (event.type === 'step' && performance.now() - this.writtenAt < maxDelay) return;
    this.writePending();
    if (event.type === 'result') this.openMetrics().sync(); // a search may record right after this that the run is done
  }

  writeSpec(spec: object): void {
    this.lock.check();
    replaceFile(join(this.path, runFiles.spec), `${JSON.stringify(spec, null, 2)}\n`, { inside: true });
  }

  /** Paths of the checkpoint of a step: the last one, and the copy of a step to keep. */
  checkpointFiles(step: number): { last: string; kept: string } {
    return {
      last: join(this.path, runFiles.checkpoint),
      kept: join(this.path, runFiles.kept, `step-${String(step).padStart(6, '0')}.safetensors`),
    };
  }

  /**
   * Replaces the last checkpoint, which becomes the previous one. Metrics and histograms are synced before it, and a complete checkpoint exists at
   * every moment. The checkpoint of a step to keep (`keptStep`) gets its permanent name first: a run that is killed in between
   * resumes from the checkpoint before and comes to this step again.
   */
  writeCheckpoint(chunks: readonly Uint8Array[], keptStep?: number): void {
    this.lock.check();
    this.writePending();
    this.openMetrics().sync();
    this.histograms?.sync();
    const { last, kept } = this.checkpointFiles(keptStep ?? 0);
    if (existsSync(last)) linkAs(last, join(this.path, runFiles.previous));
    if (keptStep === undefined) {
      replaceFile(last, chunks, { inside: true });
    } else {
      this.writeKept(kept, chunks);
      linkAs(kept, last);
      withFileErrors(last, () => { syncFolder(this.path); });
    }
  }

  /** Makes the previous checkpoint the last one, where that is unusable, so that the next write does not replace the usable one by it. Throws ERR_IO. */
  restorePrevious(): void {
    this.lock.check();
    linkAs(join(this.path, runFiles.previous), join(this.path, runFiles.checkpoint));
  }

  /** Replaces the checkpoint of the best evaluation. */
  writeBest(chunks: readonly Uint8Array[]): void {
    this.lock.check();
    replaceFile(join(this.path, runFiles.best), chunks, { inside: true });
  }

  /** Replaces the last or the best checkpoint by what `rewrite` makes of it; the previous one stays. */
  rewriteCheckpoint(which: 'checkpoint' | 'best', rewrite: (bytes: Uint8Array, source: string) => readonly Uint8Array[]): void {
    this.lock.check();
    const file = join(this.path, runFiles[which]);
    replaceFile(file, rewrite(readFile(file, { limit: sizeLimits.checkpoint }), file), { inside: true });
  }

  /** Makes the last checkpoint the best one too, by a hard link where possible. */
  linkBest(): void {
    this.lock.check();
    linkAs(join(this.path, runFiles.checkpoint), join(this.path, runFiles.best));
  }

  /** Writes the checkpoint of a step to keep, where it is missing. */
  restoreKept(chunks: readonly Uint8Array[], step: number): void {
    const { kept } = this.checkpointFiles(step);
    if (!existsSync(kept)) this.writeKept(kept, chunks);
  }

  /** Closes the files and releases the lock. Throws ERR_IO, also for earlier writes: some file systems report their failure only on close. */
  close(): void {
    try {
      this.writePending();
    } finally {
      try {
        this.metrics?.close();
        this.histograms?.close();
      } finally {
        this.owned.release();
      }
    }
  }

  private writeKept(file: string, chunks: readonly Uint8Array[]): void {
    const folder = dirname(file);
    if (!existsSync(folder)) {
      withFileErrors(folder, () => {
        mkdirSync(folder);
        syncFolder(this.path);
      });
    }
    replaceFile(file, chunks, { inside: true });
  }

  private writePending(): void {
    const lines = this.pending;
    if (lines === '') return;
    this.pending = ''; // also where writing fails, which ends the run
    const metrics = this.openMetrics();
    this.lock.checkEverySecond();
    // Writing to a removed file that is still open reports no error.
    if (!existsSync(this.metricsFile)) throw fileError('ERR_IO', 'the metrics that this run writes', this.metricsFile, 'no such file: it was removed');
    metrics.append(lines);
    this.writtenAt = performance.now();
  }

  /** Opens metrics.jsonl on first use, after the spec was written: a folder with metrics but no spec is neither a run nor free for one. */
  private openMetrics(): AppendFile {
    return this.metrics ??= new AppendFile(this.metricsFile);
  }

  /** As {@link rewindMetrics}; damaged lines stay and are left out by all readers. */
  private rewindHistograms(step: number): void {
    const file = join(this.path, runFiles.histograms);
    const bytes = readFileIfThere(file, { limit: sizeLimits.events });
    if (bytes === undefined) return;
    let end = 0;
    eachJsonLine(bytes, objectOf<Pick<HistogramsEvent, 'step'>>({ step: count }), { file, code: 'ERR_DATA' }, ({ step: done }, _, lineEnd) => {
      if (done <= step) end = lineEnd;
    });
    this.openHistograms().truncate(end);
  }

  private openHistograms(): AppendFile {
    return this.histograms ??= new AppendFile(join(this.path, runFiles.histograms));
  }
}

/** Finds the folder of a run, by path or by name below `runs`. Throws ERR_CONFIG, naming the nearest run, and `argument` as what named it. */
export function findRun(runs: string, run: string, argument = 'RUN'): string {
  const path = findFolder(runs, run, (folder) => existsSync(join(folder, runFiles.spec)), argument);
  if (path !== undefined) return path;
  const suggestion = nearest(run, runNames(runs));
  throw expected('ERR_CONFIG', `a run of ${runs}${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`, argument, run, { path: 'run' });
}

/**
 * Finds a folder that `matches` accepts, by path or by name below `runs`; undefined where there is none. Throws ERR_CONFIG for a symbolic
 * link to such a folder, as commands write into the folders that they find.
 */
export function findFolder(runs: string, name: string, matches: (folder: string) => boolean, argument = 'RUN'): string | undefined {
  for (const path of [name, join(runs, name)]) {
    if (!matches(path)) continue;
    if (isLinked(path) || (path !== name && isLinked(dirname(path)) && resolve(dirname(path)) !== resolve(runs))) {
      throw expected('ERR_CONFIG', 'a folder, and no symbolic link to one,', argument, path, { path: 'run' });
    }
    return path;
  }
  return undefined;
}

/** Whether the last part of a path is a symbolic link; a trailing slash is ignored. */
function isLinked(path: string): boolean {
  return lstatSync(resolve(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The folder of runs that contains a run; the runs of a search lie one level deeper. */
export function runsOf(folder: string): string {
  const parent = dirname(resolve(folder));
  return existsSync(join(parent, searchFiles.journal)) ? dirname(parent) : parent;
}

/** A run's name below the folder of runs; of a trial SEARCH/trial-007. */
export function runName(folder: string): string {
  return relative(runsOf(folder), resolve(folder));
}

/** The checkpoint with a run's model: the best one with `restoreBest`, else the last. Throws ERR_IO or ERR_CONFIG. */
export function modelFile(folder: string): string {
  const { restoreBest } = readJson(join(folder, runFiles.spec), modelChoice, { limit: sizeLimits.small, code: 'ERR_CONFIG' });
  const best = join(folder, runFiles.best);
  return restoreBest === true && existsSync(best) ? best : join(folder, runFiles.checkpoint);
}

const modelChoice = objectOf<{ readonly restoreBest?: boolean | undefined }>({ restoreBest: optional(flag) });

function runNames(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs).filter((name) => existsSync(join(runs, name, runFiles.spec)));
}
