import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Parameter, ParameterSpec } from '../arena';
import type { Layer } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';
import { flagField, layerType } from './define';

/**
 * A learned factor for each number of a row: y = s⊙x, or s⊙x + t. In front of the first linear layer it lets a net weigh its inputs
 * (Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default", whose nets learn it six times as fast as the weights). Starts as
 * the identity; not regularised.
 * Backward: ds = Σ rows of dy⊙x, dt = Σ rows of dy, dx = s⊙dy.
 */
export class Scale implements Layer {
  readonly kind = 'scale';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  private readonly size: number;
  private factors!: Parameter;
  private shift: Parameter | undefined;

  /** @param index which scaling layer of the model this is, from 1: names s1 and, with a bias, t1. */
  constructor(private readonly kernels: Kernels, shape: Shape, index: number, { bias = false }: { readonly bias?: boolean } = {}) {
    this.inputShape = shape;
    this.outputShape = shape;
    this.size = sizeOf(shape);
    this.parameterSpecs = [
      { name: `s${String(index)}`, shape: [this.size], regularised: false, group: 'scale', initial: 1 },
      ...(bias ? [{ name: `t${String(index)}`, shape: [this.size], regularised: false, group: 'bias' } as const] : []),
    ];
  }

  attach(parameters: readonly Parameter[]): void {
    [this.factors, this.shift] = parameters as [Parameter, Parameter | undefined];
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { kernels, size, factors, shift } = this;
    kernels.scaleColumnsForward(m, size, factors.value, x, y);
    if (shift !== undefined) kernels.biasForward(m, size, shift.value, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, size, factors, shift } = this;
    if (shift !== undefined) kernels.biasBackward(m, size, dy, 0, shift.gradient);
    // Without a dx, which the kernel writes anyway, dy serves as room for it: it is not needed afterwards.
    kernels.scaleColumnsBackward(m, size, x, factors.value, dy, factors.gradient, dx ?? dy);
  }
}

export const scale = layerType({
  help: 'a learned factor for each number of a row (Holzmüller et al. 2024)',
  fields: { bias: flagField('whether it also adds a learned number [false]') },
  make: ({ kernels, inputShape, next }, options) => new Scale(kernels, inputShape, next('scale'), options),
});
