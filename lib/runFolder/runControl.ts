import { existsSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonIfThere, replaceFile, sizeLimits, withFileErrors } from '../files';
import { unionOf, objectOf, oneOf, optional, text } from '../files/shape';
import type { PlainError } from '../errors';
import { runFiles } from './runFolder';

/** Contents of status.json: why a run failed. Whether a run is being trained is told by the folder's lock. */
export interface RunStatus {
  readonly state: 'failed';
  readonly at?: string | undefined;
  readonly code: string;
  readonly message: string;
}

const statusShape = unionOf<RunStatus | { readonly state: 'running' }>('state', {
  failed: objectOf<RunStatus>({ state: oneOf('failed'), at: optional(text), code: text, message: text }),
  // Written by an earlier version while the run was being trained.
  running: objectOf<{ readonly state: 'running' }>({ state: oneOf('running') }),
});

/** Reads why a run failed from its status.json; undefined where it did not. Throws ERR_IO, ERR_DATA for other contents. */
export function readStatus(folder: string): RunStatus | undefined {
  const status = readJsonIfThere(join(folder, runFiles.status), statusShape, { limit: sizeLimits.small, code: 'ERR_DATA' });
  return status?.state === 'failed' ? status : undefined;
}

/** Milliseconds between checks for a stop file. */
const pollEvery = 200;

/** The files by which other processes learn of a run's failure, `status.json`, and ask it to stop, `stop`. */
export class RunControl {
  private polledAt = -Infinity;

  /** For a run that starts or resumes: removes the status of an earlier failure and a stale stop file. Throws ERR_IO. */
  constructor(private readonly folder: string) {
    this.end();
  }

  /** Whether {@link requestStop} was called; the file is looked up at most every 200 ms. */
  get stopRequested(): boolean {
    const now = performance.now();
    if (now - this.polledAt < pollEvery) return false;
    this.polledAt = now;
    return existsSync(join(this.folder, runFiles.stop));
  }

  /** Ends a run that did not fail: removes both files. Throws ERR_IO. */
  end(): void {
    this.clear(runFiles.stop);
    this.clear(runFiles.status);
  }

  /** Writes status.json with the error and removes the stop file. Never throws, as the caller reports that error. */
  fail({ code, message }: PlainError): void {
    try {
      this.clear(runFiles.stop);
      this.write({ state: 'failed', at: new Date().toISOString(), code, message });
    } catch {
      // The error may be a full disk.
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

/**
 * Looks for a request to stop that was made since this object was. It takes none away, as several processes may work on a search and each must find it; one
 * that was made before says nothing.
 */
export class StopRequests {
  private readonly file: string;
  private readonly before: string;

  constructor(folder: string) {
    this.file = join(folder, runFiles.stop);
    this.before = this.stamp();
  }

  get requested(): boolean {
    const now = this.stamp();
    return now !== '' && now !== this.before;
  }

  private stamp(): string {
    const stat = lstatSync(this.file, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? '' : `${String(stat.ino)} ${String(stat.mtimeNs)}`;
  }
}

/** Asks the process that trains the run of a folder to stop after the current step, or those that work on a search to end it. Throws ERR_IO. */
export function requestStop(folder: string): void {
  replaceFile(join(folder, runFiles.stop), '', { inside: true }); // never through a link
}
