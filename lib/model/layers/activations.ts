import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Parameter, ParameterSpec } from '../arena';
import type { Layer, Scratch } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';
import { flagField, fraction, layerType } from './define';
import type { Fields, LayerType, OptionsOf } from './define';
import { Elementwise } from './elementwise';

/** An activation function y[i] = f(x[i]) as its kernels compute it. */
interface ActivationFunction<Own extends Fields = Fields> {
  readonly help: string;
  readonly fields: Own;
  /** What backward reads to know f′: x, so that y cannot take its place; or y; or no more of y than its sign. */
  readonly reads: 'x' | 'y' | 'sign of y';
  /** Whether y > 0 exactly where x > 0, or dy is 0 there. */
  readonly keepsSign: boolean;
  /** For a function made of straight lines: which of them gave this y. */
  readonly linearRegion?: (y: number) => number;
  forward(kernels: Kernels, n: number, x: FloatArray, y: FloatArray, options: OptionsOf<Own>): void;
  backward(kernels: Kernels, n: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray, options: OptionsOf<Own>): void;
}

/** Lets the compiler infer the options from the fields. */
function activation<const Own extends Fields>(given: ActivationFunction<Own>): ActivationFunction<Own> {
  return given;
}

const signOf = (y: number): number => (y > 0 ? 1 : 0);

/** The activation functions by the names that specs use. */
const activationFunctions = {
  'relu': activation({
    help: 'max(x, 0); its derivative at 0 is taken as 0, as everywhere in the field',
    fields: {}, reads: 'sign of y', keepsSign: true, linearRegion: signOf,
    forward: (kernels, n, x, y) => { kernels.reluForward(n, x, y); },
    backward: (kernels, n, _x, y, dy, dx) => { kernels.reluBackward(n, y, dy, dx); },
  }),
  'leaky-relu': activation({
    help: 'x where x > 0, else slope·x (Maas et al. 2013)',
    // Below 0 the sign of y would no longer tell the sign of x.
    fields: { slope: fraction('slope where x < 0 [0.01]') }, reads: 'sign of y', keepsSign: true, linearRegion: signOf,
    forward: (kernels, n, x, y, { slope = 0.01 }) => { kernels.leakyReluForward(n, slope, x, y); },
    backward: (kernels, n, _x, y, dy, dx, { slope = 0.01 }) => { kernels.leakyReluBackward(n, slope, y, dy, dx); },
  }),
  'gelu': activation({
    help: 'x·Φ(x), exact (Hendrycks & Gimpel 2016)',
    fields: {}, reads: 'x', keepsSign: false,
    forward: (kernels, n, x, y) => { kernels.geluForward(n, x, y); },
    backward: (kernels, n, x, _y, dy, dx) => { kernels.geluBackward(n, x, dy, dx); },
  }),
  'tanh': activation({
    help: 'tanh x',
    fields: {}, reads: 'y', keepsSign: true,
    forward: (kernels, n, x, y) => { kernels.tanhForward(n, x, y); },
    backward: (kernels, n, _x, y, dy, dx) => { kernels.tanhBackward(n, y, dy, dx); },
  }),
  'sigmoid': activation({
    help: '1/(1 + exp(−x))',
    fields: {}, reads: 'y', keepsSign: false,
    forward: (kernels, n, x, y) => { kernels.sigmoidForward(n, x, y); },
    backward: (kernels, n, _x, y, dy, dx) => { kernels.sigmoidBackward(n, y, dy, dx); },
  }),
  'mish': activation({
    help: 'x·tanh(log(1 + exp x)) (Misra 2019)',
    fields: {}, reads: 'x', keepsSign: false,
    forward: (kernels, n, x, y) => { kernels.mishForward(n, x, y); },
    backward: (kernels, n, x, _y, dy, dx) => { kernels.mishBackward(n, x, dy, dx); },
  }),
  'selu': activation({
    help: 'λ·x where x > 0, else λα·(exp x − 1), which keeps mean and variance (Klambauer et al. 2017)',
    fields: {}, reads: 'y', keepsSign: true,
    forward: (kernels, n, x, y) => { kernels.seluForward(n, x, y); },
    backward: (kernels, n, _x, y, dy, dx) => { kernels.seluBackward(n, y, dy, dx); },
  }),
};

/** An activation function by the name that specs use. */
export type Activation = keyof typeof activationFunctions;

export const activations = Object.keys(activationFunctions) as readonly Activation[];

