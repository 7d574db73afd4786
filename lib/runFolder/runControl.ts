import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonIfThere, replaceFile, sizeLimits, withFileErrors } from '../files';
import { unionOf, objectOf, oneOf, optional, text } from '../files/shape';
import type { PlainError } from '../errors';
import { runFiles } from './runFolder';

/** What a run's metrics do not tell: what ended it badly. That a process is at it, the folder's lock tells. */
export interface RunStatus {
  readonly state: 'failed';
  readonly at?: string | undefined;
  readonly code: string;
  readonly message: string;
}

const statusShape = unionOf<RunStatus | { readonly state: 'running' }>('state', {
  failed: objectOf<RunStatus>({ state: oneOf('failed'), at: optional(text), code: text, message: text }),
  // Of an earlier version, which told by it that a process is at the run.
  running: objectOf<{ readonly state: 'running' }>({ state: oneOf('running') }),
});

/** How a run ended badly, as its status.json says; undefined where it does not. Throws ERR_IO, ERR_DATA for another content. */
export function readStatus(folder: string): RunStatus | undefined {
  const status = readJsonIfThere(join(folder, runFiles.status), statusShape, { limit: sizeLimits.small, code: 'ERR_DATA' });
  return status?.state === 'failed' ? status : undefined;
}

/** Milliseconds between two looks for a stop file. */
const pause = 200;

/** What other processes see of a run's end, status.json, and how they ask for it: a file `stop`. */
export class RunControl {
  private lookedAt = -Infinity;

  /** The run begins, or goes on: what ended it before is history, and so is a request to stop that nobody heard. Throws ERR_IO. */
  constructor(private readonly folder: string) {
    this.end();
  }

  /** Whether {@link requestStop} was called, looked up a few times a second at most. */
  get stopRequested(): boolean {
    const now = performance.now();
    if (now - this.lookedAt < pause) return false;
    this.lookedAt = now;
    return existsSync(join(this.folder, runFiles.stop));
  }

  /** The run is over, and its metrics say how. Throws ERR_IO. */
  end(): void {
    this.clear(runFiles.stop);
    this.clear(runFiles.status);
  }

  /** The run is over, and this is why. Never throws: the error itself is what the caller should hear of. */
  fail({ code, message }: PlainError): void {
    try {
      this.clear(runFiles.stop);
      this.write({ state: 'failed', at: new Date().toISOString(), code, message });
    } catch {
      // A disk that takes no file may well be the reason.
    }
  }

  private write(status: RunStatus): void {
    replaceFile(join(this.folder, runFiles.status), `${JSON.stringify(status)}\n`, { inside: true });
  }

  private clear(name: string): void {
    const file = join(this.folder, name);
    withFileErrors(file, () => {
      rmSync(file, { force: true });
    });
  }
}

/** Asks the process that trains a run, whichever it is, to end it after the current step. Throws ERR_IO. */
export function requestStop(folder: string): void {
  const file = join(folder, runFiles.stop);
  withFileErrors(file, () => {
    writeFileSync(file, '');
  });
}
