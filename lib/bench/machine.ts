import { arch, cpus, loadavg, platform, release } from 'node:os';
import { getThreads, nativeStatus } from '../kernels';

/** The machine that figures were measured on. Figures of different machines cannot be compared. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  /** Threads of the native kernels. */
  readonly threads: number;
  /** Null if the native kernels do not load. */
  readonly openblas: string | null;
  readonly openblasCore: string | null;
}

export function describeMachine(): Machine {
  const status = nativeStatus();
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    platform: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    threads: getThreads('native'),
    openblas: status.loaded ? status.info.openblasVersion : null,
    openblasCore: status.loaded ? status.info.openblasCore : null,
  };
}

/** The load of other processes on the machine during a measurement. */
export interface Load {
  /** The system's load average over one minute, before and after. */
  readonly before: number;
  readonly after: number;
  /** Cores that other processes used on average. */
  readonly others: number;
  /** Whether others used so little that the figures are reliable. */
  readonly quiet: boolean;
}

/** The share of all cores that others may use on a quiet machine. */
const tolerance = 0.05;

/** Measures the load of other processes from its construction to `end`. */
export class LoadWatch {
  private readonly before = loadavg()[0]!;
  private readonly begun = performance.now();
  private readonly busy = busySeconds();
  private readonly own = ownSeconds();

  /** @param childSeconds seconds of CPU used by child processes of this benchmark, which do not count as others. */
  end(childSeconds = 0): Load {
    const elapsed = (performance.now() - this.begun) / 1000;
    const used = busySeconds() - this.busy - (ownSeconds() - this.own) - childSeconds;
    const others = Math.max(0, used / elapsed);
    return { before: this.before, after: loadavg()[0]!, others, quiet: others <= tolerance * cpus().length };
  }
}

/** Seconds that all cores were busy since the system started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
