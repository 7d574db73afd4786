import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import { reseed } from '../model/layer';
import type { Layer } from '../model/layer';
import { RandomState } from '../random';
import { roundToBfloat16 } from './bfloat16';
import type { Exchange } from './exchange';
import { gradientBlocks, viewsOf } from './gradientBlocks';
import type { BlockViews, GradientBlock } from './gradientBlocks';
import type { Objective } from './objective';

/** What is summed over the rows of a step beside the gradient: indices into {@link ShardedPass.numbers}. */
export const numberOf = { loss: 0, weight: 1, rows: 2, rowWeight: 3, correct: 4, squares: 5 } as const;
const numberCount = 6;

/** What computes the rows of a shard, a batch of them at a time. */
export interface BatchPass {
  /** Reads the rows of a batch and computes their losses, with layers in training mode; returns their sum. Objective and scores hold the rest. */
  forward(rows: Int32Array, m: number): number;
  /** After it, gradients ← the gradient of that sum. */
  backward(m: number, ready: (layer: number) => void): void;
  /** After both, adds the batch, one of the first shard or of another, to these numbers, see {@link numberOf}. */
  count(m: number, sum: number, isOfFirst: boolean, numbers: Float64Array): void;
  /** Has augmentation draw from this key on. */
  seedFrom(key: Uint32Array): void;
}

export interface ShardedOptions {
  /** A power of two. */
  readonly shards: number;
  readonly exchange: Exchange;
  /** Shards whose sums come together by it: all, or those of this process. */
  readonly summed: number;
  /** Rows of a shard in a full batch. */
  readonly shardRows: number;
  /** Batches of a shard in a full step. */
  readonly accumulate: number;
  readonly seed: number;
}

/** Sums of a left subtree that wait for those of the right one. */
interface Subtree {
  readonly gradients: BlockViews;
  readonly statistics: FloatArray;
  readonly numbers: Float64Array;
}

/**
 * The gradient of a step as the sum over equal parts of its rows, shards, each of which is computed by itself: with batches, statistics of batch
 * normalisation, dropout and augmentation of its own. Sums run along a fixed tree, see {@link Exchange}, and generators are seeded by
 * (seed, step, shard), so that the bits do not depend on which process computes which shards. Allocates on construction only.
 *
 * Shard s of n rows takes those from ⌊n·s/shards⌋ to ⌊n·(s + 1)/shards⌋: of the last rows of an epoch some shards may have one more than others,
 * or none. Buffers, as running statistics, end as the mean of what each shard that is summed would have made of them.
 */
export class ShardedPass {
  /** Of the last step: sums over all its rows, see {@link numberOf}. */
  readonly numbers = new Float64Array(numberCount);
  private readonly gradients: BlockViews;
  private readonly blocks: readonly GradientBlock[];
  /** By level of the tree, from pairs of shards on. */
  private readonly subtrees: readonly Subtree[];
  /** Of the batches of a shard so far, where it has several. */
  private readonly batchSum: BlockViews;
  /** All buffers of the model, and what they were before the step. */
  private readonly statistics: FloatArray;
  private readonly before: FloatArray;
  private readonly chunk: Int32Array;
  private readonly random = new RandomState(0);
  private readonly draws: boolean;
  /** What the generators are seeded from: the kind of draw, seed, step, shard and batch. */
  private readonly key = new Uint32Array(5);
  private readonly ready: (layer: number) => void;
  /** Of the batch under way: whether the shard ends with it, and began before it; how many subtrees end with the shard, and whether it is the last. */
  private endsShard = false;
  private continuesShard = false;
  private ends = 0;
  private isLast = false;

  constructor(private readonly objective: Objective, private readonly pass: BatchPass, private readonly options: ShardedOptions) {
    const { model, model: { kernels, arena, buffers, layers } } = objective;
    const { shardRows, accumulate, exchange: { shardCount } } = options;
    refuseUnseeded(layers);
    this.draws = layers.some(drawsAtRandom);
    this.blocks = gradientBlocks(model);
    this.gradients = viewsOf(arena.gradients, this.blocks);
    const statistics = buffers.reduce((sum, { value }) => sum + value.length, 0);
    this.statistics = kernels.allocate(statistics);
    this.before = kernels.allocate(statistics);
    this.batchSum = viewsOf(accumulate > 1 ? arena.allocateAlike() : arena.gradients, this.blocks);
    this.subtrees = Array.from({ length: Math.log2(shardCount) }, () => ({
      gradients: viewsOf(arena.allocateAlike(), this.blocks), statistics: kernels.allocate(statistics), numbers: new Float64Array(numberCount),
    }));
    this.chunk = new Int32Array(shardRows);
    this.ready = (layer) => {
      for (let b = 0; b < this.blocks.length; b++) if (this.blocks[b]!.layer === layer) this.endBlock(b);
    };
  }

