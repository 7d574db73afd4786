import { totalmem } from 'node:os';
import { join } from 'node:path';
import { BlastrainError, describe, isOutOfMemory } from '../errors';
import { controlGroups, readLines, readNumbers, systemRoot } from './cgroups';
import type { ControlGroup } from './cgroups';

/** What limits the memory of this process most, in bytes. */
export interface MemoryRoom {
  readonly limit: number;
  /** How much more the process can take now: pages of files that the system can give up count as free, and so does swap space. */
  readonly left: number;
  /** The file that says so, `the machine`, or a limit of the shell's `ulimit`. */
  readonly source: string;
}

/**
 * How much memory this process can still take: what is least of the machine's own, that of the control groups around the process, and
 * its resource limits. Beyond a control group's limit Linux ends the process without a word. Looked up anew at each call.
 */
export function memoryRoom(root = systemRoot): MemoryRoom {
  const machine = readTable(join(root, 'proc/meminfo'));
  const total = machine.get('MemTotal') ?? totalmem();
  const swap = machine.get('SwapFree') ?? 0;
  const rooms: MemoryRoom[] = [
    { limit: total, left: (machine.get('MemAvailable') ?? total) + swap, source: 'the machine' },
    ...controlGroups('memory', root).flatMap((group) => groupRoom(group, swap) ?? []),
    ...resourceRooms(root),
  ];
  return rooms.reduce((least, room) => (room.left < least.left ? room : least));
}

/** Less than this is taken without a look at the machine. */
const small = 2 ** 24;

/**
 * Throws ERR_MEMORY where this process cannot take so many bytes more: before an allocation that would end it, or fail. The sentence
 * names what asks for them, and what was received for it; details.path is the name.
 */
export function requireMemory(bytes: number, name: string, received: unknown, root = systemRoot): void {
  if (bytes <= small) return;
  const { limit, left, source } = memoryRoom(root);
  if (bytes <= left) return;
  const available = Math.max(0, Math.floor(left));
  throw new BlastrainError(
    'ERR_MEMORY',
    `Expected what fits into ${formatBytes(available)}, which are left of the ${formatBytes(limit)} of ${source}, for ${name} but received ` +
      `${describe(received)}, which takes ${formatBytes(bytes)}`,
    { path: name, bytes, left: available, limit, source },
  );
}

/** What `make` makes, which takes so many bytes. Throws ERR_MEMORY where the engine has no room for it, or cannot count it. */
export function withMemory<Made>(bytes: number, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    throw new BlastrainError('ERR_MEMORY', `Expected ${formatBytes(bytes)} of memory for an array but received none`, { bytes }, { cause: error });
  }
}

/** A number of bytes in decimal units, as download sizes are given: '170.1 MB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${units[unit]!}`;
}

/** Version 1 says that there is no limit by a number like this or larger. */
const unlimited = 2 ** 60;

function groupRoom({ version, folder }: ControlGroup, swap: number): MemoryRoom | undefined {
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

/** Limits of the process's own, set by a shell's `ulimit -v` and `ulimit -d`. */
function resourceRooms(root: string): MemoryRoom[] {
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
