import { arch, cpus, loadavg, platform, release } from 'node:os';
import { getThreads, nativeStatus } from '../kernels';

/** Where figures were measured. They are not to be compared with those of another machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  /** Threads of the native kernels. */
  readonly threads: number;
  /** Null where the native kernels do not load. */
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

/** Who else used the machine while something was measured. */
export interface Load {
  /** The system's load average of the last minute, before and after. */
  readonly before: number;
  readonly after: number;
  /** Cores that other processes used on average. */
  readonly others: number;
  /** Whether the figures allow a conclusion: others used hardly anything. */
  readonly quiet: boolean;
}

/** So much of all cores may others use before figures no longer count. */
const tolerance = 0.05;

/** Watches from its construction on what others use. */
export class LoadWatch {
  private readonly before = loadavg()[0]!;
  private readonly begun = performance.now();
  private readonly busy = busySeconds();
  private readonly own = ownSeconds();

  /** @param children seconds of CPU that processes of this benchmark used meanwhile. */
  end(children = 0): Load {
    const elapsed = (performance.now() - this.begun) / 1000;
    const used = busySeconds() - this.busy - (ownSeconds() - this.own) - children;
    const others = Math.max(0, used / elapsed);
    return { before: this.before, after: loadavg()[0]!, others, quiet: others <= tolerance * cpus().length };
  }
}

/** Of all cores, since the system started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
