import { expected } from '../errors';
import { RandomState } from '../random';
import type { RandomSnapshot } from '../random';
import type { Rows } from './dataset';

/** How batches are drawn: a fresh permutation per epoch walked in order, or every row anew, with replacement. */
export type Sampling = 'shuffle' | 'replacement';

/** Fills an array of n numbers with 0 … n − 1 in an order for one epoch. */
export type EpochOrder = (order: Int32Array, random: RandomState) => void;

const anyOrder: EpochOrder = (order, random) => {
  random.fillPermutation(order);
};

/** Where the drawing of batches stands, as plain data. */
export interface BatchesState {
  readonly epoch: number;
  /** Rows of this epoch that were handed out. */
  readonly position: number;
  readonly random: RandomSnapshot;
  /** The generator as it was before it drew this epoch's permutation; the permutation follows from it. */
  readonly epochStart: RandomSnapshot;
}

/**
 * Draws the row indices of minibatches, without allocating. With 'shuffle' each row comes once per epoch and the last
 * batch of an epoch is shorter where the sizes do not divide; with 'replacement' all batches are full, each row is drawn
 * as by `np.random.choice(data.size, batchSize)`, and an epoch is counted as ⌈size / batchSize⌉ batches all the same.
 */
export class Batches {
  readonly batchesPerEpoch: number;
  readonly #size: number;
  readonly #order: Int32Array;
  readonly #full: Int32Array;
  readonly #last: Int32Array;
  #epoch = 0;
  #position = 0;
  /** Stands where the generator stood before it drew this epoch's permutation. */
  readonly #epochStart = new RandomState(0);

  /**
   * The generator is used by this object alone from now on. `fillOrder` is for 'shuffle', by default any permutation. Throws
   * ERR_SHAPE for no rows or a batch of no or too many.
   */
  constructor(
    data: Pick<Rows, 'size'>,
    readonly batchSize: number,
    private readonly random: RandomState,
    readonly sampling: Sampling = 'shuffle',
    private readonly fillOrder: EpochOrder = anyOrder,
  ) {
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

  /** Epochs that are finished. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Rows of the current epoch that were handed out. */
  get position(): number {
    return this.#position;
  }

  /** The rows of the next batch, [m] with m ≤ batchSize. The array is overwritten by a later call. */
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
   * Goes on from a state of an object with the same data size, batch size and sampling. Throws ERR_CHECKPOINT when it does
   * not fit; nothing has changed then.
   */
  setState(state: BatchesState): void {
    const { epoch, position, random, epochStart } = Object(state) as BatchesState; // of null, an object without keys
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
