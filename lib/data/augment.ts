import { BlastrainError } from '../errors';
import type { RandomSnapshot, RandomState } from '../random';
import type { ImageShape } from './dataset';

/** How training rows are varied each time they are drawn. Evaluation sees rows as they are. */
export interface Augmentation {
  /** Half of the pictures are mirrored, left to right. */
  readonly flip: boolean;
  /** Pictures are moved by up to this many pixels along each axis; their edges repeat. */
  readonly shift: number;
  /**
   * Side of a square, centred on any pixel, that becomes 0 after normalisation: the mean, where that is subtracted
   * (DeVries & Taylor, 2017). 0 cuts nothing.
   */
  readonly cutout: number;
  /**
   * α of mixup: each row becomes λ·row + (1 − λ)·another, and so does its target, with one λ ~ Beta(α, α) for the batch
   * (Zhang et al., 2018). 0 mixes nothing.
   */
  readonly mixup: number;
}

/** How many numbers say what happens to a picture: see `gatherImages`. */
const geometrySize = 7;

/**
 * Draws what happens to each row of a batch: numbers alone, so that both backends do the same. One generator, one draw
 * for each batch, whatever its size: the state of the generator says everything about what follows.
 */
export class Augmenter {
  /** Row i is how picture i is mirrored, moved and cut, as `gatherImages` takes it; all zero without these. */
  readonly geometry: Int32Array;
  /** Row i is mixed with row partners[i]. */
  readonly partners: Int32Array;
  /** Whether pictures change, so that `gatherImages` is needed. */
  readonly isGeometric: boolean;
  readonly isMixing: boolean;
  /** Whether parts of pictures are blanked. */
  readonly isCutting: boolean;
  /** The share of a mixed row that is its own, in [½, 1]: the larger part decides what it is called. */
  lambda = 1;
  readonly #drawn: Int32Array;

  /**
   * For batches of up to `maxBatch` rows. The generator is used by this object alone from now on. Throws ERR_CONFIG for
   * pictures to be changed where rows are none.
   */
  constructor(
    private readonly options: Augmentation,
    private readonly shape: ImageShape | undefined,
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

  /** Draws for a batch of m rows. Allocates nothing. */
  draw(m: number): void {
    if (this.isGeometric) this.#drawGeometry(this.shape!);
    if (this.isMixing) {
      const share = symmetricBeta(this.random, this.options.mixup);
      this.lambda = Math.max(share, 1 - share);
      // Rows of a batch stand in random order, so the next one is a random one.
      for (let i = 0; i < m; i++) this.partners[i] = i + 1 === m ? 0 : i + 1;
    }
  }

  getState(): RandomSnapshot {
    return this.random.getState();
  }

  /** Goes on from such a state. Throws ERR_CHECKPOINT when it is none. */
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
      const before = Math.floor(cutout / 2);
      this.#drawInto(3, -before, width - before);
      this.#drawInto(4, -before, height - before);
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
 * One draw from Beta(α, α), α > 0, as by `np.random.beta(α, α)` but for the last digits, where powers and logarithms
 * differ between C libraries and Node.js: Jöhnk's method up to 1, beyond it two gammas (Marsaglia & Tsang, 2000).
 */
export function symmetricBeta(random: RandomState, alpha: number): number {
  if (alpha > 1) {
    const first = gamma(random, alpha);
    return first / (first + gamma(random, alpha));
  }
  for (;;) {
    const x = random.random() ** (1 / alpha);
    const y = random.random() ** (1 / alpha);
    // Both underflow to 0 for the smallest of α alone.
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
