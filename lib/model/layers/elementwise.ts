import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Layer, Mode } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';

/** The base of layers without parameters that treat each element alike: y[i] = f(x[i]). */
export abstract class Elementwise implements Layer {
  abstract readonly kind: string;
  abstract readonly inPlace: boolean;
  abstract readonly reads: Layer['reads'];
  readonly parameterSpecs = [];
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Numbers of a row. */
  protected readonly size: number;

  constructor(protected readonly kernels: Kernels, shape: Shape) {
    this.inputShape = shape;
    this.outputShape = shape;
    this.size = sizeOf(shape);
  }

  attach(): void {
    // There are neither parameters nor buffers.
  }

  abstract forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void;
  abstract backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void;
}
