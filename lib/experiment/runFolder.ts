import {
  closeSync, copyFileSync, existsSync, fsyncSync, ftruncateSync, linkSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync,
  rmSync, writeSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { expected, nearest } from '../errors';
import type { TrainEvent } from '../train/events';
import { makeFolders, replaceFile, withFileErrors } from '../files';

/** Names of the files in a run's folder. */
export const runFiles = {
  spec: 'spec.json',
  metrics: 'metrics.jsonl',
  /** The last checkpoint, and the one before it, for the case that the last is damaged. */
  checkpoint: 'checkpoint.safetensors',
  previous: 'checkpoint.previous.safetensors',
  /** The checkpoint of the best evaluation. */
  best: 'best.safetensors',
  /** Scores by class, one entry for each split that was evaluated. */
  evaluation: 'evaluation.json',
  /** Folder of the checkpoints that `keepEvery` keeps. */
  kept: 'checkpoints',
  /** Pictures of the first layer's weights over the run, see weightFilm.ts. */
  film: 'weights.film',
  /** That a process is at the run, or what ended it badly, and a request to end it: see runControl.ts. */
  status: 'status.json',
  stop: 'stop',
} as const;

/** Names of the files in a search's folder, in which the folders of its runs lie. */
export const searchFiles = {
  journal: 'journal.jsonl',
  /** Ranking, importances, significance. */
  report: 'search.json',
  /** The best spec, ready for training. */
  best: 'best.json',
} as const;

/** Where a run's folder is made: runs/NAME, or runs/BASE-n with the next free number. */
export type RunPlace =
  | { readonly runs: string; readonly name: string }
  | { readonly runs: string; readonly base: string };

/** The folder of a run that is being trained. Metrics are appended; the other files are replaced as a whole. */
export class RunFolder {
  private readonly metrics: number;

  private constructor(readonly path: string, readonly name: string) {
    const file = join(path, runFiles.metrics);
    this.metrics = withFileErrors(file, () => openSync(file, 'a'));
  }

  /**
   * Makes the folder. Throws ERR_CONFIG for an unusable name or one that is taken, ERR_IO when the folder cannot be made.
   */
  static create(place: RunPlace): RunFolder {
    const { runs } = place;
    makeFolders(runs);
    if ('name' in place) return new RunFolder(makeNamedFolder(runs, place.name), place.name);
    for (let next = 1 + highestNumber(runs, place.base); ; next++) {
      const name = `${place.base}-${String(next)}`;
      if (makeFolder(join(runs, name))) return new RunFolder(join(runs, name), name);
    }
  }

  /** Opens the folder of a run that ended in any way; what it was writing at that moment is cleared away. Throws ERR_IO. */
  static reopen(path: string): RunFolder {
    for (const folder of [path, join(path, runFiles.kept)]) {
      if (!existsSync(folder)) continue;
      withFileErrors(folder, () => {
        for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) rmSync(join(folder, name));
      });
    }
    return new RunFolder(path, basename(path));
  }

  /**
   * Cuts metrics.jsonl behind the last event that a run had said when it had done `step` steps; an end that was torn while
   * it was written goes too. Returns the events that stay.
   */
  rewindMetrics(step: number): TrainEvent[] {
    const file = join(this.path, runFiles.metrics);
    const bytes = withFileErrors(file, () => readFileSync(file));
    const events: TrainEvent[] = [];
    let end = 0;
    for (let next = bytes.indexOf('\n'); next >= 0; next = bytes.indexOf('\n', end)) {
      const event = parseEvent(bytes.toString('utf8', end, next));
      if (event === undefined || event.type === 'result' || ('step' in event && event.step > step)) break;
      events.push(event);
      end = next + 1;
    }
    withFileErrors(file, () => {
      ftruncateSync(this.metrics, end);
    });
    return events;
  }

  appendEvent(event: TrainEvent): void {
    const file = join(this.path, runFiles.metrics);
    withFileErrors(file, () => {
      writeAll(this.metrics, `${JSON.stringify(event)}\n`);
    });
  }

  writeSpec(spec: object): void {
    replaceFile(join(this.path, runFiles.spec), `${JSON.stringify(spec, null, 2)}\n`);
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
   * it. At every moment a whole checkpoint is in place.
   */
  writeCheckpoint(pieces: readonly Uint8Array[]): void {
    withFileErrors(join(this.path, runFiles.metrics), () => {
      fsyncSync(this.metrics);
    });
    const last = join(this.path, runFiles.checkpoint);
    if (existsSync(last)) keepAs(last, join(this.path, runFiles.previous));
    replaceFile(last, pieces);
  }

  /** Replaces the checkpoint of the best evaluation. */
  writeBest(pieces: readonly Uint8Array[]): void {
    replaceFile(join(this.path, runFiles.best), pieces);
  }

  /** Makes the last checkpoint the best one too: a second name for the same bytes, which are on the disk already. */
  keepBest(): void {
    keepAs(join(this.path, runFiles.checkpoint), join(this.path, runFiles.best));
  }

  /** Makes the last checkpoint one that stays. */
  keepCheckpoint(step: number): void {
    const { last, kept } = this.checkpointFiles(step);
    makeFolders(dirname(kept));
    keepAs(last, kept);
  }

  close(): void {
    closeSync(this.metrics);
  }
}

/** The folder of a finished run, by path or by name below `runs`. Throws ERR_CONFIG, naming the nearest run. */
export function findRun(runs: string, run: string): string {
  for (const path of [run, join(runs, run)]) if (existsSync(join(path, runFiles.spec))) return path;
  const suggestion = nearest(run, runNames(runs));
  throw expected('ERR_CONFIG', `a run of ${runs}${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`, 'RUN', run, { path: 'run' });
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
  const { restoreBest } = readJsonFile(join(folder, runFiles.spec)) as { restoreBest?: boolean };
  const best = join(folder, runFiles.best);
  return restoreBest === true && existsSync(best) ? best : join(folder, runFiles.checkpoint);
}

/** What a run's spec.json holds. Throws ERR_IO or ERR_CONFIG. */
export function readJsonFile(path: string): unknown {
  const text = withFileErrors(path, () => readFileSync(path, 'utf8'));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw expected('ERR_CONFIG', 'valid JSON', path, (error as Error).message, { file: path });
  }
}

