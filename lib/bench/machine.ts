import { arch, cpus, loadavg, platform, release } from 'node:os';
import { getThreads, nativeStatus } from '../kernels';
import { requireAddon } from '../kernels/native';
import { summarise } from './timing';

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

/** What else the machine did during a measurement. */
export interface Load {
  /** The system's load average over one minute, before and after. */
  readonly before: number;
  readonly after: number;
  /** Cores that other processes used on average. */
  readonly others: number;
  /**
   * The rate of multiply-adds in registers, sampled throughout, that three quarters of the samples reached, divided by the best. Well below 1 it tells
   * of what no process here shows: other tenants of the hardware, or its clock. Absent where none was sampled.
   */
  readonly steadiness?: number;
  /** Whether others used so little, and the cores were so steady, that the figures are reliable. */
  readonly quiet: boolean;
}

/** The share of all cores that others may use on a quiet machine. */
const tolerance = 0.05;
/** Below this steadiness a machine is not quiet. */
const leastSteadiness = 0.8;
/** FLOPs on each thread of a sample of multiply-adds, about a millisecond, and of those before it that wake the threads. */
const sampleFlops = 1e8;
const wakingFlops = 1e7;

/** Measures the load of other processes from its construction to `end`. */
export class LoadWatch {
  private readonly sampledSeconds: number[] = [];
  private readonly before = loadavg()[0]!;
  private readonly begun = performance.now();
  private readonly busy = busySeconds();
  private readonly own = ownSeconds();

  /** Samples the rate of multiply-adds on the threads of the native kernels, whose number must stay the same; does nothing where they do not load. */
  sample(): void {
    if (!nativeStatus().loaded) return;
    const { multiplyAdds } = requireAddon();
    multiplyAdds.float32(wakingFlops);
    const begun = performance.now();
    multiplyAdds.float32(sampleFlops);
    this.sampledSeconds.push((performance.now() - begun) / 1000);
  }

  /** @param childSeconds seconds of CPU used by child processes of this benchmark, which do not count as others. */
  end(childSeconds = 0): Load {
    const elapsed = (performance.now() - this.begun) / 1000;
    const used = busySeconds() - this.busy - (ownSeconds() - this.own) - childSeconds;
    const others = Math.max(0, used / elapsed);
    const steadiness = steadinessOf(this.sampledSeconds);
    return {
      before: this.before, after: loadavg()[0]!, others, ...(steadiness !== undefined && { steadiness }),
      quiet: others <= tolerance * cpus().length && (steadiness ?? 1) >= leastSteadiness,
    };
  }
}

/** The best of times divided by the third quartile; undefined of none. */
export function steadinessOf(seconds: readonly number[]): number | undefined {
  if (seconds.length === 0) return undefined;
  const { best, high } = summarise(seconds);
  return best / high;
}

/** Seconds that all cores were busy since the system started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
