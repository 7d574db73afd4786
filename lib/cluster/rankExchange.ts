import { expected } from '../errors';
import type { Exchange, ShardSums } from '../train/exchange';
import type { EarlyEnd, Peers } from '../train/peers';
import { blockOf, leavesOf } from './communicator';
import type { Communicator } from './communicator';

/** Wishes to end, which travel behind a step's numbers: how many ranks wish to stop, and whether rank 0 has no time left. */
const wishes = 2;

/** Sums of the shards of all ranks, along the tree whose leaves are the shards: each rank computes an aligned block, see {@link blockOf}. */
export class RankExchange implements Exchange, Peers {
  readonly firstShard: number;
  readonly shardCount: number;
  private ticket = 0;
  private wish: EarlyEnd | undefined;
  private decided: EarlyEnd | undefined;
  /** Numbers of the step that are under way, with the wishes behind them. */
  private numbers: Float64Array = new Float64Array(0);
  private travelling = new Float64Array(wishes);

  /** Throws ERR_CLUSTER for more ranks than shards. */
  constructor(private readonly communicator: Communicator, shards: number, readonly sums: ShardSums = 'exact') {
    const { rank, size } = communicator;
    if (size > shards) throw expected('ERR_CLUSTER', `at most ${String(shards)}, the shards of a batch,`, 'the number of ranks', size, { path: 'shards' });
    const { first, count } = blockOf(rank, size);
    const perLeaf = shards / leavesOf(size);
    this.shardCount = count * perLeaf;
    this.firstShard = first * perLeaf;
  }

  sum(values: Float32Array | Float64Array, from: number, length: number): void {
    if (length > 0) this.ticket = this.communicator.sum(values, from, length, this.sums);
  }

  sumBuffers(values: Float32Array | Float64Array): void {
    this.ticket = this.communicator.sum(values);
  }

  sumNumbers(values: Float64Array): void {
    const { length } = values;
    if (this.travelling.length !== length + wishes) this.travelling = new Float64Array(length + wishes);
    this.numbers = values;
    this.travelling.set(values);
    this.travelling[length] = Number(this.wish === 'stopped');
    this.travelling[length + 1] = Number(this.wish === 'maxSeconds' && this.communicator.rank === 0);
    this.ticket = this.communicator.sum(this.travelling);
  }

  wait(): void {
    this.communicator.wait(this.ticket);
    const { numbers, travelling } = this;
    const { length } = numbers;
    for (let i = 0; i < length; i++) numbers[i] = travelling[i]!;
    this.decided = travelling[length]! > 0 ? 'stopped' : travelling[length + 1]! > 0 ? 'maxSeconds' : undefined;
  }

  agree<T>(make: () => T): T {
    const { communicator } = this;
    return communicator.broadcast(communicator.rank === 0 ? make() : undefined) as T;
  }

  ending(wish: EarlyEnd | undefined): EarlyEnd | undefined {
    this.wish = wish;
    return this.decided;
  }
}
