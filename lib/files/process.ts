import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Identifies a process across machines and containers and over time; its number alone does not, as numbers are reused.
 * `boot`, `namespace` and `started` are null where the system has none (anywhere but on Linux).
 */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Boot id of the kernel, new after each start of the machine. */
  readonly boot: string | null;
  /** PID namespace: containers of one machine have one each. */
  readonly namespace: string | null;
  /** When the process began, in clock ticks since the machine's start. */
  readonly started: string | null;
}

/** Whether a process still runs; `unknown` where it is not visible from here. */
export type Liveness = 'alive' | 'dead' | 'unknown';

let own: ProcessIdentity | undefined;

/** The calling process. */
export function thisProcess(): ProcessIdentity {
  own ??= {
    host: hostname(),
    pid: process.pid,
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    started: attempt(() => statOf('self').started),
  };
  return own;
}

/**
 * Whether a process still runs. Its number is comparable only on the same host, after the same boot and in the same namespace, and a
 * process with that number is the same one only if it started at the same moment.
 */
export function livenessOf({ host, pid, boot, namespace, started }: ProcessIdentity): Liveness {
  const here = thisProcess();
  if (boot === null || namespace === null || started === null) return 'unknown';
  if (host !== here.host || boot !== here.boot || namespace !== here.namespace) return 'unknown';
  try {
    const now = statOf(String(pid));
    // A zombie has ended; only its parent has not waited for it.
    return now.started === started && !/[ZX]/.test(now.state) ? 'alive' : 'dead';
  } catch {
    return doesNotExist(pid) ? 'dead' : 'unknown'; // /proc can hide the processes of other users
  }
}

/** A short name of this process for file names, the same in all of its threads; see {@link makerLiveness}. */
export function makerName(): string {
  const { pid, started } = thisProcess();
  return `${machineName()}-${String(pid)}-${started ?? '0'}`;
}

/** Whether the process that {@link makerName} gave this name still runs; `unknown` for a name from elsewhere. */
export function makerLiveness(name: string): Liveness {
  const [, machine, pid, started] = /^([0-9a-f]{8})-(\d+)-(\d+)$/.exec(name) ?? [];
  if (pid === undefined || started === undefined || machine !== machineName()) return 'unknown';
  return livenessOf({ ...thisProcess(), pid: Number(pid), started });
}

function machineName(): string {
  const { host, boot, namespace } = thisProcess();
  return createHash('sha256').update(JSON.stringify([host, boot, namespace])).digest('hex').slice(0, 8);
}

/** Fields 3 and 22 of /proc/PID/stat; the second field, the program's name, may hold spaces and brackets. */
function statOf(pid: string): { state: string; started: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, started: fields[19]! };
}

function doesNotExist(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function attempt(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
