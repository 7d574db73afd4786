import type { FloatArray, Kernels } from '../kernels/contract';
import type { Sequential } from '../model/sequential';
import type { WeightAverage } from '../optim/average';
import type { Optimizer } from '../optim/optimizer';
import { ownExchange } from './exchange';
import type { Exchange } from './exchange';

/**
 * Local SGD (Stich 2019): each process updates by the gradient of its own rows, and after every few updates all go on from the mean of what they hold. The mean is
 * of parameters, of the optimiser's state (Yu, Jin and Yang 2019, algorithm 1, for momentum), of running statistics and of averaged weights,
 * so that all hold the same then, and a checkpoint needs no more than that of one.
 */
export class LocalSteps {
  /** That of a step, which meets no other process. */
  readonly ofStep: Exchange;
  private readonly kernels: Kernels;
  private readonly arrays: readonly FloatArray[];
  private readonly share: number;
  /** Nothing, behind which an exchange may send what is its own. */
  private readonly numbers = new Float64Array(0);

  /** @param every updates between two means. @param exchange of processes that compute equally many of the shards */
  constructor(private readonly every: number, private readonly exchange: Exchange, shards: number, model: Sequential, optimizer: Optimizer, average: WeightAverage | null) {
    const { firstShard, shardCount } = exchange;
    this.ofStep = { ...ownExchange(shardCount), firstShard };
    this.share = shardCount / shards;
    this.kernels = model.kernels;
    this.arrays = [model.arena.values, ...model.buffers.map(({ value }) => value), ...Object.values(optimizer.state), ...average?.state ?? []].filter(({ length }) => length > 0);
  }

  /** To be called after update number `step`, from 1. */
  after(step: number): void {
    if (step % this.every !== 0) return;
    const { exchange, arrays, kernels } = this;
    for (const values of arrays) exchange.sumBuffers(values);
    exchange.sumNumbers(this.numbers);
    exchange.wait();
    for (const values of arrays) kernels.scal(values.length, this.share, values);
  }
}
