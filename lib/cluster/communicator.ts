import { deserialize, serialize } from 'node:v8';
import { expected } from '../errors';
import type { MpiAddon, MpiStats } from './addon';

/** The leaves of the tree of sums: as many as ranks, rounded up to a power of two. */
export function leavesOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

/** A rank's leaves [first, first + count): two for the first ranks, as far as there are more leaves than ranks, and one for the others. As native/mpi/collectives.h. */
export function blockOf(rank: number, size: number): { readonly first: number; readonly count: 1 | 2 } {
  const pairs = leavesOf(size) - size;
  return rank < pairs ? { first: 2 * rank, count: 2 } : { first: rank + pairs, count: 1 };
}

/** Numbers that ranks add up; kept by whoever asks until the ticket was waited for. */
type Numbers = Float32Array | Float64Array;

/**
 * The ranks of a cluster, seen by one of them. All ranks must call the same methods in the same order. Calls block the thread; sums can be started
 * and waited for later. Every method throws ERR_CLUSTER where a rank does not answer or has ended, with its number and host.
 */
export class Communicator {
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** The name of each rank's host. */
  readonly hosts: readonly string[];

  private hasLeft = false;

  /** @param addon whose MPI thread has been started, and its file. Waits until MPI is initialised. */
  constructor(private readonly addon: MpiAddon, readonly file: string) {
    const { rank, size, hosts } = addon.world();
    this.rank = rank;
    this.size = size;
    this.hosts = hosts;
  }

  /** 'rank 3 on host n07'. */
  nameOf(rank: number): string {
    return `rank ${String(rank)} on host ${this.hosts[rank]!}`;
  }

  /**
   * Starts numbers[from … from + count) ← their sum over the ranks: along a binary tree, of which each rank is a subtree, see {@link blockOf}, so that it
   * has the same bits on all, and those of one process that adds up in that order. The numbers must not be touched before {@link wait}.
   * @param wire with bfloat16, for float32, each node of the tree is the sum of its children rounded to bfloat16, and the root is rounded.
   */
  sum(numbers: Numbers, from = 0, count = numbers.length - from, wire: 'exact' | 'bfloat16' = 'exact'): number {
    return this.addon.sum(numbers, from, count, wire === 'bfloat16');
  }

  /** Waits until the collective of a ticket, and so all before it, are done. */
  wait(ticket: number): void {
    this.addon.wait(ticket);
  }

  /** Rank 0's value, on all ranks: plain data, in which numbers may be NaN. */
  broadcast<T>(value: T): T {
    const bytes = this.broadcastBytes(this.rank === 0 ? serialize(value) : new Uint8Array(0));
    return this.rank === 0 ? value : deserialize(bytes) as T;
  }

  /** Rank 0's bytes, on all ranks; what others give is left aside. */
  broadcastBytes(bytes: Uint8Array): Uint8Array {
    const length = new Float64Array([this.rank === 0 ? bytes.length : 0]);
    this.addon.wait(this.addon.sum(length, 0, 1, false));
    const all = this.rank === 0 ? bytes : new Uint8Array(length[0]!);
    this.addon.wait(this.addon.broadcast(all, true));
    return all;
  }

  /** The values of all ranks, on all: plain data, in which numbers may be NaN. */
  gather<T>(value: T): T[] {
    const own = serialize(value);
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = own.length;
    this.addon.wait(this.addon.sum(lengths, 0, this.size, false));
    const longest = Math.max(...lengths);
    const all = new Uint8Array(this.size * longest);
    all.set(own, this.rank * longest);
    this.addon.wait(this.addon.gather(all, true));
    return Array.from(lengths, (length, rank) => deserialize(all.subarray(rank * longest, rank * longest + length)) as T);
  }

  /** Waits until all ranks have come here, however long those take that are alive. */
  barrier(): void {
    const places = new Uint8Array(this.size);
    this.addon.wait(this.addon.gather(places, true));
  }

  /** What its MPI thread has done so far. */
  get stats(): MpiStats {
    return this.addon.stats();
  }

  /** Waits until all ranks have come to their end, and leaves them. */
  close(): void {
    this.addon.finalize();
    this.hasLeft = true;
  }

  /** Whether this object has not left them. */
  get isOpen(): boolean {
    return !this.hasLeft;
  }

  /** Ends all ranks with a status other than 0. Does not return. */
  abort(status: number): never {
    if (status === 0) throw expected('ERR_CONFIG', 'a status other than 0', 'the end of a cluster', status);
    return this.addon.abort(status);
  }
}
