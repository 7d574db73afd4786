import { expected } from '../errors';
import { physicalCores, usableThreads } from '../machine';
import { version } from '../version';
import type { Communicator } from './communicator';

/** What a rank says of itself before the first step. */
export interface Introduction {
  readonly version: string;
  readonly dataDigest: string;
  /** What its last bits depend on, such as the CPU that OpenBLAS chose its kernels for. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Cores that it may run on, its CPU quota, and what it could use alone. */
  readonly cores: readonly number[] | undefined;
  readonly quota: number | undefined;
  readonly threads: number;
}

/** What the ranks' introductions come to for this one. */
export interface Acquaintance {
  /** Threads for this rank's kernels. */
  readonly threads: number;
  /** How other ranks' conditions differ from those of rank 0, in which case bits may differ from those of one machine; undefined where they do not. */
  readonly difference: string | undefined;
}

/**
 * All ranks introduce themselves. Throws ERR_CLUSTER on all of them, naming the rank, for other versions of blastrain, ERR_DATA for other data
 * than rank 0 has.
 */
export function introduce(communicator: Communicator, dataDigest: string, conditions: Introduction['conditions']): Acquaintance {
  const { threads, quota } = usableThreads();
  const all = communicator.gather<Introduction>({ version, dataDigest, conditions, cores: physicalCores(), quota: quota?.cpus, threads });
  const first = all[0]!;
  all.forEach((other, rank) => {
    const of = (what: string): string => `${what} of ${communicator.nameOf(rank)}`;
    if (other.version !== first.version) throw expected('ERR_CLUSTER', `blastrain ${first.version}, as rank 0 has,`, of('the version'), other.version, { rank });
    if (other.dataDigest !== first.dataDigest) throw expected('ERR_DATA', `the data of rank 0, digest ${first.dataDigest.slice(0, 12)},`, of('the data'), other.dataDigest.slice(0, 12), { rank });
  });
  return { threads: threadsOf(communicator.rank, all, communicator.hosts), difference: differenceOf(all, communicator) };
}

/**
 * A rank's share of its host: each core that it may run on counts by the number of the host's ranks that may run there too, and a quota is shared by
 * all that see it. At least 1.
 */
export function threadsOf(rank: number, all: readonly Pick<Introduction, 'cores' | 'quota' | 'threads'>[], hosts: readonly string[]): number {
  const { cores, quota, threads } = all[rank]!;
  const neighbours = all.filter((_, other) => hosts[other] === hosts[rank]);
  const share = cores === undefined ? threads / neighbours.length
    : cores.reduce((sum, core) => sum + 1 / neighbours.filter((other) => other.cores?.includes(core) ?? true).length, 0);
  // A third of 3 cores is 1, although thirds do not add up exactly.
  return Math.max(1, Math.floor(Math.min(share + 1e-6, Math.ceil((quota ?? Infinity) / neighbours.length))));
}

function differenceOf(all: readonly Introduction[], communicator: Communicator): string | undefined {
  const first = all[0]!.conditions;
  const differing = all.flatMap(({ conditions }, rank) => {
    const what = Object.keys({ ...first, ...conditions }).filter((name) => conditions[name] !== first[name]);
    return what.length === 0 ? [] : [{ rank, what, conditions }];
  });
  const [one] = differing;
  if (one === undefined) return undefined;
  const { rank, what, conditions } = one;
  const others = differing.length === 1 ? '' : `, and so do ${String(differing.length - 1)} others`;
  return `${communicator.nameOf(rank)} differs from rank 0 in ${what.map((name) => `${name} (${conditions[name] ?? 'none'}, not ${first[name] ?? 'none'})`).join(', ')}${others}: ` +
    'the last bits may differ from those of one machine';
}
