import { checkInteger, checkObject, checkOptions } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { Batches } from '../data/batches';
import type { Augmenter } from '../data/augment';
import type { Dataset, StoredDataset } from '../data/dataset';
import { InputReader } from '../data/inputs';
import { checkNormalization, inputSizeOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { TargetReader } from '../data/targets';
import type { TargetScale } from '../data/targetScale';
import { multiplyGradient } from '../model/arena';
import type { WeightAverage } from '../optim/average';
import { clipNorm } from '../optim/clip';
import type { Optimizer } from '../optim/optimizer';
import type { Schedule } from '../optim/schedules';
import { BatchScores } from './batchScores';
import { ownExchange } from './exchange';
import type { Exchange, ShardSums } from './exchange';
import { LocalSteps } from './localSteps';
import type { Objective } from './objective';
import { numberOf, ShardedPass } from './shardedPass';

export interface StepOptions {
  /**
   * Batches per update, whose gradients add up to that of one large batch; an epoch's last update takes the remaining ones.
   * Default 1.
   */
  readonly accumulate?: number;
  /** Maximum norm of the loss's gradient, without the penalty's; null for no clipping. */
  readonly clipNorm?: number | null;
  /** Averages the parameters after each update; null for none. */
  readonly average?: WeightAverage | null;
  /** Augments the rows; none without it. */
  readonly augmenter?: Augmenter;
  /** Scales numeric targets; null for none. */
  readonly targetScale?: TargetScale | null;
  /** Factors on the rates of dropout and on decoupled weight decay, by the number of updates already done; null for 1. */
  readonly dropoutFactor?: Schedule | null;
  readonly weightDecayFactor?: Schedule | null;
  /**
   * Computes the rows of a step in so many equal parts, a power of two that divides the batch size, each with batches and statistics of batch normalisation of
   * its own; their sums do not depend on where they are computed, see {@link Exchange}. The model's maxBatch need not be more than a part of a
   * batch. Null for none, as by default.
   */
  readonly shards?: number | null;
  /** Which of the shards this process computes, and where it meets the others; by default it computes all. */
  readonly exchange?: Exchange;
  /** With shards, how their gradients are summed; 'exact' by default. That of an exchange comes first. */
  readonly shardSums?: ShardSums;
  /**
   * With an exchange, updates by the shards of this process alone, after so many of which the processes go on from the mean of what they hold, see {@link LocalSteps};
   * each then has equally many shards. Scores of a step are those of its own rows. Null for none, as by default.
   */
  readonly localSteps?: number | null;
  /** With shards, what augmentation and dropout are drawn from, in [0, 2³²). Default 0. */
  readonly seed?: number;
}

/** One training step: draw a batch, forward, loss, backward, update. Allocates nothing after construction. */
export class TrainingStep {
  private readonly inputs: InputReader;
  private readonly targets: TargetReader;
  private readonly scores: BatchScores;
  /** Sum of the gradients of the batches so far, with accumulation. */
  private readonly gradientSum: FloatArray;
  private readonly accumulate: number;
  /** Whether weight gradients are computed within the update, as neither clipping nor accumulation needs them before it. */
  private readonly defersProducts: boolean;
  /** The rows of a step, with shards; what computes them. */
  private readonly stepRows: Int32Array;
  private readonly sharded: ShardedPass | null;
  private readonly local: LocalSteps | null;
  /** J̃ on the rows of the step, before the update; NaN where all have weight 0. */
  loss = Number.NaN;
  /** Weight of the loss in a mean over steps, see {@link Objective.weight}. */
  weight = 0;
  /** Rows of the step, their weight, the weight of those classified correctly before the update, and squared errors: see {@link BatchScores}. */
  rows = 0;
  rowWeight = 0;
  correct = 0;
  squares = 0;
  /** Called with the size m of each batch, with shards of each one of the first, while the model holds its activations and gradients; null for none. */
  observer: ((m: number) => void) | null = null;
  /** Whether the loss of the step is finite. */
  private isFinite = true;

  /**
   * A step of a loop of one's own: `run(learningRate)` as often as is wanted. The model must take the inputs that `normalization` makes of the rows, and as many rows as a batch has.
   * Throws ERR_CONFIG for arguments of another kind, ERR_SHAPE for sizes that do not fit together.
   */
  constructor(
    private readonly objective: Objective,
    private readonly optimizer: Optimizer,
    private readonly batches: Batches,
    private readonly data: Dataset | StoredDataset,
    normalization: Normalization,
    private readonly options: StepOptions = {},
  ) {
    checkObject(objective, 'objective', 'an Objective', ['model', 'lossAndGradient']);
    checkObject(optimizer, 'optimizer', 'an optimiser, such as Sgd,', ['step', 'takesProducts']);
    checkObject(batches, 'batches', 'Batches', ['next', 'batchesPerEpoch', 'batchSize']);
    checkObject(data, 'data', 'a data set', ['labels', 'size', 'featureSize', 'classNames']);
    checkNormalization(normalization);
    checkOptions(options);
    if (options.accumulate !== undefined) checkInteger(options.accumulate, 'accumulate', 1);
    const { model } = objective;
    const { kernels, maxBatch, arena } = model;
    const { shards = null, localSteps = null, exchange, average = null } = options;
    if (shards !== null) checkShards(shards, batches.batchSize, exchange);
    const rowsAtOnce = batches.batchSize / (shards ?? 1);
    if (rowsAtOnce > maxBatch) throw expected('ERR_SHAPE', `at most ${String(maxBatch)} rows, the model's maxBatch,`, 'batchSize', batches.batchSize, { path: 'batchSize' });
    if (inputSizeOf(normalization) !== model.inputSize) throw expected('ERR_SHAPE', `${String(model.inputSize)} inputs, as the model has,`, 'normalization', inputSizeOf(normalization), { path: 'normalization' });
    this.accumulate = options.accumulate ?? 1;
    this.defersProducts = optimizer.takesProducts && this.accumulate === 1 && shards === null && typeof options.clipNorm !== 'number';
    const { augmenter } = options;
    this.inputs = new InputReader(kernels, {
      data, normalization, maxBatch, order: 'sharded', changes: augmenter,
      mayBeBytes: 'scale' in normalization && model.readBytes(normalization),
    });
    this.targets = new TargetReader(kernels, data, maxBatch, augmenter, options.targetScale);
    this.scores = new BatchScores(objective, options.targetScale);
    this.gradientSum = kernels.allocate(this.accumulate > 1 && shards === null ? arena.gradients.length : 0);
    this.stepRows = new Int32Array(shards === null ? 0 : this.accumulate * batches.batchSize);
    if (localSteps !== null) checkInteger(localSteps, 'localSteps', 1);
    this.local = localSteps === null || shards === null || exchange === undefined ? null : new LocalSteps(localSteps, exchange, shards, model, optimizer, average);
    this.sharded = shards === null ? null : this.inShards(shards, rowsAtOnce);
  }

  /** One update. Returns false, without an update, for a non-finite loss. Where all rows have weight 0, the gradient is 0. */
  run(learningRate: number): boolean {
    const { objective, optimizer, options } = this;
    const { model } = objective;
    const { kernels, arena } = model;
    if (options.dropoutFactor) model.setDropoutFactor(options.dropoutFactor(optimizer.steps));
    this.rows = 0;
    this.rowWeight = 0;
    this.correct = 0;
    this.squares = 0;
    if (this.sharded !== null) this.runShards(this.sharded);
    else if (this.accumulate === 1) this.runBatch();
    else this.accumulateBatches();
    if (!this.isFinite) {
      arena.deferProducts(false);
      return false;
    }
    if (typeof options.clipNorm === 'number') {
      arena.clearFrozen();
      clipNorm(kernels, arena.gradients, options.clipNorm);
    }
    optimizer.step(learningRate, options.weightDecayFactor ? options.weightDecayFactor(optimizer.steps) : 1);
    arena.deferProducts(false);
    options.average?.update(optimizer.steps);
    this.local?.after(optimizer.steps);
    return true;
  }

  private runBatch(): void {
    const { objective, inputs: { x }, targets: { weights } } = this;
    const rows = this.batches.next();
    const m = rows.length;
    const targets = this.read(m, rows);
    // As objective.lossAndGradient; inlined, as V8 then allocates fewer boxed doubles.
    const sum = objective.sum(m, x, targets, 'train', weights);
    const { weight } = objective;
    this.setLoss(sum, weight);
    objective.model.arena.deferProducts(this.defersProducts);
    objective.backward(m, x, targets, weight > 0 ? 1 / weight : 0, weights);
    this.count(m, sum);
  }

  /** Computes the gradients of the last update that were deferred, so that the arena's gradients are complete. */
  completeGradients(): void {
    if (!this.defersProducts) return;
    const { kernels, arena } = this.objective.model;
    for (const parameter of arena.parameters) if (!parameter.isFrozen) multiplyGradient(kernels, parameter);
  }

  /** As {@link runBatch} on the rows of several batches as one: sums are divided by the weight of all. */
  private accumulateBatches(): void {
    const { objective, inputs: { x }, targets: { weights }, gradientSum } = this;
    const { kernels, arena: { gradients } } = objective.model;
    let sum = 0;
    let weight = 0;
    for (let batch = 1; batch <= this.accumulate; batch++) {
      const rows = this.batches.next();
      const m = rows.length;
      const targets = this.read(m, rows);
      const batchSum = objective.sum(m, x, targets, 'train', weights);
      sum += batchSum;
      weight += objective.weight;
      // Stop here, so that the activations are those of the batch at fault, where the layer can be found.
      if (!Number.isFinite(sum)) break;
      objective.backward(m, x, targets, 1, weights);
      this.count(m, batchSum);
      if (batch > 1) kernels.axpy(gradients.length, 1, gradientSum, gradients);
      if (this.batches.position >= this.data.size) break;
      if (batch < this.accumulate) gradientSum.set(gradients);
    }
    kernels.scal(gradients.length, weight > 0 ? 1 / weight : 0, gradients);
    this.setLoss(sum, weight);
  }

  private inShards(shards: number, shardRows: number): ShardedPass {
    const { objective, options, accumulate, inputs: { x }, targets: { weights } } = this;
    const { shardSums = 'exact', seed = 0, augmenter } = options;
    const exchange = this.local?.ofStep ?? options.exchange ?? ownExchange(shards, shardSums);
    const summed = this.local === null ? shards : exchange.shardCount;
    let read: Int32Array | FloatArray;
    return new ShardedPass(objective, {
      forward: (rows, m) => {
        read = this.read(m, rows);
        return objective.sum(m, x, read, 'train', weights);
      },
      backward: (m, ready) => { objective.backward(m, x, read, 1, weights, ready); },
      count: (m, sum, isOfFirst, numbers) => {
        const { scores } = this;
        if (isOfFirst) this.observer?.(m);
        scores.measure(m, this.targets, sum);
        numbers[numberOf.loss]! += sum;
        numbers[numberOf.weight]! += objective.weight;
        numbers[numberOf.rows]! += m;
        numbers[numberOf.rowWeight]! += scores.rowWeight;
        numbers[numberOf.correct]! += scores.correct;
        numbers[numberOf.squares]! += scores.squares;
      },
      seedFrom: (key) => { augmenter?.seedFrom(key); },
    }, { shards, exchange, summed, shardRows, accumulate, seed });
  }

  /** As {@link accumulateBatches}, in shards. */
  private runShards(pass: ShardedPass): void {
    const { objective: { model: { kernels, arena: { gradients } } }, batches, stepRows, optimizer } = this;
    let n = 0;
    for (let batch = 0; batch < this.accumulate; batch++) {
      const rows = batches.next();
      stepRows.set(rows, n);
      n += rows.length;
      if (batches.position >= this.data.size) break;
    }
    pass.run(stepRows, n, optimizer.steps);
    const { numbers } = pass;
    const weight = numbers[numberOf.weight]!;
    this.rows = numbers[numberOf.rows]!;
    this.rowWeight = numbers[numberOf.rowWeight]!;
    this.correct = numbers[numberOf.correct]!;
    this.squares = numbers[numberOf.squares]!;
    this.setLoss(numbers[numberOf.loss]!, weight);
    if (this.isFinite) kernels.scal(gradients.length, weight > 0 ? 1 / weight : 0, gradients);
  }

  private setLoss(sum: number, weight: number): void {
    this.weight = weight;
    this.loss = sum / weight + this.objective.penalty();
    this.isFinite = Number.isFinite(weight > 0 ? this.loss : sum);
  }

  /** Reads the inputs of a batch; returns its targets. */
  private read(m: number, rows: Int32Array): Int32Array | FloatArray {
    this.inputs.read(m, rows);
    return this.targets.read(m, rows);
  }

  private count(m: number, sum: number): void {
    const { scores } = this;
    this.rows += m;
    this.observer?.(m);
    scores.measure(m, this.targets, sum);
    this.rowWeight += scores.rowWeight;
    this.correct += scores.correct;
    this.squares += scores.squares;
  }
}

/** Throws ERR_CONFIG for shards that a batch is not divided into, or that are not those of an exchange. */
function checkShards(shards: number, batchSize: number, exchange: Exchange | undefined): void {
  checkInteger(shards, 'shards', 1);
  if (!Number.isInteger(Math.log2(shards))) throw expected('ERR_CONFIG', 'a power of two', 'shards', shards, { path: 'shards' });
  if (batchSize % shards !== 0) throw expected('ERR_CONFIG', `a multiple of the ${String(shards)} shards`, 'batchSize', batchSize, { path: 'batchSize' });
  if (exchange === undefined) return;
  checkObject(exchange, 'exchange', 'an Exchange', ['firstShard', 'shardCount', 'sum', 'sumBuffers', 'sumNumbers', 'wait']);
  const { firstShard, shardCount } = exchange;
  if (!(Number.isInteger(Math.log2(shardCount)) && firstShard % shardCount === 0 && firstShard >= 0 && firstShard + shardCount <= shards)) {
    throw expected('ERR_CONFIG', `an aligned block of the ${String(shards)} shards`, 'exchange', [firstShard, shardCount], { path: 'exchange' });
  }
}
