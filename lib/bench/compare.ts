import { expected } from '../errors';
import { readJson, sizeLimits } from '../files';
import { flag, listOf, numberOrNaN, nullOr, number, objectOf, oneOf, optional, shapeOf, text } from '../files/shape';
import { benchmarks, entryId } from './report';
import type { BenchEntry, BenchReport } from './report';
import { noiseOf } from './timing';

/** The change of one entry between two reports. */
export interface Change {
  readonly entry: BenchEntry;
  readonly before: number;
  readonly now: number;
  /** now / before. */
  readonly ratio: number;
  /** A ratio above 1 + noise or below 1 / (1 + noise) is significant. */
  readonly noise: number;
}

/** The result of comparing two reports. */
export interface Comparison {
  /** Whether both were measured on a quiet machine. */
  readonly conclusive: boolean;
  readonly slower: readonly Change[];
  readonly faster: readonly Change[];
  readonly same: number;
}

/** Two runs on the same quiet machine differ by this much even if the samples of each agree. */
const minNoise = 0.05;
/** Half the interquartile range times this contains nearly all samples of a normal distribution. */
const quartilesToLimits = 4;

const positive = shapeOf<number>('a positive number', (value) => Number.isFinite(value) && (value as number) > 0);

/** The fields of a report that a comparison reads. */
const reportShape = objectOf<Pick<BenchReport, 'type' | 'version' | 'benchmark' | 'machine' | 'load' | 'entries'>>({
  type: oneOf('bench'),
  version: oneOf(1),
  benchmark: oneOf(...benchmarks),
  machine: objectOf<BenchReport['machine']>({
    cpu: text, cores: number, platform: text, node: text, threads: number, openblas: nullOr(text), openblasCore: nullOr(text),
  }),
  load: objectOf<BenchReport['load']>({ before: number, after: number, others: number, steadiness: optional(number), quiet: flag }),
  entries: listOf(objectOf<BenchEntry>({
    subject: text,
    case: text,
    who: text,
    time: objectOf<BenchEntry['time']>({ median: positive, low: numberOrNaN, high: numberOrNaN, best: numberOrNaN, samples: number }),
    flops: number,
    bytes: number,
    share: nullOr(number),
    memoryShare: optional(number),
  })),
});

/** Reads a report written by --out or --json. Throws ERR_IO, or ERR_CONFIG for a file that is no report. */
export function readBenchReport(file: string): BenchReport {
  return readJson(file, reportShape, { code: 'ERR_CONFIG', limit: sizeLimits.report, follow: true }) as BenchReport;
}

/**
 * Compares the entries that both reports have. Throws ERR_CONFIG if they are of different benchmarks, machines or thread counts, as their
 * difference would mean nothing, or if they have no entry in common.
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
