/** One of those that are timed against each other. */
export interface Contender {
  readonly name: string;
  /** Does its work `count` times; returns the seconds that it took. */
  run(count: number): number | Promise<number>;
}

/** How long one piece of work took, in seconds, over samples that were taken in turn with the other contenders'. */
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
  /** Least time of a sample; work that is shorter is repeated within it. */
  readonly sampleSeconds: number;
  /** Pause before each sample. Threads of a BLAS or of OpenMP spin for a while when their work is done. */
  readonly pauseSeconds?: number;
}

/** What a contender needs on its first calls, such as a compiler's attention, is over after so many of them. */
const warmUps = 3;
/** Work that takes so many samples' time is sampled in every third round only, and warm enough from its first call. */
const slowFactor = 4;
const slowEvery = 3;

/**
 * Times all contenders in turn, so that what disturbs the machine disturbs all of them alike; each sample follows some
 * untimed work of the same kind. Errors of a contender pass through.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions): Promise<Timing[]> {
  const { rounds, sampleSeconds, pauseSeconds = 0 } = options;
  const plans: Plan[] = [];
  for (const contender of contenders) plans.push(await calibrate(contender, sampleSeconds));
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
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
  /** How often its work fits into a sample, once it runs warm. */
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

/** Of sorted numbers, with linear interpolation between two of them. */
function quantile(sorted: readonly number[], q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

/** Half of the distance between the quartiles, relative to the median. */
export function noiseOf({ median, low, high }: Timing): number {
  return (high - low) / (2 * median);
}

/** Seconds since some moment. */
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
