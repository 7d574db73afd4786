import type { FloatArray, Kernels, SourceArray } from '../kernels/contract';
import { multiplyGradient } from './arena';
import type { ByteScale, Parameter, ParameterSpec } from './arena';
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
  private byteScale: ByteScale | undefined;

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

  readBytes(byteScale: ByteScale): void {
    this.byteScale = byteScale;
  }

  forward(m: number, x: SourceArray, y: FloatArray): void {
    const { kernels, inputSize, outputSize, weight: { value } } = this;
    const byteScale = this.scaleOf(x);
    if (byteScale === undefined) kernels.gemm(false, true, m, outputSize, inputSize, 1, x as FloatArray, value, 0, y);
    else kernels.byteLinearForward(m, outputSize, inputSize, x as Uint8Array, byteScale.scale, byteScale.shift, value, y);
    kernels.biasForward(m, outputSize, this.bias.value, y);
  }

  backward(m: number, x: SourceArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, inputSize, outputSize, weight } = this;
    const product = weight.product!;
    product.m = m;
    product.dy = dy;
    product.x = x;
    product.byteScale = this.scaleOf(x);
    if (!product.isDeferred) multiplyGradient(kernels, weight);
    kernels.biasBackward(m, outputSize, dy, 0, this.bias.gradient);
    if (dx !== undefined) kernels.gemm(false, false, m, inputSize, outputSize, 1, dy, this.weight.value, 0, dx);
  }

  /** What x stands for where it is bytes. Told by element size: typed arrays can come from another realm. */
  private scaleOf(x: SourceArray): ByteScale | undefined {
    return x.BYTES_PER_ELEMENT === 1 ? this.byteScale : undefined;
  }
}
