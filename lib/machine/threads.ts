import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { controlGroups, readLines, readNumbers, systemRoot } from './cgroups';

/** How much computing time control groups leave to this process. */
export interface CpuQuota {
  /** Seconds of computing in a second; may be a fraction. */
  readonly cpus: number;
  /** The file that says so. */
  readonly source: string;
}

/** How many threads are of use to this process, and why. */
export interface UsableThreads {
  readonly threads: number;
  /** Cores that the process may run on: those of the machine, or fewer by affinity (taskset, cpusets). */
  readonly affinity: number;
  /** Null where nothing limits the computing time. */
  readonly quota: CpuQuota | null;
}

/**
 * How many threads compute at the same time in this process: as many as there are cores that it may run on, but no more than its
 * quota of computing time pays for, rounded up, and at least 1. More threads would only use the quota up sooner, while
 * those that wait for each other spin. Looked up anew at each call, as quotas change; the same on every release of Node.js, whose own
 * `availableParallelism` knows affinity alone in some and parts of the quota in others.
 */
export function usableThreads(root = systemRoot): UsableThreads {
  const affinity = affinityOf(root);
  const quota = quotaOf(root);
  return { threads: Math.max(1, Math.min(affinity, Math.ceil(quota?.cpus ?? Infinity))), affinity, quota };
}

/** The threads that kernels take by default: {@link usableThreads} without the reasons. */
export function defaultThreads(): number {
  return usableThreads().threads;
}

/** The smallest quota of the groups around the process: each of them limits all that is in it. */
function quotaOf(root: string): CpuQuota | null {
  let least: CpuQuota | null = null;
  for (const { version, folder } of controlGroups('cpu', root)) {
    const file = version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us';
    const [quota = -1, itsPeriod] = readNumbers(folder, file);
    const period = version === 2 ? itsPeriod ?? 100_000 : readNumbers(folder, 'cpu.cfs_period_us')[0] ?? Number.NaN;
    // Without a limit version 1 says -1, and version 2 max.
    if (!(quota > 0 && Number.isFinite(quota) && period > 0)) continue;
    if (least === null || quota / period < least.cpus) least = { cpus: quota / period, source: join(folder, file) };
  }
  return least;
}

/** Linux tells which cores the process may use, and which of these are there. */
function affinityOf(root: string): number {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readLines(join(root, 'proc/self/status')).join('\n'))?.[1];
  const online = readLines(join(root, 'sys/devices/system/cpu/online'))[0];
  const [mine, there] = [parseList(allowed), parseList(online)];
  if (mine === undefined) return availableParallelism();
  return Math.max(1, there === undefined ? mine.size : [...mine].filter((core) => there.has(core)).length);
}

/** '0-2,5' → 0, 1, 2, 5; undefined for anything else. */
function parseList(text: string | undefined): Set<number> | undefined {
  if (text === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  return new Set(text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: Math.max(0, Math.min(last, maxCores) - first + 1) }, (_, i) => first + i);
  }));
}

/** More than Linux can be built for. */
const maxCores = 8192;
