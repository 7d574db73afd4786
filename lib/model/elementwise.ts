import type { FloatArray, Kernels } from '../kernels/contract';
import type { Layer, Mode } from './layer';

/** What layers share that treat each element alike and learn nothing: y[i] = f(x[i]). */
export abstract class Elementwise implements Layer {
  abstract readonly kind: string;
  abstract readonly inPlace: boolean;
  abstract readonly reads: Layer['reads'];
  readonly parameterSpecs = [];
  readonly bufferSpecs = [];
  readonly inputSize: number;
  readonly outputSize: number;

  constructor(protected readonly kernels: Kernels, size: number) {
    this.inputSize = size;
    this.outputSize = size;
  }

  attach(): void {
    // Nothing to learn.
  }

  abstract forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void;
  abstract backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void;
}
