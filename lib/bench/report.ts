import { describeMachine } from './machine';
import type { Load, Machine } from './machine';
import type { Peak } from './peak';
import type { Timing } from './timing';

/** The benchmarks by name. */
export const benchmarks = ['kernels', 'step', 'peers', 'scaling', 'job'] as const;
export type BenchmarkName = (typeof benchmarks)[number];

/** What every benchmark can be told. */
export interface BenchOptions {
  /** How often each contender is measured, in turn. */
  readonly rounds?: number;
  /** How long one measurement takes at least. */
  readonly sampleSeconds?: number;
  /** Called with what is measured next. */
  readonly onProgress?: (what: string) => void;
}

/** How long one contender took for one piece of work. */
export interface BenchEntry {
  /** What was done: a kernel, or a step of a net. */
  readonly subject: string;
  /** At which sizes. */
  readonly case: string;
  /** Who did it. */
  readonly who: string;
  readonly time: Timing;
  /** Floating-point operations of products; 0 where there are none. */
  readonly flops: number;
  /** Bytes that must be moved at least; 0 where nobody counts them. */
  readonly bytes: number;
  /** The least time at this machine's measured peak over the time it took; null where that is another contender's. */
  readonly share: number | null;
}

/** What a benchmark found, as --json prints it and --compare reads it. */
export interface BenchReport {
  readonly type: 'bench';
  readonly version: 1;
  readonly benchmark: BenchmarkName;
  readonly at: string;
  readonly machine: Machine;
  readonly load: Load;
  readonly peak: Peak | null;
  readonly entries: readonly BenchEntry[];
  /** What a reader of the figures has to know: who is missing and why, who disagreed. */
  readonly notes: readonly string[];
}

/** What was found on this machine just now. */
export function makeReport(benchmark: BenchmarkName, found: Pick<BenchReport, 'load' | 'peak' | 'entries' | 'notes'>): BenchReport {
  const { load, peak, entries, notes } = found;
  return { type: 'bench', version: 1, benchmark, at: new Date().toISOString(), machine: describeMachine(), load, peak, entries, notes };
}

/** The name of an entry within its report. */
export function entryId({ subject, case: sizes, who }: BenchEntry): string {
  return `${subject}, ${sizes}, ${who}`;
}
