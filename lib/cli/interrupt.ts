import { stoppedWithOutput } from './output';

/** Exit status of a command that Ctrl-C has stopped: 128 + SIGINT. */
const interruptedStatus = 130;
/** That of one which a scheduler has stopped, and which goes on when it is started again: EX_TEMPFAIL of sysexits.h, which no signal gives. */
export const requeueStatus = 75;

/** By which schedulers say that time is over: Kubernetes, systemd and Slurm by SIGTERM, Slurm's --signal by SIGUSR1 some time before. */
const schedulerSignals = ['SIGTERM', 'SIGUSR1'] as const;

/** What such a signal stops. */
const stops = new Set<() => void>();
let isWatching = false;
let isAskedToEnd = false;

/**
 * Has signals of schedulers stop what is under way, as Ctrl-C does; where nothing is yet, the process ends at once. One that comes again changes
 * nothing, as some schedulers repeat theirs. Called first where a command can be started again, as Node.js opens its debugger on SIGUSR1 until somebody listens.
 */
export function watchScheduler(): void {
  if (isWatching) return;
  isWatching = true;
  const end = (): void => {
    if (isAskedToEnd) return;
    isAskedToEnd = true;
    if (stops.size === 0) process.exit(requeueStatus);
    for (const stop of stops) stop();
  };
  for (const signal of schedulerSignals) process.on(signal, end);
}

/** The exit status of a command that was stopped. */
export function stoppedStatus(): number {
  return isAskedToEnd ? requeueStatus : interruptedStatus;
}

/** Runs a task that Ctrl-C, a scheduler, or a standard output that is closed, asks to stop; a second Ctrl-C ends the process. */
export async function interruptible<Result>(stop: () => void, task: () => Promise<Result>): Promise<Result> {
  watchScheduler();
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(interruptedStatus);
    interrupted = true;
    stop();
  };
  process.on('SIGINT', interrupt);
  stops.add(stop);
  try {
    return await stoppedWithOutput(stop, task);
  } finally {
    process.off('SIGINT', interrupt);
    stops.delete(stop);
  }
}
