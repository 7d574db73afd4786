import { stoppedWithOutput } from './output';

/** Runs a task that Ctrl-C, or a standard output that is closed, asks to stop; a second Ctrl-C ends the process. */
export async function interruptible<Result>(stop: () => void, task: () => Promise<Result>): Promise<Result> {
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
    stop();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await stoppedWithOutput(stop, task);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
