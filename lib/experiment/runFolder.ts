import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expected, nearest } from '../errors';
import type { TrainEvent } from '../train/events';
import { replaceFile, withFileErrors } from './files';

/** Names of the files in a run's folder. */
export const runFiles = {
  spec: 'spec.json',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
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
    withFileErrors(runs, () => mkdirSync(runs, { recursive: true }));
    if ('name' in place) {
      if (!/^\w[\w.-]{0,99}$/.test(place.name)) {
        throw expected('ERR_CONFIG', 'letters, digits, dots, dashes and underscores', 'the run name', place.name, { path: 'name' });
      }
      if (!makeFolder(join(runs, place.name))) {
        throw expected('ERR_CONFIG', `a name that ${runs} does not hold yet`, 'the run name', place.name, { path: 'name' });
      }
      return new RunFolder(join(runs, place.name), place.name);
    }
    for (let next = 1 + highestNumber(runs, place.base); ; next++) {
      const name = `${place.base}-${String(next)}`;
      if (makeFolder(join(runs, name))) return new RunFolder(join(runs, name), name);
    }
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

  /** Replaces the checkpoint; the metrics written so far are on the disk before it. Returns the file. */
  writeCheckpoint(bytes: Uint8Array): string {
    withFileErrors(join(this.path, runFiles.metrics), () => {
      fsyncSync(this.metrics);
    });
    const file = join(this.path, runFiles.checkpoint);
    replaceFile(file, bytes);
    return file;
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

/** What a run's spec.json holds. Throws ERR_IO or ERR_CONFIG. */
export function readJsonFile(path: string): unknown {
  const text = withFileErrors(path, () => readFileSync(path, 'utf8'));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw expected('ERR_CONFIG', 'valid JSON', path, (error as Error).message, { file: path });
  }
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

function highestNumber(runs: string, base: string): number {
  if (!existsSync(runs)) return 0;
  const names = withFileErrors(runs, () => readdirSync(runs));
  const numbers = names.filter((name) => name.startsWith(`${base}-`)).map((name) => Number(name.slice(base.length + 1)));
  return Math.max(0, ...numbers.filter((n) => Number.isSafeInteger(n)));
}

/** writeSync may write a part only, on a disk that is nearly full. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
}
