import { stoppedWithOutput } from './output';

/** Does something that Ctrl-C asks to stop, and a standard output that takes nothing more; a second Ctrl-C ends the process. */
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
