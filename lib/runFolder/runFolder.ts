import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expected, nearest } from '../errors';
import {
  AppendFile, badLines, fileError, linkAs, readFile, readJson, readJsonLines, replaceFile, waitSync, sizeLimits, syncFolder, withFileErrors,
} from '../files';
import type { LockOptions } from '../files/acquire';
import type { Lock } from '../files/lock';
import { flag, objectOf, optional } from '../files/shape';
import type { TrainEvent, WarningEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import { claimFolder, lendFolder, ownFolder } from './ownedFolder';
import type { OwnedFolder, RunPlace } from './ownedFolder';
import { runFiles, searchFiles } from './runFiles';


export type { RunPlace } from './ownedFolder';
export { runFiles, searchFiles } from './runFiles';

/** How a run comes by its folder. */
export interface FolderOptions extends LockOptions {
  /** The lock of the search that a trial belongs to; by default the run's folder has one of its own. */
  readonly lock?: Lock;
}

/**
 * The folder of a run that is being trained, by the one process that may write there. Metrics are appended; the other files are
 * replaced as a whole. What writes throws ERR_IO where the folder was removed meanwhile, ERR_LOCKED where another process took it over.
 */
export class RunFolder {
  private readonly metricsFile: string;
  private metrics: AppendFile | undefined;

  private constructor(private readonly owned: OwnedFolder) {
    this.metricsFile = join(owned.path, runFiles.metrics);
  }

  /**
   * Makes the folder. Throws ERR_CONFIG for an unusable name or one that is taken, ERR_LOCKED for one that another process is taking,
   * ERR_IO when the folder cannot be made.
   */
  static create(place: RunPlace, { lock, ...options }: FolderOptions = {}): RunFolder {
    if (lock !== undefined && 'name' in place) return new RunFolder(lendFolder(join(place.runs, place.name), lock));
    return new RunFolder(waitSync(claimFolder(place, options), options));
  }

  /** Opens the folder of a run that ended in any way. Throws ERR_LOCKED where a process is at it, ERR_IO. */
  static reopen(path: string, { lock, ...options }: FolderOptions = {}): RunFolder {
    return new RunFolder(lock === undefined ? waitSync(ownFolder(path, options), options) : lendFolder(path, lock));
  }

  get path(): string {
    return this.owned.path;
  }

  get name(): string {
    return this.owned.name;
  }

  /** By which this process owns the folder. */
  get lock(): Lock {
    return this.owned.lock;
  }

  /**
   * Cuts metrics.jsonl behind the last event that a run had said when it had done `step` steps; an end that was torn while
   * it was written goes too. Returns the events that stay, and a warning for each line among them that is damaged: it stays in the
   * file, and no reader takes it.
   */
  rewindMetrics(step: number): { readonly events: readonly TrainEvent[]; readonly warnings: readonly WarningEvent[] } {
    const metrics = this.openMetrics();
    const file = this.metricsFile;
    const { lines, bad } = readJsonLines(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' });
    const events: TrainEvent[] = [];
    let end = 0;
    let last = 0;
    /** Whether what was read last is of later steps: what names no step then is so too. */
    let later = false;
    for (const { value: event, line, end: lineEnd } of lines) {
      // Steps only rise in a file: one that is too high before one that is not was damaged.
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

  appendEvent(event: TrainEvent): void {
    const metrics = this.openMetrics();
    this.lock.checkEverySecond();
    // A file that was removed takes what is written to it without a word.
    if (!existsSync(this.metricsFile)) throw fileError('ERR_IO', 'the metrics that this run writes', this.metricsFile, 'no such file: it was removed');
    metrics.append(`${JSON.stringify(event)}\n`);
    if (event.type === 'result') metrics.sync(); // a search notes at once that the run is done
  }

  writeSpec(spec: object): void {
    this.lock.check();
    replaceFile(join(this.path, runFiles.spec), `${JSON.stringify(spec, null, 2)}\n`, { inside: true });
  }

  /** Where the checkpoints of a step go. */
  checkpointFiles(step: number): { last: string; kept: string } {
    return {
      last: join(this.path, runFiles.checkpoint),
      kept: join(this.path, runFiles.kept, `step-${String(step).padStart(6, '0')}.safetensors`),
    };
  }

  /**
   * Replaces the last checkpoint, whose file becomes the previous one; the metrics written so far are on the disk before
   * it. At every moment a whole checkpoint is in place. That of a step to keep (`keptStep`) has its lasting name first: a run that is
   * killed in between goes on from the checkpoint before, and comes by here again.
   */
  writeCheckpoint(pieces: readonly Uint8Array[], keptStep?: number): void {
    this.lock.check();
    this.openMetrics().sync();
    const { last, kept } = this.checkpointFiles(keptStep ?? 0);
    if (existsSync(last)) linkAs(last, join(this.path, runFiles.previous));
    if (keptStep === undefined) {
      replaceFile(last, pieces, { inside: true });
    } else {
      this.writeKept(kept, pieces);
      linkAs(kept, last);
      withFileErrors(last, () => { syncFolder(this.path); });
    }
  }

  /** Makes the checkpoint before the last one the last: nothing that serves no more is to take the place of one that does. Throws ERR_IO. */
  restorePrevious(): void {
    this.lock.check();
    linkAs(join(this.path, runFiles.previous), join(this.path, runFiles.checkpoint));
  }

  /** Replaces the checkpoint of the best evaluation. */
  writeBest(pieces: readonly Uint8Array[]): void {
    this.lock.check();
    replaceFile(join(this.path, runFiles.best), pieces, { inside: true });
  }

  /** Makes the last checkpoint the best one too: a second name for the same bytes, which are on the disk already. */
  keepBest(): void {
    this.lock.check();
    linkAs(join(this.path, runFiles.checkpoint), join(this.path, runFiles.best));
  }

  /** Puts back a checkpoint that stays, where it is not there. */
  restoreKept(pieces: readonly Uint8Array[], step: number): void {
    const { kept } = this.checkpointFiles(step);
    if (!existsSync(kept)) this.writeKept(kept, pieces);
  }

  /** Lets go of the folder. Throws ERR_IO: some file systems tell only now that they could not keep what was written. */
  close(): void {
    try {
      this.metrics?.close();
    } finally {
      this.owned.release();
    }
  }

  private writeKept(file: string, pieces: readonly Uint8Array[]): void {
    const folder = dirname(file);
    if (!existsSync(folder)) {
      withFileErrors(folder, () => {
        mkdirSync(folder);
        syncFolder(this.path);
      });
    }
    replaceFile(file, pieces, { inside: true });
  }

  /** Not before there is a spec: a folder with metrics alone would be no run, but not free for one either. */
  private openMetrics(): AppendFile {
    return this.metrics ??= new AppendFile(this.metricsFile);
  }
}

/** The folder of a finished run, by path or by name below `runs`. Throws ERR_CONFIG, naming the nearest run. */
export function findRun(runs: string, run: string): string {
  const path = findFolder(runs, run, (folder) => existsSync(join(folder, runFiles.spec)));
  if (path !== undefined) return path;
  const suggestion = nearest(run, runNames(runs));
  throw expected('ERR_CONFIG', `a run of ${runs}${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`, 'RUN', run, { path: 'run' });
}

/**
 * The folder that `isIt` is true of, by path or by name below `runs`; undefined where there is none. A symbolic link is no run: what
 * one command lists, another writes into. Throws ERR_CONFIG for a link to such a folder.
 */
export function findFolder(runs: string, name: string, isIt: (folder: string) => boolean): string | undefined {
  for (const path of [name, join(runs, name)]) {
    if (!isIt(path)) continue;
    if (isLinked(path) || (path !== name && isLinked(dirname(path)) && resolve(dirname(path)) !== resolve(runs))) {
      throw expected('ERR_CONFIG', 'a folder, and no symbolic link to one,', 'RUN', path, { path: 'run' });
    }
    return path;
  }
  return undefined;
}

/** Whether the last part of a path is a link, with or without a slash behind it. */
function isLinked(path: string): boolean {
  return lstatSync(resolve(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The folder of runs that a run's folder belongs to; the runs of a search lie one deeper. */
export function runsOf(folder: string): string {
  const parent = dirname(resolve(folder));
  return existsSync(join(parent, searchFiles.journal)) ? dirname(parent) : parent;
}

/** A run's name below that folder: of a trial NAME/trial-007. */
export function runName(folder: string): string {
  return relative(runsOf(folder), resolve(folder));
}

/** The checkpoint that holds a run's model: the best with restoreBest, else the last. Throws ERR_IO or ERR_CONFIG. */
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