/** The layer of an activation function. */
export class ActivationLayer extends Elementwise {
  readonly inPlace: boolean;
  readonly reads: Layer['reads'];
  readonly keepsSign: boolean;
  private readonly function: ActivationFunction;

  constructor(kernels: Kernels, shape: Shape, readonly kind: Activation, readonly options: OptionsOf<Fields> = {}) {
    super(kernels, shape);
    this.function = activationFunctions[kind];
    const { reads, keepsSign } = this.function;
    this.inPlace = reads !== 'x';
    this.reads = reads === 'x' ? 'nothing' : reads === 'y' ? 'value' : 'sign';
    this.keepsSign = keepsSign;
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    this.function.forward(this.kernels, m * this.size, x, y, this.options);
  }

  backward(m: number, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    if (dx !== undefined) this.function.backward(this.kernels, m * this.size, x, y, dy, dx, this.options);
  }

  linearRegions(m: number, y: FloatArray): Uint8Array {
    return regionsOf(this.function, m * this.size, y);
  }
}

/**
 * An activation function with one weight a for each unit: y = (1 − a)⊙x + a⊙f(x), between the identity and f (Holzmüller et al. 2024).
 * Starts as f; not regularised. Backward: da = Σ rows of dy⊙(f(x) − x), dx = (1 − a)⊙dy + f′(x)⊙a⊙dy.
 */
export class ParametricActivation implements Layer {
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  private readonly size: number;
  private readonly function: ActivationFunction;
  private weight!: Parameter;
  /** f(x), and the gradient of it. */
  private value!: FloatArray;
  private gradient!: FloatArray;

  /** @param index which such layer of the model this is, from 1: names a1. */
  constructor(
    private readonly kernels: Kernels, shape: Shape, readonly kind: Activation, index: number, readonly options: OptionsOf<Fields> = {},
  ) {
    this.function = activationFunctions[kind];
    this.inputShape = shape;
    this.outputShape = shape;
    this.size = sizeOf(shape);
    this.parameterSpecs = [{ name: `a${String(index)}`, shape: [this.size], regularised: false, group: 'activation', initial: 1 }];
  }

  get scratch(): Scratch {
    return { fixed: 0, perRow: 2 * this.size };
  }

  attach(parameters: readonly Parameter[]): void {
    [this.weight] = parameters as [Parameter];
  }

  reserve(maxBatch: number): void {
    this.value = this.kernels.allocate(maxBatch * this.size);
    this.gradient = this.kernels.allocate(maxBatch * this.size);
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { kernels, size, value } = this;
    this.function.forward(kernels, m * size, x, value, this.options);
    kernels.blendColumnsForward(m, size, this.weight.value, x, value, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, size, weight, value, gradient } = this;
    // Without a dx, which the kernel writes anyway, dy serves as room for it: it is not needed afterwards.
    kernels.blendColumnsBackward(m, size, weight.value, x, value, dy, weight.gradient, gradient, dx ?? dy);
    if (dx === undefined) return;
    this.function.backward(kernels, m * size, x, value, gradient, gradient, this.options);
    kernels.add(m * size, dx, gradient, dx);
  }

  linearRegions(m: number): Uint8Array {
    return regionsOf(this.function, m * this.size, this.value);
  }
}

/** The linear region that each f(x) lies in; none where f is smooth. */
function regionsOf({ linearRegion }: ActivationFunction, n: number, y: FloatArray): Uint8Array {
  return linearRegion === undefined ? new Uint8Array(0) : Uint8Array.from({ length: n }, (_, i) => linearRegion(y[i]!));
}

/** A field of every activation function. */
const parametric = flagField('whether it is mixed with the identity, by one learned weight for each unit (Holzmüller et al. 2024) [false]');

type WithParametric<Of extends Activation> =
  (typeof activationFunctions)[Of] extends ActivationFunction<infer Own> ? Own & Record<'parametric', typeof parametric> : never;

/** A layer type for each activation function. */
export const activationTypes = Object.fromEntries(activations.map((kind) => {
  const { help, fields } = activationFunctions[kind];
  return [kind, layerType({
    help,
    fields: { ...fields, parametric },
    make: ({ kernels, inputShape, next }, { parametric: isParametric, ...options }) => (isParametric === true
      ? new ParametricActivation(kernels, inputShape, kind, next('activation'), options)
      : new ActivationLayer(kernels, inputShape, kind, options)),
  })];
})) as { readonly [Name in Activation]: LayerType<WithParametric<Name>> };
