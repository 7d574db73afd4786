/** A piece of work that is timed beside others. */
export interface Contender {
  readonly name: string;
  /** Does the work `count` times; returns the seconds that this took. */
  run(count: number): number | Promise<number>;
}

/** Seconds that the work took once, over samples taken in turn with those of the other contenders. */
export interface Timing {
  readonly median: number;
  /** First and third quartile: half of the samples lie between them. */
  readonly low: number;
  readonly high: number;
  readonly best: number;
  readonly samples: number;
}

export interface MeasureOptions {
  /** Samples of each contender. */
  readonly rounds: number;
  /** Minimum time of a sample; shorter work is repeated within it. */
  readonly sampleSeconds: number;
  /** Pause before each sample, as threads of a BLAS or of OpenMP spin for a while after their work. */
  readonly pauseSeconds?: number;
  /** Called before each round of samples. */
  readonly onRound?: () => void;
}

/** Calls after which work runs at its final speed, for instance compiled by V8. */
const warmUps = 3;
/** Work that takes longer than this many samples is sampled only in every third round, and needs no warm-up. */
const slowFactor = 4;
const slowEvery = 3;

/**
 * Times all contenders in turn, so that other load on the machine affects all of them alike; each sample follows untimed calls of the same
 * work. Rethrows errors of a contender.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions): Promise<Timing[]> {
  const { rounds, sampleSeconds, pauseSeconds = 0, onRound } = options;
  const plans: Plan[] = [];
  for (const contender of contenders) plans.push(await calibrate(contender, sampleSeconds));
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    onRound?.();
    for (const [c, { count, isSlow }] of plans.entries()) {
      const contender = contenders[c]!;
      if (isSlow && round % slowEvery > 0) continue;
      if (pauseSeconds > 0) await pause(pauseSeconds);
      if (!isSlow) await contender.run(Math.ceil(count / 4));
      samples[c]!.push((await contender.run(count)) / count);
    }
  }
  return samples.map(summarise);
}

/** How a contender is sampled. */
interface Plan {
  /** Calls in a sample, once warmed up. */
  readonly count: number;
  readonly isSlow: boolean;
}

async function calibrate(contender: Contender, sampleSeconds: number): Promise<Plan> {
  let count = 1;
  for (let turn = 0; ; turn++) {
    const seconds = await contender.run(count);
    if (seconds >= sampleSeconds) {
      const isSlow = count === 1 && seconds > slowFactor * sampleSeconds;
      if (turn >= warmUps || isSlow) return { count: Math.max(1, Math.round((count * sampleSeconds) / seconds)), isSlow };
    } else {
      count = Math.ceil(count * Math.min(8, Math.max(1.5, sampleSeconds / Math.max(seconds, 1e-9))));
    }
  }
}

/** Median and quartiles of at least one sample. */
export function summarise(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), best: sorted[0]!, samples: sorted.length,
  };
}

/** The q-quantile of sorted numbers, with linear interpolation. */
function quantile(sorted: readonly number[], q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

/** Half the interquartile range, relative to the median. */
export function noiseOf({ median, low, high }: Timing): number {
  return (high - low) / (2 * median);
}

/** A monotonic clock, in seconds. */
export function now(): number {
  return performance.now() / 1000;
}

/** Work of this process as a contender. */
export function inProcess(name: string, work: () => void): Contender {
  return {
    name,
    run(count) {
      const begun = now();
      for (let i = 0; i < count; i++) work();
      return now() - begun;
    },
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * seconds);
  });
}
