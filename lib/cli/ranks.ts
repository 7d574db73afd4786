import { joinCluster, launcherOf } from '../cluster';
import type { Communicator } from '../cluster';
import { expected } from '../errors';
import type { TrainingRun } from '../run/train';
import { interruptible, stoppedStatus } from './interrupt';

/** Options that make several runs, or none, of one command. */
export interface Unshared {
  readonly [option: string]: unknown;
}

/**
 * Joins the ranks that a launcher started together with this process; undefined where it is alone. Throws ERR_CONFIG for an option that ranks do not
 * share, ERR_CLUSTER where they do not find each other.
 */
export function joinRanks(unshared: Unshared, watchdog: number): Communicator | undefined {
  const launcher = launcherOf();
  if (launcher === undefined) return undefined;
  for (const [option, value] of Object.entries(unshared)) {
    if (value !== undefined && value !== false) throw expected('ERR_CONFIG', `one run, as ${String(launcher.size)} ranks train together,`, option, value, { path: option });
  }
  return joinCluster(launcher, watchdog);
}

/**
 * What a rank other than the first does, once rank 0 has told whether there is anything left to train: it computes, and passes on what stops it. Returns the exit status
 * of all.
 */
export async function computeSilently(cluster: Communicator, start: () => TrainingRun): Promise<number> {
  const hasEnded = cluster.broadcast<boolean | undefined>(undefined)!;
  if (!hasEnded) {
    const run = start();
    await interruptible(() => { run.stop(); }, () => run.model);
  }
  return endTogether(cluster, 0);
}

/** Ends the command on all ranks with rank 0's status, and leaves them; where a scheduler has stopped any of them, with the one that says so. */
export function endTogether(cluster: Communicator | undefined, status: number): number {
  if (cluster === undefined) return status;
  const statuses = cluster.gather({ status, ifStopped: stoppedStatus() });
  cluster.close();
  const [{ status: first, ifStopped }] = statuses as [{ status: number; ifStopped: number }];
  return first === ifStopped ? Math.min(...statuses.map((one) => one.ifStopped)) : first;
}
