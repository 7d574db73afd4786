import { expected } from '../../errors';
import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Parameter, ParameterSpec } from '../arena';
import { Chain } from '../chain';
import { randomStates, setRandomStates } from '../layer';
import type { BufferSpec, Layer, Mode } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';
import { activations } from './activations';
import { fraction, layerList, layerType, oneOf, required, size } from './define';
import { hiddenLayers, norms } from './hidden';

/** A residual block (He et al. 2016): y = x + f(x), where f is a chain of layers that keeps the size. */
export class Residual implements Layer {
  readonly kind = 'residual';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  private readonly size: number;
  private chain!: Chain;

  /** Throws ERR_SHAPE where there is no layer or the last one's output has another size than the first one's input. */
  constructor(private readonly kernels: Kernels, readonly body: readonly Layer[]) {
    const [first, last] = [body[0], body[body.length - 1]];
    if (first === undefined || last === undefined) throw expected('ERR_SHAPE', 'at least one layer', 'a residual block', 'none');
    const [inputs, outputs] = [sizeOf(first.inputShape), sizeOf(last.outputShape)];
    if (inputs !== outputs) throw expected('ERR_SHAPE', `${String(inputs)} outputs, as many as inputs,`, 'a residual block', outputs);
    this.inputShape = first.inputShape;
    this.outputShape = last.outputShape;
    this.size = inputs;
    this.parameterSpecs = body.flatMap((layer) => layer.parameterSpecs);
    this.bufferSpecs = body.flatMap((layer) => layer.bufferSpecs);
  }

  get inner(): Chain {
    return this.chain;
  }

  reserve(maxBatch: number): void {
    this.chain = new Chain(this.body, this.kernels, maxBatch);
  }

  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void {
    this.chain.attach(parameters, buffers);
  }

  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void {
    this.chain.forward(m, x, mode);
    this.kernels.add(m * this.size, x, this.chain.outputs[this.body.length - 1]!, y);
  }

  /** dx = dy + the gradient that comes through f. */
  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { chain, kernels } = this;
    chain.backward(m, x, dy, dx);
    if (dx !== undefined) kernels.add(m * this.size, dy, dx, dx);
  }

  linearRegions(m: number): Uint8Array {
    return this.chain.linearRegions(m);
  }

  getRandomState(): unknown {
    return randomStates(this.body);
  }

  setRandomState(state: unknown): void {
    setRandomStates(this.body, state);
  }
}

export const residual = layerType({
  help: 'adds its input to what its layers give: x + f(x) (He et al. 2016)',
  fields: { layers: required(layerList('the layers of f, with as many outputs as inputs')) },
  make: ({ kernels, inputShape, makeAll }, { layers }) => new Residual(kernels, makeAll(layers, inputShape, inputShape)),
});

export const bottleneck = layerType({
  help: 'a residual block around one hidden layer',
  fields: {
    size: required(size('its units: fewer than come in, or more (an inverted bottleneck)')),
    activation: oneOf(activations, 'of the hidden layer [relu]'),
    norm: oneOf(norms, 'of the hidden layer [none]'),
    dropout: fraction('rate of dropout in the hidden layer [0]'),
  },
  make: ({ kernels, inputShape, makeAll }, { size: units, ...hidden }) =>
    new Residual(kernels, makeAll([...hiddenLayers({ type: 'linear', size: units }, hidden), { type: 'linear' }], inputShape, inputShape)),
});
