import type { FloatArray } from '../kernels/contract';
import { Elementwise } from './elementwise';

/** y = max(x, 0). Its derivative at 0 is taken as 0, as everywhere in the field. */
export class Relu extends Elementwise {
  readonly kind = 'relu';
  readonly inPlace = true;
  readonly reads = 'sign';
  readonly keepsSign = true;

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.reluForward(m * this.inputSize, x, y);
  }

  backward(m: number, _x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.reluBackward(m * this.inputSize, y, dy, dx);
  }

  pieces(m: number, y: FloatArray): Uint8Array {
    return signs(m * this.inputSize, y);
  }
}

/** 1 where y[n] is above 0, else 0. */
export function signs(n: number, y: FloatArray): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (y[i]! > 0 ? 1 : 0));
}
