import { expected } from '../errors';
import { readJson, sizeLimits } from '../files';
import { flag, listOf, numberOrNaN, nullOr, number, objectOf, oneOf, shapeOf, text } from '../files/shape';
import { benchmarks, entryId } from './report';
import type { BenchEntry, BenchReport } from './report';
import { noiseOf } from './timing';

/** How one figure changed. */
export interface Change {
  readonly entry: BenchEntry;
  readonly before: number;
  readonly now: number;
  /** now / before. */
  readonly ratio: number;
  /** By how much the ratio may be above or below 1 before it means anything. */
  readonly noise: number;
}

/** What became of the figures of an earlier report. */
export interface Comparison {
  /** Whether both were measured on a quiet machine. */
  readonly conclusive: boolean;
  readonly slower: readonly Change[];
  readonly faster: readonly Change[];
  readonly same: number;
}

/** Two runs on the same quiet machine differ by that much even where their samples agree among themselves. */
const minNoise = 0.05;
/** Half the distance of the quartiles, times this, holds nearly all samples of a normal distribution. */
const quartilesToLimits = 4;

const positive = shapeOf<number>('a positive number', (value) => Number.isFinite(value) && (value as number) > 0);

/** What a comparison needs of a report. */
const reportShape = objectOf<Pick<BenchReport, 'type' | 'version' | 'benchmark' | 'machine' | 'load' | 'entries'>>({
  type: oneOf('bench'),
  version: oneOf(1),
  benchmark: oneOf(...benchmarks),
  machine: objectOf<BenchReport['machine']>({
    cpu: text, cores: number, platform: text, node: text, threads: number, openblas: nullOr(text), openblasCore: nullOr(text),
  }),
  load: objectOf<BenchReport['load']>({ before: number, after: number, others: number, quiet: flag }),
  entries: listOf(objectOf<BenchEntry>({
    subject: text,
    case: text,
    who: text,
    time: objectOf<BenchEntry['time']>({ median: positive, low: numberOrNaN, high: numberOrNaN, best: numberOrNaN, samples: number }),
    flops: number,
    bytes: number,
    share: nullOr(number),
  })),
});

/** Reads what --out or --json left. Throws ERR_IO, or ERR_CONFIG for a file that holds something else. */
export function readBenchReport(file: string): BenchReport {
  return readJson(file, reportShape, { code: 'ERR_CONFIG', limit: sizeLimits.report, follow: true }) as BenchReport;
}

/**
 * Holds the figures that both reports have against each other. Throws ERR_CONFIG for a report of another benchmark,
 * machine or thread count, or one that has no figure in common: their difference would mean nothing.
 */
export function compareReports(before: BenchReport, now: BenchReport): Comparison {
  const facts = ({ benchmark, machine: { cpu, cores, threads } }: BenchReport): string =>
    `${benchmark} on ${cpu}, ${String(cores)} cores, ${String(threads)} threads`;
  if (facts(before) !== facts(now)) throw expected('ERR_CONFIG', facts(now), '--compare', facts(before), { path: 'compare' });
  const old = new Map(before.entries.map((entry) => [entryId(entry), entry]));
  const changes = now.entries.flatMap((entry) => {
    const earlier = old.get(entryId(entry));
    return earlier === undefined ? [] : [changeOf(earlier, entry)];
  });
  if (changes.length === 0) throw expected('ERR_CONFIG', 'a figure that was measured now as well', '--compare', 'none', { path: 'compare' });
  const slower = changes.filter(({ ratio, noise }) => ratio > 1 + noise);
  const faster = changes.filter(({ ratio, noise }) => ratio < 1 / (1 + noise));
  return { conclusive: before.load.quiet && now.load.quiet, slower, faster, same: changes.length - slower.length - faster.length };
}

function changeOf(earlier: BenchEntry, entry: BenchEntry): Change {
  const [before, now] = [earlier.time.median, entry.time.median];
  const noise = Math.max(minNoise, quartilesToLimits * Math.hypot(noiseOf(earlier.time), noiseOf(entry.time)));
  return { entry, before, now, ratio: now / before, noise };
}
