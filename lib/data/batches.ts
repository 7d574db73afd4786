import { checkInteger, checkObject, checkRandom } from '../arguments';
import { expected } from '../errors';
import { RandomState } from '../random';
import type { RandomSnapshot } from '../random';
import type { Rows } from './dataset';

/** How batches are drawn: from a new permutation in each epoch, or every row at random with replacement. */
export type Sampling = 'shuffle' | 'replacement';

/** Fills order[n] with a permutation of 0 … n − 1, the row order of one epoch. */
export type EpochOrder = (order: Int32Array, random: RandomState) => void;

const uniformOrder: EpochOrder = (order, random) => {
  random.fillPermutation(order);
};

/** State of {@link Batches} as plain data, for checkpoints. */
export interface BatchesState {
  readonly epoch: number;
  /** Rows of this epoch drawn so far. */
  readonly position: number;
  readonly random: RandomSnapshot;
  /** The generator before it drew this epoch's permutation, which is drawn again from it. */
  readonly epochStart: RandomSnapshot;
}

/**
 * Draws the row indices of minibatches, without allocating. With 'shuffle' each row is drawn once per epoch, and the last
 * batch of an epoch is shorter when batchSize does not divide the size. With 'replacement' all batches are full, drawn like
 * `np.random.choice(data.size, batchSize)`, and ⌈size / batchSize⌉ of them count as an epoch.
 */
export class Batches {
  readonly batchesPerEpoch: number;
  readonly #size: number;
  readonly #order: Int32Array;
  readonly #full: Int32Array;
  readonly #last: Int32Array;
  #epoch = 0;
  #position = 0;
  /** The generator before it drew this epoch's permutation. */
  readonly #epochStart = new RandomState(0);

  /**
   * Takes over the generator: nobody else may draw from it. `fillOrder` is used with 'shuffle', by default a uniform permutation.
   * Throws ERR_CONFIG for arguments of another kind, ERR_SHAPE for an empty data set and for a batchSize outside [1, size].
   */
  constructor(
    data: Pick<Rows, 'size'>,
    readonly batchSize: number,
    private readonly random: RandomState,
    readonly sampling: Sampling = 'shuffle',
    private readonly fillOrder: EpochOrder = uniformOrder,
  ) {
    checkObject(data, 'data', 'a data set', ['size']);
    checkInteger(data.size, 'data.size', 0);
    checkRandom(random);
    if (!['shuffle', 'replacement'].includes(sampling)) throw expected('ERR_CONFIG', 'shuffle or replacement', 'sampling', sampling, { path: 'sampling' });
    if (typeof (fillOrder as unknown) !== 'function') throw expected('ERR_CONFIG', 'a function', 'fillOrder', fillOrder, { path: 'fillOrder' });
    if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= data.size)) {
      throw expected('ERR_SHAPE', `an integer in [1, ${String(data.size)}], the rows,`, 'batchSize', batchSize, { path: 'batchSize' });
    }
    this.#size = data.size;
    this.batchesPerEpoch = Math.ceil(data.size / batchSize);
    this.#full = new Int32Array(batchSize);
    const rest = data.size % batchSize;
    this.#last = sampling === 'shuffle' && rest > 0 ? new Int32Array(rest) : this.#full;
    this.#order = new Int32Array(sampling === 'shuffle' ? data.size : 0);
    this.#epochStart.copyFrom(random);
    fillOrder(this.#order, random);
  }

  /** Epochs finished so far. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Rows of the current epoch drawn so far. */
  get position(): number {
    return this.#position;
  }

  /** The rows of the next batch, [m] with m ≤ batchSize. Overwritten by the next call. */
  next(): Int32Array {
    if (this.#position >= this.#size) this.#beginEpoch();
    const left = this.#size - this.#position;
    const batch = left < this.batchSize ? this.#last : this.#full;
    if (this.sampling === 'replacement') {
      this.random.fillRandint(batch, 0, this.#size);
    } else {
      for (let i = 0; i < batch.length; i++) batch[i] = this.#order[this.#position + i]!;
    }
    this.#position += batch.length;
    return batch;
  }

  /** Everything needed to draw the same batches from here on. */
  getState(): BatchesState {
    return {
      epoch: this.#epoch,
      position: this.#position,
      random: this.random.getState(),
      epochStart: this.#epochStart.getState(),
    };
  }

  /**
   * Restores a state of an object with the same data size, batch size and sampling. Throws ERR_CHECKPOINT, and changes nothing,
   * for a state that does not fit.
   */
  setState(state: BatchesState): void {
    const { epoch, position, random, epochStart } = Object(state) as BatchesState; // Object(null) is {}
    const fits =
      Number.isInteger(epoch) && epoch >= 0 && Number.isInteger(position) && position >= 0 &&
      (position % this.batchSize === 0 ? position < this.#size + this.batchSize : position === this.#size);
    if (!fits) {
      throw expected('ERR_CHECKPOINT', 'a position between batches', 'Batches.setState', `epoch ${String(epoch)}, row ${String(position)}`);
    }
    const before = new RandomState(0);
    before.setState(epochStart);
    this.random.setState(random); // throws before it changes anything
    this.#epochStart.copyFrom(before);
    this.fillOrder(this.#order, before);
    this.#epoch = epoch;
    this.#position = position;
  }

  #beginEpoch(): void {
    this.#epoch++;
    this.#position = 0;
    if (this.sampling === 'replacement') return;
    this.#epochStart.copyFrom(this.random);
    this.fillOrder(this.#order, this.random);
  }
}
