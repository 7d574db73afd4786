import { targetOf } from '../files';
import type { Waiting } from '../files';

/** Milliseconds between two messages while waiting. */
const pause = 15_000;

/** Prints to standard error why a command waits, at once and then at intervals. */
export function sayWaiting(): (waiting: Waiting) => void {
  let saidAt = -Infinity;
  return ({ path, owner, silent = 0 }) => {
    if (performance.now() - saidAt < pause) return;
    saidAt = performance.now();
    const who = owner === undefined ? 'somebody' : `process ${String(owner.pid)} on ${owner.host}`;
    process.stderr.write(
      `Waiting: ${targetOf(path)} belongs to ${who}, silent for ${(silent / 1000).toFixed(0)} s; after 60 s without a sign it counts as ended\n`);
  };
}
