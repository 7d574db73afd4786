import { toPlain } from '../errors';
import { systemError } from '../files';

/** Exit status of a command whose reader has ended (`blastrain … | head -1`), as of one killed by SIGPIPE: 128 + 13. */
const readerGone = 141;

/** Called when standard output is lost. */
const stops = new Set<() => void>();
/** The exit status, once standard output is lost. */
let lostStatus: number | undefined;

/**
 * Watches standard output: when writing to it fails, what is under way is stopped as by Ctrl-C. The process then ends with status 141
 * and no message where the reader has ended, else with status 1 and a message on standard error. Failing writes to standard error
 * are ignored.
 */
export function watchOutput(): void {
  process.stdout.on('error', lose);
  process.stderr.on('error', () => undefined);
}

function lose(error: NodeJS.ErrnoException): void {
  if (lostStatus === undefined) {
    lostStatus = error.code === 'EPIPE' ? readerGone : 1;
    if (error.code !== 'EPIPE') sayLost(error);
    for (const stop of stops) stop();
  }
  if (stops.size === 0) process.exit(lostStatus);
}

function sayLost(error: NodeJS.ErrnoException): void {
  const { code, message } = toPlain(systemError(error, 'ERR_IO', 'room for what is printed', 'standard output'));
  process.stderr.write(`blastrain: ${message} [${code}]\n`);
}

/** Runs `task`; calls `stop` when standard output is lost meanwhile. */
export async function stoppedWithOutput<Result>(stop: () => void, task: () => Promise<Result>): Promise<Result> {
  stops.add(stop);
  try {
    return await task();
  } finally {
    stops.delete(stop);
  }
}

/** The exit status for a command that returned `status`: 141 or 1 where standard output was lost. */
export function exitStatus(status: number): number {
  return lostStatus ?? status;
}
