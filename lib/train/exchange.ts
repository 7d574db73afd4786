import type { FloatArray } from '../kernels/contract';
import { roundToBfloat16 } from './bfloat16';

/**
 * How gradients are summed: exact, in their own format; or with bfloat16, for float32, so that half as many bytes travel: a node of the tree is then
 * the float32 sum of its children rounded to bfloat16, and the root is rounded.
 */
export const shardSums = ['exact', 'bfloat16'] as const;
export type ShardSums = (typeof shardSums)[number];

/**
 * The shards of a step's rows that this process computes, and how their sums meet those of other processes. Sums run along a binary tree over all
 * shards, whatever process holds them: shards 2i and 2i + 1 first, then these pairs two by two, and so on. A process holds a subtree, which it
 * sums by itself; an exchange adds up the subtrees, along the rest of the same tree, so that any number of processes gives the same bits.
 */
export interface Exchange {
  /** This process computes the shards [firstShard, firstShard + shardCount): a power of two of them, of which firstShard is a multiple. */
  readonly firstShard: number;
  readonly shardCount: number;
  /** How gradients are summed; a process does so in its own subtree too. */
  readonly sums: ShardSums;
  /**
   * Begins to sum gradients values[from … from + length) over all processes, in place; nobody else may read or write them until {@link wait} returns. All
   * processes call it equally often, in the same order and for the same lengths; a step calls it as its backward pass fills the gradients, from
   * the last layer to the first.
   */
  sum(values: FloatArray, from: number, length: number): void;
  /** The same of buffers and other state, always exactly. */
  sumBuffers(values: FloatArray): void;
  /** The same of a few numbers. */
  sumNumbers(values: Float64Array): void;
  /** Returns once all sums that were begun are there. */
  wait(): void;
}

/** That of a process which computes all shards. */
export function ownExchange(shards: number, sums: ShardSums = 'exact'): Exchange {
  const nothing = (): void => undefined;
  const round = (values: FloatArray, from: number, length: number): void => { roundToBfloat16(values as Float32Array, from, length); };
  return { firstShard: 0, shardCount: shards, sums, sum: sums === 'bfloat16' ? round : nothing, sumBuffers: nothing, sumNumbers: nothing, wait: nothing };
}
