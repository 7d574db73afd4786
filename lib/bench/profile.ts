import { buildTraining } from '../build/buildTraining';
import { kernelsOf } from '../build/kernelsOf';
import type { TrainingData } from '../build/buildTraining';
import type { TrainSpec } from '../spec/spec';
import { backends, setThreads } from '../kernels';
import type { BackendName, KernelName, Kernels } from '../kernels/contract';
import { kernelNames } from '../kernels/signatures';
import { defaultThreads } from '../machine';
import { costOf } from './cost';
import type { Cost } from './cost';
import { LoadWatch } from './machine';
import type { Load } from './machine';
import { minTime, measurePeak } from './peak';
import type { PeakOptions } from './peak';
import { now } from './timing';

/** The calls of one kernel at one size, over all steps of a profile. */
export interface ProfileEntry {
  readonly kernel: KernelName;
  readonly shape: string;
  readonly callsPerStep: number;
  /** In one step. */
  readonly seconds: number;
  /** As a share of the step's time. */
  readonly shareOfStep: number;
  /** The minimum time at the machine's measured peak divided by the time it took; null for TypeScript kernels. */
  readonly shareOfPeak: number | null;
}

/** Where the time of a training step goes. */
export interface Profile {
  readonly type: 'profile';
  readonly backend: BackendName;
  readonly steps: number;
  /** A step's time without timing its calls. */
  readonly stepSeconds: number;
  /** A step's time while every call is timed. */
  readonly watchedSeconds: number;
  /** The part of a timed step outside all kernels: drawing batches, the loop, reading the clock. */
  readonly otherSeconds: number;
  /** By time, longest first. */
  readonly entries: readonly ProfileEntry[];
  readonly load: Load;
}

export interface ProfileOptions {
  readonly steps?: number;
  readonly warmUps?: number;
  readonly peak?: PeakOptions;
}

/**
 * Trains some steps of a spec and times every call of a kernel; the trained weights are discarded. Throws what buildTraining throws, and
 * ERR_BACKEND.
 */
export async function profileStep(spec: TrainSpec, data: TrainingData, options: ProfileOptions = {}): Promise<Profile> {
  const { steps = 100, warmUps = 20 } = options;
  const load = new LoadWatch();
  setThreads(spec.threads ?? defaultThreads(), spec.divisions);
  const kernels = kernelsOf(spec);
  const peak = backends[kernels.backend].definesPeak ? await measurePeak(spec.dtype, options.peak) : null;

  const trainer = (own: Kernels): ((count: number) => number) => {
    const { training: { step, schedule } } = buildTraining(spec, data, own);
    let done = 0;
    return (count) => {
      const begun = now();
      for (let i = 0; i < count; i++) step.run(schedule(done++));
      return (now() - begun) / count;
    };
  };
  const plain = trainer(kernels);
  plain(warmUps);
  const stepSeconds = plain(steps);

  const timer = new KernelTimer(kernels);
  const timed = trainer(timer.kernels);
  timed(warmUps);
  timer.reset();
  const watchedSeconds = timed(steps);

  const entries = timer.totals().map(({ kernel, calls, seconds, cost: { shape, flops, bytes } }) => ({
    kernel,
    shape,
    callsPerStep: calls / steps,
    seconds: seconds / steps,
    shareOfStep: seconds / steps / watchedSeconds,
    shareOfPeak: peak === null ? null : (calls * minTime(peak, flops, bytes)) / seconds,
  })).sort((a, b) => b.seconds - a.seconds);
  const inKernels = entries.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    type: 'profile', backend: kernels.backend, steps, stepSeconds, watchedSeconds, otherSeconds: Math.max(0, watchedSeconds - inKernels),
    entries, load: load.end(),
  };
}

interface Total {
  readonly kernel: KernelName;
  readonly cost: Cost;
  calls: number;
  seconds: number;
}

/** A call of a kernel. Its arguments are kept to see its sizes by later: to find them out takes as long as a small kernel. */
interface Call {
  readonly kernel: KernelName;
  readonly args: readonly unknown[];
  readonly seconds: number;
}

type Operations = Record<KernelName, (...args: unknown[]) => unknown>;

/** Kernels that time each of their calls. */
class KernelTimer {
  readonly kernels: Kernels;
  private readonly width: number;
  private readonly calls: Call[] = [];

  constructor(inner: Kernels) {
    this.width = inner.dtype === 'float32' ? 4 : 8;
    const operations = inner as unknown as Operations;
    const { calls } = this;
    const timed = kernelNames.map((kernel) => {
      const operation = operations[kernel];
      return [kernel, (...args: unknown[]) => {
        const begun = now();
        const result = operation(...args);
        calls.push({ kernel, args, seconds: now() - begun });
        return result;
      }];
    });
    this.kernels = { ...inner, ...Object.fromEntries(timed) } as Kernels;
  }

  /** The calls since the last {@link reset}, by kernel and sizes. */
  totals(): readonly Total[] {
    const sums = new Map<string, Total>();
    for (const { kernel, args, seconds } of this.calls) {
      const cost = costOf(kernel, args, this.width);
      const key = `${kernel} ${cost.shape}`;
      const sum = sums.get(key) ?? { kernel, cost, calls: 0, seconds: 0 };
      sum.calls++;
      sum.seconds += seconds;
      sums.set(key, sum);
    }
    return [...sums.values()];
  }

  reset(): void {
    this.calls.length = 0;
  }
}
