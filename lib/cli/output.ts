import { toPlain } from '../errors';
import { systemError } from '../files';

/** What a shell says of a command whose reader has gone (`blastrain … | head -1`): 128 + SIGPIPE. */
const readerGone = 141;

/** What can be stopped when nobody hears of it any more. */
const stops = new Set<() => void>();
/** The exit status, once standard output takes nothing more. */
let lostStatus: number | undefined;

/**
 * Watches standard output: when it takes nothing more, what is under way is stopped as by Ctrl-C, and the process ends with status 141
 * where the reader has gone, without a word, and else with a sentence on standard error and status 1. A standard error that
 * takes nothing more changes nothing.
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

/** Calls `stop` when standard output takes nothing more while `task` is under way. */
export async function stoppedWithOutput<Result>(stop: () => void, task: () => Promise<Result>): Promise<Result> {
  stops.add(stop);
  try {
    return await task();
  } finally {
    stops.delete(stop);
  }
}

/** The exit status of a command that returned this one. */
export function exitStatus(status: number): number {
  return lostStatus ?? status;
}
