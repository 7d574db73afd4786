import type { FloatArray, Kernels, SourceArray } from '../../kernels/contract';
import { setGradientProduct } from '../arena';
import type { ByteScale, Parameter, ParameterSpec } from '../arena';
import type { Flops, Layer } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';
import { layerType, oneOf, size } from './define';

/**
 * What an optimiser sees of a linear layer: its weights, or with `ntk` V in x·Vᵀ/√inputs + b, the parametrisation of the neural tangent
 * kernel (Jacot et al. 2018), in which a learning rate suits layers of any width.
 */
export const parametrizations = ['standard', 'ntk'] as const;

export type Parametrization = (typeof parametrizations)[number];

/**
 * y = x·Wᵀ + b with W[outputSize, inputSize], b[outputSize], on rows of any shape.
 * Backward: dW = dyᵀ·x, db = Σ rows of dy, dx = dy·W. Derivation: docs/backpropagation.md.
 */
export class Linear implements Layer {
  readonly kind = 'linear';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly parameterSpecs: readonly ParameterSpec[];
  private readonly inputSize: number;
  private readonly outputSize: number;
  private weight!: Parameter;
  private bias!: Parameter;
  private byteScale: ByteScale | undefined;

  /**
   * With `ntk` too, W itself is kept, V/√inputs, so that products stay as they are, and `rate` tells optimisers of V.
   * @param index which linear layer of the model this is, from 1: names the parameters W1, b1.
   */
  constructor(
    private readonly kernels: Kernels,
    readonly inputShape: Shape,
    readonly outputShape: Shape,
    index: number,
    parametrization: Parametrization = 'standard',
  ) {
    const [inputSize, outputSize] = [sizeOf(inputShape), sizeOf(outputShape)];
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    const fans = { in: inputSize, out: outputSize };
    const rate = parametrization === 'ntk' ? { rate: 1 / Math.sqrt(inputSize) } : {};
    this.parameterSpecs = [
      { name: `W${String(index)}`, shape: [outputSize, inputSize], regularised: true, isProduct: true, fans, ...rate },
      { name: `b${String(index)}`, shape: [outputSize], regularised: false },
    ];
  }

  attach(parameters: readonly Parameter[]): void {
    [this.weight, this.bias] = parameters as [Parameter, Parameter];
  }

  flops(passesGradient: boolean): Flops {
    const product = 2 * this.inputSize * this.outputSize;
    return { forward: product + this.outputSize, step: (passesGradient ? 3 : 2) * product + 2 * this.outputSize };
  }

  readBytes(byteScale: ByteScale): void {
    this.byteScale = byteScale;
  }

  forward(m: number, x: SourceArray, y: FloatArray): void {
    const { kernels, inputSize, outputSize, weight: { value }, bias } = this;
    const byteScale = this.scaleOf(x);
    if (byteScale === undefined) {
      kernels.linearForward(m, outputSize, inputSize, x as FloatArray, value, bias.value, y);
    } else {
      kernels.byteLinearForward(m, outputSize, inputSize, x as Uint8Array, byteScale.scale, byteScale.shift, value, y);
      kernels.biasForward(m, outputSize, bias.value, y);
    }
  }

  backward(m: number, x: SourceArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, inputSize, outputSize, weight } = this;
    setGradientProduct(kernels, weight, m, dy, x, this.scaleOf(x));
    kernels.biasBackward(m, outputSize, dy, 0, this.bias.gradient);
    if (dx !== undefined) kernels.gemm(false, false, m, inputSize, outputSize, 1, dy, this.weight.value, 0, dx);
  }

  /** Scale and shift where x is bytes, recognised by their element size, as typed arrays can come from another realm. */
  private scaleOf(x: SourceArray): ByteScale | undefined {
    return x.BYTES_PER_ELEMENT === 1 ? this.byteScale : undefined;
  }
}

export const linear = layerType({
  help: 'x·Wᵀ + b',
  fields: {
    size: size('how many outputs [those of the model, or of the block around it]'),
    parametrization: oneOf(parametrizations, 'ntk trains V in x·Vᵀ/√inputs + b [standard]'),
  },
  make: ({ kernels, inputShape, outputShape, next }, { size: outputs, parametrization }) =>
    new Linear(kernels, inputShape, outputs === undefined ? outputShape : [outputs], next('linear'), parametrization),
});
