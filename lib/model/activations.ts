import { expected } from '../errors';
import type { FloatArray, Kernels } from '../kernels/contract';
import { Elementwise } from './elementwise';
import { Relu, signs } from './relu';

/** y = x > 0 ? x : slope·x (Maas et al. 2013). */
export class LeakyRelu extends Elementwise {
  readonly kind = 'leaky-relu';
  readonly inPlace = true;
  readonly reads = 'sign';
  readonly keepsSign = true;

  /** @param slope in [0, 1). Throws ERR_CONFIG. */
  constructor(kernels: Kernels, size: number, private readonly slope = 0.01) {
    super(kernels, size);
    // Below 0 the sign of y would no longer tell the sign of x.
    if (!(slope >= 0 && slope < 1)) throw expected('ERR_CONFIG', 'a number in [0, 1)', 'slope', slope, { path: 'slope' });
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.leakyReluForward(m * this.inputSize, this.slope, x, y);
  }

  backward(m: number, _x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.leakyReluBackward(m * this.inputSize, this.slope, y, dy, dx);
  }

  pieces(m: number, y: FloatArray): Uint8Array {
    return signs(m * this.inputSize, y);
  }
}

/** y = tanh x. */
export class Tanh extends Elementwise {
  readonly kind = 'tanh';
  readonly inPlace = true;
  readonly reads = 'value';
  readonly keepsSign = true;

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.tanhForward(m * this.inputSize, x, y);
  }

  backward(m: number, _x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.tanhBackward(m * this.inputSize, y, dy, dx);
  }
}

/** y = 1/(1 + exp(−x)). */
export class Sigmoid extends Elementwise {
  readonly kind = 'sigmoid';
  readonly inPlace = true;
  readonly reads = 'value';

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.sigmoidForward(m * this.inputSize, x, y);
  }

  backward(m: number, _x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.sigmoidBackward(m * this.inputSize, y, dy, dx);
  }
}

/** y = x·Φ(x), exact (Hendrycks & Gimpel 2016). Its slope needs x, which y does not determine: it cannot work in place. */
export class Gelu extends Elementwise {
  readonly kind = 'gelu';
  readonly inPlace = false;
  readonly reads = 'nothing';

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.kernels.geluForward(m * this.inputSize, x, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.kernels.geluBackward(m * this.inputSize, x, dy, dx);
  }
}

const constructors = { 'relu': Relu, 'leaky-relu': LeakyRelu, 'gelu': Gelu, 'tanh': Tanh, 'sigmoid': Sigmoid } as const;

/** An activation function by the name that specs use. */
export type Activation = keyof typeof constructors;

export const activations = Object.keys(constructors) as readonly Activation[];

export function makeActivation(name: Activation, kernels: Kernels, size: number): Elementwise {
  return new constructors[name](kernels, size);
}
