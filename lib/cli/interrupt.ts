/** Does something that Ctrl-C asks to stop; a second one ends the process. */
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
    return await task();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