/** Makes runs/NAME. Throws ERR_CONFIG for an unusable name or one that is taken, ERR_IO. */
export function makeNamedFolder(runs: string, name: string): string {
  if (!/^\w[\w.-]{0,99}$/.test(name)) {
    throw expected('ERR_CONFIG', 'letters, digits, dots, dashes and underscores', 'the run name', name, { path: 'name' });
  }
  makeFolders(runs);
  if (!makeFolder(join(runs, name))) {
    throw expected('ERR_CONFIG', `a name that ${runs} does not hold yet`, 'the run name', name, { path: 'name' });
  }
  return join(runs, name);
}

/** False when something of that name is there already, perhaps made by another process just now. */
function makeFolder(path: string): boolean {
  return withFileErrors(path, () => {
    try {
      mkdirSync(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

function runNames(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs).filter((name) => existsSync(join(runs, name, runFiles.spec)));
}

/** BASE-n with the next free number; runs of several seeds, BASE-n-seed0 and so on, take theirs too. Throws ERR_IO. */
export function nextName(runs: string, base: string): string {
  return `${base}-${String(1 + highestNumber(runs, base))}`;
}

function highestNumber(runs: string, base: string): number {
  if (!existsSync(runs)) return 0;
  const names = withFileErrors(runs, () => readdirSync(runs));
  const numbers = names
    .filter((name) => name.startsWith(`${base}-`))
    .map((name) => Number(name.slice(base.length + 1).replace(/-seed\d+$/, '')));
  return Math.max(0, ...numbers.filter((n) => Number.isSafeInteger(n)));
}

/** Gives a file a second name, in place of what had that name before, so that neither name is ever without a file. */
function keepAs(file: string, name: string): void {
  const temporary = `${name}.${String(process.pid)}.tmp`;
  withFileErrors(name, () => {
    rmSync(temporary, { force: true });
    try {
      linkSync(file, temporary);
    } catch {
      copyFileSync(file, temporary); // a file system without hard links
    }
    renameSync(temporary, name);
  });
}

function parseEvent(line: string): TrainEvent | undefined {
  try {
    return JSON.parse(line) as TrainEvent;
  } catch {
    return undefined;
  }
}

/** writeSync may write a part only, on a disk that is nearly full. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
}
