import { bytesPerNumber } from '../../kernels/contract';
import type { FloatArray, Kernels } from '../../kernels/contract';
import type { RandomState } from '../../random';
import { Xoshiro128 } from '../../random/xoshiro128';
import type { Xoshiro128State } from '../../random/xoshiro128';
import type { Mode, Scratch } from '../layer';
import type { Shape } from '../shape';
import { fraction, layerType, required } from './define';
import { Elementwise } from './elementwise';

/**
 * In training each element is 0 with probability `rate`, else scaled by 1/(1 − rate); in evaluation y = x (Srivastava et al.
 * 2014, with the scaling inverted). The rate is rounded to a multiple of 2⁻¹⁶, so that two elements take one draw, and the
 * scale follows the rounded one. Masks are drawn here, not in a kernel: both backends see the same.
 */
export class Dropout extends Elementwise {
  readonly kind = 'dropout';
  readonly inPlace = true;
  readonly reads = 'nothing';
  readonly keepsSign = true;
  /** Sets the rate to `factor` times that of the constructor. */
  readonly setDropoutFactor: (factor: number) => void;
  /** n numbers times the mask, scaled. A closure, as a number in a field that changes would be boxed wherever it is passed to a kernel. */
  private readonly applyMask: (n: number, x: FloatArray, y: FloatArray) => void;
  private zeros = 0;
  private readonly random: Xoshiro128;
  private mask = new Uint8Array(0);

  /**
   * @param rate in [0, 1).
   * @param random gives the layer's own generator its state.
   */
  constructor(kernels: Kernels, shape: Shape, readonly rate: number, random: RandomState) {
    super(kernels, shape);
    let scale = 1;
    this.setDropoutFactor = (factor) => {
      const zeros = Math.min(Math.round(factor * rate * 2 ** 16), 2 ** 16 - 1);
      if (zeros === this.zeros) return;
      this.zeros = zeros;
      scale = 1 / (1 - zeros / 2 ** 16);
    };
    this.setDropoutFactor(1);
    this.applyMask = (n, x, y) => {
      this.kernels.maskScale(n, scale, this.mask, x, y);
    };
    const word = (): number => random.randint(0, 2 ** 32);
    this.random = new Xoshiro128([word(), word(), word(), word()]);
  }

  /** The mask, a byte for each number. */
  get scratch(): Scratch {
    return { fixed: 0, perRow: this.size / bytesPerNumber(this.kernels.dtype) };
  }

  reserve(maxBatch: number): void {
    this.mask = new Uint8Array(maxBatch * this.size);
  }

  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void {
    const n = m * this.size;
    if (mode === 'train') {
      this.random.fillMask(n, this.zeros, this.mask);
      this.applyMask(n, x, y);
    } else if (x !== y) {
      y.set(x.subarray(0, n));
    }
  }

  backward(m: number, _x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.applyMask(m * this.size, dy, dx);
  }

  getRandomState(): Xoshiro128State {
    return this.random.getState();
  }

  setRandomState(state: unknown): void {
    this.random.setState(state as Xoshiro128State);
  }

  reseed(random: RandomState): void {
    this.random.seedFrom(random);
  }
}

export const dropout = layerType({
  help: 'zeroes elements at random in training and scales the others (Srivastava et al. 2014)',
  fields: { rate: required(fraction('probability of a zero')) },
  make: ({ kernels, inputShape, random }, { rate }) => new Dropout(kernels, inputShape, rate, random),
});