  /**
   * The gradient of the sum of the losses of rows[0 … n), the rows of all shards, or of the part that comes together, and {@link numbers}. Where one of these is not finite gradients
   * are unspecified, buffers as they were, and where it is a loss of this process the model holds the activations of its batch.
   */
  run(rows: Int32Array, n: number, step: number): void {
    const { exchange, exchange: { firstShard, shardCount }, shards, summed } = this.options;
    this.copyStatistics(this.before, 'from model');
    let isFinite = true;
    for (let i = 0; i < shardCount && isFinite; i++) {
      const shard = firstShard + i;
      this.isLast = i === shardCount - 1;
      // As many subtrees as the number ends in binary ones: those that this shard is the last of.
      this.ends = 31 - Math.clz32(~i & (i + 1));
      isFinite = this.runShard(rows, Math.floor((n * shard) / shards), Math.floor((n * (shard + 1)) / shards), step, shard);
      if (isFinite) this.endShard();
    }
    // The others wait for these sums, whatever they are.
    if (!isFinite) for (const { from, length } of this.blocks) exchange.sum(this.gradients.all, from, length);
    if (this.statistics.length > 0) exchange.sumBuffers(this.statistics);
    exchange.sumNumbers(this.numbers);
    exchange.wait();
    if (Number.isFinite(this.numbers[numberOf.loss]!)) this.endStatistics(1 / summed);
    else this.copyStatistics(this.before, 'to model');
    // So that the state of the generators does not tell which shard was the last.
    this.seed(step + 1, 0, 0);
  }

  /** The blocks of the gradient, and {@link numbers}, of rows[from … to); false where a loss is not finite. */
  private runShard(rows: Int32Array, from: number, to: number, step: number, shard: number): boolean {
    const { pass, numbers, chunk, options: { shardRows } } = this;
    numbers.fill(0);
    this.copyStatistics(this.before, 'to model');
    for (let at = from, batch = 0; at < to; at += shardRows, batch++) {
      const m = Math.min(shardRows, to - at);
      for (let i = 0; i < m; i++) chunk[i] = rows[at + i]!;
      this.seed(step, shard, batch);
      const sum = pass.forward(chunk, m);
      if (!Number.isFinite(sum)) {
        numbers[numberOf.loss] = sum;
        return false;
      }
      this.endsShard = at + m === to;
      this.continuesShard = batch > 0;
      pass.backward(m, this.ready);
      pass.count(m, sum, shard === 0, numbers);
    }
    if (from === to) {
      this.endsShard = true;
      this.continuesShard = false;
      for (let b = 0; b < this.blocks.length; b++) {
        this.gradients.views[b]!.fill(0);
        this.endBlock(b);
      }
    }
    return true;
  }

  /** Adds to a block of the gradient what it is summed with, and passes the sum on. */
  private endBlock(b: number): void {
    const { blocks, batchSum, subtrees, gradients, isLast, ends, objective: { model: { kernels } }, options: { exchange } } = this;
    const gradient = gradients.views[b]!;
    const { length } = gradient;
    if (this.continuesShard) kernels.axpy(length, 1, batchSum.views[b]!, gradient);
    if (!this.endsShard) {
      batchSum.views[b]!.set(gradient);
      return;
    }
    for (let level = 0; level < ends; level++) {
      const left = subtrees[level]!.gradients.views[b]!;
      if (exchange.sums === 'bfloat16') {
        roundToBfloat16(left as Float32Array);
        roundToBfloat16(gradient as Float32Array);
      }
      kernels.axpy(length, 1, left, gradient);
    }
    if (isLast) exchange.sum(gradients.all, blocks[b]!.from, length);
    else subtrees[ends]!.gradients.views[b]!.set(gradient);
  }

  /** The same for buffers and numbers. */
  private endShard(): void {
    const { subtrees, statistics, numbers, isLast, ends, objective: { model: { kernels } } } = this;
    this.copyStatistics(statistics, 'from model');
    for (let level = 0; level < ends; level++) {
      const left = subtrees[level]!;
      kernels.axpy(statistics.length, 1, left.statistics, statistics);
      for (let i = 0; i < numberCount; i++) numbers[i]! += left.numbers[i]!;
    }
    if (isLast) return;
    subtrees[ends]!.statistics.set(statistics);
    subtrees[ends]!.numbers.set(numbers);
  }

  private endStatistics(share: number): void {
    const { statistics, objective: { model: { kernels } } } = this;
    kernels.scal(statistics.length, share, statistics);
    this.copyStatistics(statistics, 'to model');
  }

  private copyStatistics(statistics: FloatArray, direction: 'from model' | 'to model'): void {
    const { buffers } = this.objective.model;
    for (let b = 0, at = 0; b < buffers.length; b++) {
      const { value } = buffers[b]!;
      if (direction === 'from model') statistics.set(value, at);
      else for (let i = 0; i < value.length; i++) value[i] = statistics[at + i]!;
      at += value.length;
    }
  }

  private seed(step: number, shard: number, batch: number): void {
    const { key, options } = this;
    key[1] = options.seed;
    key[2] = step;
    key[3] = shard;
    key[4] = batch;
    // As the seeds of the generators without shards: seed + 2 and seed + 3.
    key[0] = 2;
    this.pass.seedFrom(key);
    if (!this.draws) return;
    key[0] = 3;
    this.random.seedFrom(key);
    reseed(this.objective.model.layers, this.random);
  }
}

function drawsAtRandom(layer: Layer): boolean {
  return layer.reseed !== undefined || (layer.body ?? []).some(drawsAtRandom);
}

/** Throws ERR_CONFIG for a layer whose draws nothing but its own state decides. */
function refuseUnseeded(layers: readonly Layer[]): void {
  for (const layer of layers) {
    if (layer.body !== undefined) refuseUnseeded(layer.body);
    else if (layer.getRandomState !== undefined && layer.reseed === undefined) {
      throw expected('ERR_CONFIG', 'layers that take the state of their generators from another (reseed)', 'shards', layer.kind, { path: 'shards' });
    }
  }
}
