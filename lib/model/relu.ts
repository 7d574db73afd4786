import type { FloatArray, Kernels } from '../kernels/contract';
import type { Layer } from './layer';

/** y = max(x, 0). Its derivative at 0 is taken as 0, as everywhere in the field. */
export class Relu implements Layer {
  readonly kind = 'relu';
  readonly inPlace = true;
  readonly reads = 'sign';
  readonly keepsSign = true;
  readonly parameterSpecs = [];
  readonly bufferSpecs = [];
  readonly inputSize: number;
  readonly outputSize: number;

  constructor(private readonly kernels: Kernels, size: number) {
    this.inputSize = size;
    this.outputSize = size;
  }

  attach(): void {
    // Nothing to learn.
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.reluForward(m * this.inputSize, x, y);
  }

  backward(m: number, _x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.reluBackward(m * this.inputSize, y, dy, dx);
  }

  pieceOf(y: FloatArray, i: number): number {
    return y[i]! > 0 ? 1 : 0;
  }
}
