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
  /** CPUs, as the system counts them, that the process may run on: all of the machine, or fewer by affinity (taskset, cpusets). */
  readonly affinity: number;
  /** Cores among these: those with several threads of their own (hyper-threading) are that many CPUs. */
  readonly cores: number;
  /** Null where CPU time is not limited. */
  readonly quota: CpuQuota | null;
}

/**
 * The number of threads that can compute at the same time in this process: the cores that it may run on, but at most its CPU quota
 * rounded up, and at least 1. More threads would exhaust the quota sooner, as threads that wait for each other spin; two on one core
 * share its multiply-adds. Read anew at each call, as quotas change. The same with every release of Node.js, whose `availableParallelism`
 * considers affinity alone in some and parts of the quota in others.
 */
export function usableThreads(root = systemRoot): UsableThreads {
  const affinity = affinityOf(root);
  const cores = physicalCores(root)?.length ?? affinity;
  const quota = quotaOf(root);
  return { threads: Math.max(1, Math.min(cores, Math.ceil(quota?.cpus ?? Infinity))), affinity, cores, quota };
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

/**
 * The cores that the process may use and that are online, each by the number of its first CPU, whether that is allowed or not; undefined where the system
 * does not say.
 */
export function physicalCores(root = systemRoot): readonly number[] | undefined {
  const cpus = allowedCpus(root);
  return cpus && [...new Set(cpus.map((cpu) => coreOf(cpu, root)))];
}

/** The first CPU of a CPU's core; itself where the system does not say. */
export function coreOf(cpu: number, root = systemRoot): number {
  const [siblings] = readLines(join(root, 'sys/devices/system/cpu', `cpu${String(cpu)}`, 'topology/thread_siblings_list'));
  return Math.min(cpu, ...parseList(siblings) ?? []);
}

/** The CPUs that the process may use and that are online, by their numbers; undefined where the system does not say. */
function allowedCpus(root: string): readonly number[] | undefined {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readLines(join(root, 'proc/self/status')).join('\n'))?.[1];
  const [cpus, online] = [parseList(allowed), parseList(readLines(join(root, 'sys/devices/system/cpu/online'))[0])];
  return cpus && [...cpus].filter((cpu) => online === undefined || online.has(cpu));
}

/** Number of CPUs that the process may use and that are online. */
function affinityOf(root: string): number {
  const cpus = allowedCpus(root);
  return cpus === undefined ? availableParallelism() : Math.max(1, cpus.length);
}

/** '0-2,5' → 0, 1, 2, 5; undefined for anything else. */
export function parseList(text: string | undefined): Set<number> | undefined {
  if (text === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  return new Set(text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: Math.max(0, Math.min(last, maxCpus) - first + 1) }, (_, i) => first + i);
  }));
}

/** The most that Linux can be built for. */
const maxCpus = 8192;
