import { nativeStatus } from '../kernels';
import { describeMachine } from './machine';
import type { Load, Machine } from './machine';
import type { Peak } from './peak';
import type { Timing } from './timing';

/** The names of the benchmarks. */
export const benchmarks = ['kernels', 'step', 'peers', 'scaling', 'cores', 'job', 'inference', 'load'] as const;
export type BenchmarkName = (typeof benchmarks)[number];

/** Options of every benchmark. */
export interface BenchOptions {
  /** Samples of each contender. */
  readonly rounds?: number;
  /** Minimum time of a sample. */
  readonly sampleSeconds?: number;
  /** Called with the name of each piece of work before it is measured. */
  readonly onProgress?: (what: string) => void;
}

/** The time of one contender for one piece of work. */
export interface BenchEntry {
  /** The work: a kernel, or a step of a net. */
  readonly subject: string;
  /** The sizes. */
  readonly case: string;
  /** The contender. */
  readonly who: string;
  readonly time: Timing;
  /** FLOPs of products; 0 if there are none. */
  readonly flops: number;
  /** Minimum bytes moved; 0 if not counted. */
  readonly bytes: number;
  /** The time of its products at the FMA limit divided by the time it took; null if there are none, or the limit does not apply. */
  readonly share: number | null;
  /** The time that memory takes to move its bytes divided by the time it took; of native kernels only. */
  readonly memoryShare?: number;
}

/** The result of a benchmark, as --json prints it and --compare reads it. */
export interface BenchReport {
  readonly type: 'bench';
  readonly version: 1;
  readonly benchmark: BenchmarkName;
  readonly at: string;
  readonly machine: Machine;
  readonly load: Load;
  readonly peak: Peak | null;
  readonly entries: readonly BenchEntry[];
  /** Remarks on the figures: which contenders are missing, and why. */
  readonly notes: readonly string[];
}

/** A report of this moment on this machine. */
export function makeReport(benchmark: BenchmarkName, found: Pick<BenchReport, 'load' | 'peak' | 'entries' | 'notes'>): BenchReport {
  const { load, peak, entries } = found;
  const notes = [...found.notes, ...(peak?.dtype === 'float32' && splitsProducts() ? [splitNote] : [])];
  return { type: 'bench', version: 1, benchmark, at: new Date().toISOString(), machine: describeMachine(), load, peak, entries, notes };
}

/** Why shares of the limit may be above 1. */
const splitNote = 'Products of float32 are computed on tiles of bfloat16 here, which multiply faster than registers: shares of the FMA limit may pass 100 %.';

function splitsProducts(): boolean {
  const status = nativeStatus();
  return status.loaded && status.info.splitsProducts;
}

/** Identifies an entry within its report. */
export function entryId({ subject, case: sizes, who }: BenchEntry): string {
  return `${subject}, ${sizes}, ${who}`;
}
