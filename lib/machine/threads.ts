import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { controlGroups, readLines, readNumbers, systemRoot } from './cgroups';

/** The CPU time that control groups allow this process. */
export interface CpuQuota {
  /** CPU seconds per second; may be a fraction. */
  readonly cpus: number;
  /** The file in which it is set. */
  readonly source: string;
}

/** Number of threads that this process can use, and its reasons. */
export interface UsableThreads {
  readonly threads: number;
  /** Cores that the process may run on: all of the machine, or fewer by affinity (taskset, cpusets). */
  readonly affinity: number;
  /** Null where CPU time is not limited. */
  readonly quota: CpuQuota | null;
}

/**
 * The number of threads that can compute at the same time in this process: the cores that it may run on, but at most its CPU quota
 * rounded up, and at least 1. More threads would exhaust the quota sooner, as threads that wait for each other spin. Read anew
 * at each call, as quotas change. The same with every release of Node.js, whose `availableParallelism` considers affinity alone in
 * some and parts of the quota in others.
 */
export function usableThreads(root = systemRoot): UsableThreads {
  const affinity = affinityOf(root);
  const quota = quotaOf(root);
  return { threads: Math.max(1, Math.min(affinity, Math.ceil(quota?.cpus ?? Infinity))), affinity, quota };
}

/** The default number of threads of the kernels: {@link usableThreads} without the reasons. */
export function defaultThreads(): number {
  return usableThreads().threads;
}

/** The smallest quota of the groups that contain the process; each limits the sum over its processes. */
function quotaOf(root: string): CpuQuota | null {
  let min: CpuQuota | null = null;
  for (const { version, folder } of controlGroups('cpu', root)) {
    const file = version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us';
    const [quota = -1, itsPeriod] = readNumbers(folder, file);
    const period = version === 2 ? itsPeriod ?? 100_000 : readNumbers(folder, 'cpu.cfs_period_us')[0] ?? Number.NaN;
    // No limit is -1 in version 1 and `max` in version 2.
    if (!(quota > 0 && Number.isFinite(quota) && period > 0)) continue;
    if (min === null || quota / period < min.cpus) min = { cpus: quota / period, source: join(folder, file) };
  }
  return min;
}

/** The cores that the process may use and that are online, by their numbers; undefined where the system does not say. */
export function allowedCores(root = systemRoot): readonly number[] | undefined {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readLines(join(root, 'proc/self/status')).join('\n'))?.[1];
  const online = readLines(join(root, 'sys/devices/system/cpu/online'))[0];
  const [cores, onlineCores] = [parseList(allowed), parseList(online)];
  return cores && [...cores].filter((core) => onlineCores === undefined || onlineCores.has(core));
}

/** Number of cores that the process may use and that are online. */
function affinityOf(root: string): number {
  const cores = allowedCores(root);
  return cores === undefined ? availableParallelism() : Math.max(1, cores.length);
}

/** '0-2,5' → 0, 1, 2, 5; undefined for anything else. */
export function parseList(text: string | undefined): Set<number> | undefined {
  if (text === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  return new Set(text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: Math.max(0, Math.min(last, maxCores) - first + 1) }, (_, i) => first + i);
  }));
}

/** The most that Linux can be built for. */
const maxCores = 8192;
