import { expected } from '../errors';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Parameter, ParameterSpec } from './arena';
import { Chain } from './chain';
import { randomStates, setRandomStates } from './layer';
import type { BufferSpec, Layer, Mode } from './layer';

/** A residual block (He et al. 2016): y = x + f(x), where f is a chain of layers that keeps the size. */
export class Residual implements Layer {
  readonly kind = 'residual';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly inputSize: number;
  readonly outputSize: number;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  private chain!: Chain;

  /** Throws ERR_SHAPE where there is no layer or the last one's output has another size than the first one's input. */
  constructor(private readonly kernels: Kernels, readonly body: readonly Layer[]) {
    const [first, last] = [body[0], body[body.length - 1]];
    if (first === undefined || last === undefined) throw expected('ERR_SHAPE', 'at least one layer', 'a residual block', 'none');
    if (first.inputSize !== last.outputSize) {
      throw expected('ERR_SHAPE', `${String(first.inputSize)} outputs, as many as inputs,`, 'a residual block', last.outputSize);
    }
    this.inputSize = first.inputSize;
    this.outputSize = last.outputSize;
    this.parameterSpecs = body.flatMap((layer) => layer.parameterSpecs);
    this.bufferSpecs = body.flatMap((layer) => layer.bufferSpecs);
  }

  get inner(): Chain {
    return this.chain;
  }

  reserve(maxBatch: number): void {
    this.chain = new Chain(this.body, this.kernels.dtype, maxBatch);
  }

  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void {
    this.chain.attach(parameters, buffers);
  }

  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void {
    this.chain.forward(m, x, mode);
    this.kernels.add(m * this.outputSize, x, this.chain.outputs[this.body.length - 1]!, y);
  }

  /** dx = dy + the gradient that comes through f. */
  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { chain, kernels } = this;
    chain.backward(m, x, dy, dx);
    if (dx !== undefined) kernels.add(m * this.inputSize, dy, dx, dx);
  }

  pieces(m: number): Uint8Array {
    return this.chain.pieces(m);
  }

  getRandomState(): unknown {
    return randomStates(this.body);
  }

  setRandomState(state: unknown): void {
    setRandomStates(this.body, state);
  }
}
