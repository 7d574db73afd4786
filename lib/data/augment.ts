import { BlastrainError } from '../errors';
import type { RandomSnapshot, RandomState } from '../random';
import type { ImageShape } from './dataset';

/** Augmentation of training rows, drawn anew for every batch. Evaluation reads rows unchanged. */
export interface Augmentation {
  /** Mirrors each picture, left to right, with probability ½. */
  readonly flip: boolean;
  /** Translates pictures by up to this many pixels along each axis; edge pixels are repeated. */
  readonly shift: number;
  /**
   * Side in pixels of a square, centred on a random pixel, that is set to 0 after normalisation: to the mean, where that is
   * subtracted (cutout: DeVries & Taylor, 2017). 0 turns it off.
   */
  readonly cutout: number;
  /**
   * α of mixup: each row becomes λ·row + (1 − λ)·another, and so does its target, with one λ ~ Beta(α, α) for the batch
   * (Zhang et al., 2018). 0 turns it off.
   */
  readonly mixup: number;
}

/** What is done to the rows of a batch while they are read. */
export interface RowChanges {
  /** Of the pictures that are changed. */
  readonly shape: ImageShape | undefined;
  /** [maxBatch, 7], the `geometry` of `gatherImages`: row i for picture i; zeros where nothing is changed. */
  readonly geometry: Int32Array;
  /** [maxBatch]: row i is mixed with row partners[i]. */
  readonly partners: Int32Array;
  /** Whether pictures are mirrored, shifted or cut, so that `gatherImages` has to be called. */
  readonly isGeometric: boolean;
  readonly isMixing: boolean;
  /** Whether squares of pictures are set to 0. */
  readonly isCutting: boolean;
  /** λ of the last batch, in [½, 1]: at least half of a mixed row is its own, so that its own label is the one counted. */
  readonly lambda: number;
  /** Sets all that for a batch of m rows. */
  draw(m: number): void;
}

/** Numbers per picture in the geometry: mirrored, shifts x and y, cutout x0, y0, x1, y1; see `gatherImages`. */
export const geometrySize = 7;

/**
 * Draws the augmentation of each row of a batch, as numbers that kernels apply, so that all backends do the same. One
 * generator, and the same number of draws for a batch of any size, so that the generator's state is the whole state.
 */
export class Augmenter implements RowChanges {
  readonly geometry: Int32Array;
  readonly partners: Int32Array;
  readonly isGeometric: boolean;
  readonly isMixing: boolean;
  readonly isCutting: boolean;
  lambda = 1;
  readonly #drawn: Int32Array;

  /**
   * For batches of up to `maxBatch` rows. Takes over the generator: nobody else may draw from it. Throws ERR_CONFIG for flip, shift or
   * cutout on rows without an image shape.
   */
  constructor(
    private readonly options: Augmentation,
    readonly shape: ImageShape | undefined,
    maxBatch: number,
    private readonly random: RandomState,
  ) {
    for (const key of ['flip', 'shift', 'cutout'] as const) {
      if (shape === undefined && Number(options[key]) !== 0) {
        throw new BlastrainError('ERR_CONFIG', `Expected pictures for ${key} but received rows without height and width`, { path: key });
      }
    }
    this.isGeometric = options.flip || options.shift > 0 || options.cutout > 0;
    this.isMixing = options.mixup > 0;
    this.isCutting = options.cutout > 0;
    this.geometry = new Int32Array(geometrySize * maxBatch);
    this.partners = new Int32Array(maxBatch);
    this.#drawn = new Int32Array(maxBatch);
  }

  /** Draws the augmentation of a batch of m rows. Allocates nothing. */
  draw(m: number): void {
    if (this.isGeometric) this.#drawGeometry(this.shape!);
    if (this.isMixing) {
      const share = symmetricBeta(this.random, this.options.mixup);
      this.lambda = Math.max(share, 1 - share);
      // Rows of a batch are in random order, so that the next row is a random partner.
      for (let i = 0; i < m; i++) this.partners[i] = i + 1 === m ? 0 : i + 1;
    }
  }

  /** Draws from here on what this key gives, see {@link RandomState.seedFrom}. */
  seedFrom(key: Uint32Array): void {
    if (this.isGeometric || this.isMixing) this.random.seedFrom(key);
  }

  getState(): RandomSnapshot {
    return this.random.getState();
  }

  /** Restores a state from {@link getState}. Throws ERR_CHECKPOINT for anything else. */
  setState(state: RandomSnapshot): void {
    this.random.setState(state);
  }

  #drawGeometry({ height, width }: ImageShape): void {
    const { flip, shift, cutout } = this.options;
    if (flip) this.#drawInto(0, 0, 2);
    if (shift > 0) {
      this.#drawInto(1, -shift, shift + 1);
      this.#drawInto(2, -shift, shift + 1);
    }
    if (cutout > 0) {
      const half = Math.floor(cutout / 2);
      this.#drawInto(3, -half, width - half);
      this.#drawInto(4, -half, height - half);
      const { geometry } = this;
      for (let at = 0; at < geometry.length; at += geometrySize) {
        geometry[at + 5] = geometry[at + 3]! + cutout;
        geometry[at + 6] = geometry[at + 4]! + cutout;
      }
    }
  }

  /** Fills one column of the geometry with integers in [low, high). */
  #drawInto(column: number, low: number, high: number): void {
    const drawn = this.#drawn;
    this.random.fillRandint(drawn, low, high);
    for (let i = 0; i < drawn.length; i++) this.geometry[geometrySize * i + column] = drawn[i]!;
  }
}

/**
 * One draw from Beta(α, α), α > 0: Jöhnk's method for α ≤ 1, above it the ratio of two gamma variates (Marsaglia & Tsang, 2000).
 * Equals `np.random.beta(α, α)` except in the last digits, as powers and logarithms differ between C libraries and Node.js.
 */
export function symmetricBeta(random: RandomState, alpha: number): number {
  if (alpha > 1) {
    const first = gamma(random, alpha);
    return first / (first + gamma(random, alpha));
  }
  for (;;) {
    const x = random.random() ** (1 / alpha);
    const y = random.random() ** (1 / alpha);
    // Both underflow to 0 only for very small α.
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

function gamma(random: RandomState, shape: number): number {
  const b = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * b);
  for (;;) {
    const x = random.gaussian();
    const base = 1 + c * x;
    if (base <= 0) continue;
    const v = base * base * base;
    const u = random.random();
    if (u < 1 - 0.0331 * (x * x) * (x * x) || Math.log(u) < 0.5 * x * x + b * (1 - v + Math.log(v))) return b * v;
  }
}
