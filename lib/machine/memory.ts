import { totalmem } from 'node:os';
import { join } from 'node:path';
import { BlastrainError, describe } from '../errors';
import { formatBytes } from './bytes';
import { controlGroups, readLines, readNumbers, systemRoot } from './cgroups';
import type { ControlGroup } from './cgroups';

/** The tightest memory limit of this process. Sizes are in bytes. */
export interface AvailableMemory {
  readonly limit: number;
  /** What the process can still allocate; the page cache, which the system can reclaim, and swap space count as free. */
  readonly left: number;
  /** Where the limit is set: a file of a control group, `the machine`, or an option of the shell's `ulimit`. */
  readonly source: string;
}

/**
 * The memory that this process can still allocate: the minimum over the machine, the control groups of the process and its resource
 * limits. Linux kills a process that exceeds the limit of a control group. Read anew at each call.
 */
export function availableMemory(root = systemRoot): AvailableMemory {
  const machine = readTable(join(root, 'proc/meminfo'));
  const total = machine.get('MemTotal') ?? totalmem();
  const swap = machine.get('SwapFree') ?? 0;
  const limits: AvailableMemory[] = [
    { limit: total, left: (machine.get('MemAvailable') ?? total) + swap, source: 'the machine' },
    ...controlGroups('memory', root).flatMap((group) => groupLimit(group, swap) ?? []),
    ...resourceLimits(root),
  ];
  return limits.reduce((min, limit) => (limit.left < min.left ? limit : min));
}

/** Bytes up to which the limits are not read. */
const alwaysAvailable = 2 ** 24;

/**
 * Throws ERR_MEMORY where this process cannot allocate that many more bytes, before an allocation that would fail or get it killed. The
 * message names what needs them, `name`, and the value that it was given, `received`; details.path is the name.
 */
export function requireMemory(bytes: number, name: string, received: unknown, root = systemRoot): void {
  if (bytes <= alwaysAvailable) return;
  const { limit, left, source } = availableMemory(root);
  if (bytes <= left) return;
  const available = Math.max(0, Math.floor(left));
  throw new BlastrainError(
    'ERR_MEMORY',
    `Expected what fits into ${formatBytes(available)}, which are left of the ${formatBytes(limit)} of ${source}, for ${name} but received ` +
      `${describe(received)}, which takes ${formatBytes(bytes)}`,
    { path: name, bytes, left: available, limit, source },
  );
}

/** Version 1 writes a number at least this large where there is no limit. */
const unlimited = 2 ** 60;

function groupLimit({ version, folder }: ControlGroup, swap: number): AvailableMemory | undefined {
  const one = (file: string): number | undefined => readNumbers(folder, file)[0];
  const [limitFile, usageFile, prefix] = version === 2
    ? ['memory.max', 'memory.current', '']
    : ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_'];
  const limit = one(limitFile) ?? Infinity;
  if (!(limit >= 0 && limit < unlimited)) return undefined;
  const stat = readTable(join(folder, 'memory.stat'));
  const files = (stat.get(`${prefix}inactive_file`) ?? 0) + (stat.get(`${prefix}active_file`) ?? 0);
  const swapLeft = version === 2
    ? (one('memory.swap.max') ?? Infinity) - (one('memory.swap.current') ?? 0)
    : (one('memory.memsw.limit_in_bytes') ?? Infinity) - limit;
  const used = Math.max(0, (one(usageFile) ?? 0) - files);
  return { limit, left: limit - used + Math.max(0, Math.min(swap, swapLeft)), source: join(folder, limitFile) };
}

/** Resource limits of the process, as set by a shell's `ulimit -v` and `ulimit -d`. */
function resourceLimits(root: string): AvailableMemory[] {
  const limits = readLines(join(root, 'proc/self/limits'));
  const status = readTable(join(root, 'proc/self/status'));
  return ([['Max address space', 'VmSize', 'ulimit -v'], ['Max data size', 'VmData', 'ulimit -d']] as const).flatMap(([name, used, source]) => {
    const line = limits.find((text) => text.startsWith(name));
    const limit = /^\d+$/.exec(line?.slice(name.length).trim().split(/\s+/)[0] ?? '')?.[0];
    const taken = status.get(used);
    return limit === undefined || taken === undefined ? [] : [{ limit: Number(limit), left: Number(limit) - taken, source }];
  });
}

/** Lines `NAME: NUMBER kB` or `NAME NUMBER`, in bytes. */
function readTable(file: string): Map<string, number> {
  return new Map(readLines(file).flatMap((line): [string, number][] => {
    const [, name, number, unit] = /^(\w+):?\s+(\d+)( kB)?$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(number) * (unit === undefined ? 1 : 1024)]];
  }));
}
