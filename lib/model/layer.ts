import type { FloatArray } from '../kernels/contract';
import type { Parameter, ParameterSpec } from './arena';

/**
 * One differentiable step of a model, on batches: x[m, inputSize] → y[m, outputSize]. Layers own neither activations nor
 * parameters: the model lends them, so that memory is laid out once and a step allocates nothing.
 */
export interface Layer {
  readonly kind: string;
  readonly inputSize: number;
  readonly outputSize: number;
  /** What the layer learns; empty for an activation function. */
  readonly parameterSpecs: readonly ParameterSpec[];
  /**
   * True when y may share memory with x and dx with dy, because backward reads only y. The model then saves an activation.
   */
  readonly inPlace: boolean;
  /** Takes the views for {@link parameterSpecs}, in the same order. Called once, by the model. */
  attach(parameters: readonly Parameter[]): void;
  /** y ← f(x). */
  forward(m: number, x: FloatArray, y: FloatArray): void;
  /**
   * From x, y = f(x) and dy: overwrites the parameters' gradients and, unless dx is undefined (first layer: nobody reads
   * it), dx.
   */
  backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void;
  /**
   * For a layer that is only piecewise smooth, which piece gave y[i]: a gradient check cannot use a difference quotient
   * whose ends lie on different pieces. Absent where f is smooth.
   */
  pieceOf?(y: FloatArray, i: number): number;
}
