import type { FloatArray, Kernels } from '../kernels/contract';
import type { Parameter, ParameterSpec } from './arena';
import type { Layer } from './layer';

/**
 * y = x·Wᵀ + b with W[outputSize, inputSize], b[outputSize].
 * Backward: dW = dyᵀ·x, db = Σ rows of dy, dx = dy·W. Derivation: docs/backpropagation.md.
 */
export class Linear implements Layer {
  readonly kind = 'linear';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly parameterSpecs: readonly ParameterSpec[];
  private weight!: Parameter;
  private bias!: Parameter;

  /** @param index which linear layer of the model this is, from 1: names the parameters W1, b1. */
  constructor(
    private readonly kernels: Kernels,
    readonly inputSize: number,
    readonly outputSize: number,
    index: number,
  ) {
    this.parameterSpecs = [
      { name: `W${String(index)}`, shape: [outputSize, inputSize], regularised: true, isProduct: true },
      { name: `b${String(index)}`, shape: [outputSize], regularised: false },
    ];
  }

  attach(parameters: readonly Parameter[]): void {
    [this.weight, this.bias] = parameters as [Parameter, Parameter];
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.gemm(false, true, m, this.outputSize, this.inputSize, 1, x, this.weight.value, 0, y);
    this.kernels.biasForward(m, this.outputSize, this.bias.value, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, inputSize, outputSize } = this;
    const product = this.weight.product!;
    if (product.isDeferred) {
      product.m = m;
      product.dy = dy;
      product.x = x;
    } else {
      kernels.gemm(true, false, outputSize, inputSize, m, 1, dy, x, 0, this.weight.gradient);
    }
    kernels.biasBackward(m, outputSize, dy, 0, this.bias.gradient);
    if (dx !== undefined) kernels.gemm(false, false, m, inputSize, outputSize, 1, dy, this.weight.value, 0, dx);
  }
}
