import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Parameter, ParameterSpec } from '../arena';
import type { BufferSpec, Layer, Mode, Scratch } from '../layer';
import { sizeOf } from '../shape';
import type { Shape } from '../shape';
import { layerType, positive, share } from './define';

const EPSILON = 1e-5;

/** γ and β of a normalisation: they start as the identity and are not regularised. */
function scaleAndShift(size: number, index: number): readonly ParameterSpec[] {
  return [
    { name: `gamma${String(index)}`, shape: [size], regularised: false, initial: 1, group: 'norm' },
    { name: `beta${String(index)}`, shape: [size], regularised: false, group: 'norm' },
  ];
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015): y = γ·(x − μ)/√(σ² + ε) + β for each unit, with the mean and the variance of the
 * batch in training, and with running ones in evaluation. As torch.nn.BatchNorm1d, whose running variance is the
 * unbiased one; a batch of one row gives y = β and leaves the running variance alone.
 */
export class BatchNorm implements Layer {
  readonly kind = 'batch-norm';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  private readonly size: number;
  private readonly momentum: number;
  readonly epsilon: number;
  private readonly mean: FloatArray;
  private readonly inverseStd: FloatArray;
  private gamma!: Parameter;
  private beta!: Parameter;
  private runningMean!: FloatArray;
  private runningVariance!: FloatArray;

  /**
   * @param index which normalisation of the model this is, from 1: names gamma1, beta1, runningMean1, runningVar1.
   * @param options momentum in [0, 1]: the share of a batch in the running statistics.
   */
  constructor(
    private readonly kernels: Kernels, shape: Shape, index: number, options: { momentum?: number; epsilon?: number } = {},
  ) {
    const { momentum = 0.1, epsilon = EPSILON } = options;
    const size = sizeOf(shape);
    this.inputShape = shape;
    this.outputShape = shape;
    this.size = size;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.parameterSpecs = scaleAndShift(size, index);
    this.bufferSpecs = [
      { name: `runningMean${String(index)}`, length: size, initial: 0 },
      { name: `runningVar${String(index)}`, length: size, initial: 1 },
    ];
    this.mean = kernels.allocate(size);
    this.inverseStd = kernels.allocate(size);
  }

  /** Mean and inverse standard deviation of each unit in the batch. */
  get scratch(): Scratch {
    return { fixed: 2 * this.size, perRow: 0 };
  }

  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void {
    [this.gamma, this.beta] = parameters as [Parameter, Parameter];
    [this.runningMean, this.runningVariance] = buffers as [FloatArray, FloatArray];
  }

  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void {
    const { kernels, size, epsilon, gamma, beta, runningMean, runningVariance } = this;
    if (mode === 'evaluate') {
      kernels.batchNormEvaluate(m, size, epsilon, x, gamma.value, beta.value, runningMean, runningVariance, y);
      return;
    }
    kernels.batchNormForward(
      m, size, epsilon, this.momentum, x, gamma.value, beta.value,
      runningMean, runningVariance, this.mean, this.inverseStd, y,
    );
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { gamma, beta } = this;
    // Without a dx, which the kernel writes anyway, dy serves as room for it: it is not needed afterwards.
    this.kernels.batchNormBackward(
      m, this.size, x, gamma.value, this.mean, this.inverseStd, dy, gamma.gradient, beta.gradient, dx ?? dy,
    );
  }
}

/**
 * Layer normalisation (Ba et al. 2016): y = γ·(x − μ)/√(σ² + ε) + β with the mean and the variance of each row, in training
 * and in evaluation alike. As torch.nn.LayerNorm. A row of an ensemble [members, units] counts as a row for each member.
 */
export class LayerNorm implements Layer {
  readonly kind = 'layer-norm';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  /** Mean and inverse standard deviation of each row. */
  readonly scratch: Scratch;
  private readonly size: number;
  /** How many of a row's parts are normalised on their own. */
  private readonly rows: number;
  readonly epsilon: number;
  private mean!: FloatArray;
  private inverseStd!: FloatArray;
  private gamma!: Parameter;
  private beta!: Parameter;

  /** @param index as in {@link BatchNorm}. */
  constructor(private readonly kernels: Kernels, shape: Shape, index: number, options: { epsilon?: number } = {}) {
    this.epsilon = options.epsilon ?? EPSILON;
    this.inputShape = shape;
    this.outputShape = shape;
    this.size = shape[shape.length - 1]!;
    this.rows = sizeOf(shape) / this.size;
    this.scratch = { fixed: 0, perRow: 2 * this.rows };
    this.parameterSpecs = scaleAndShift(this.size, index);
  }

  attach(parameters: readonly Parameter[]): void {
    [this.gamma, this.beta] = parameters as [Parameter, Parameter];
  }

  reserve(maxBatch: number): void {
    this.mean = this.kernels.allocate(maxBatch * this.rows);
    this.inverseStd = this.kernels.allocate(maxBatch * this.rows);
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { gamma, beta, epsilon } = this;
    this.kernels.layerNormForward(m * this.rows, this.size, epsilon, x, gamma.value, beta.value, this.mean, this.inverseStd, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { gamma, beta } = this;
    // As in BatchNorm.
    this.kernels.layerNormBackward(
      m * this.rows, this.size, x, gamma.value, this.mean, this.inverseStd, dy, gamma.gradient, beta.gradient, dx ?? dy,
    );
  }
}

const epsilon = positive('added to the variance [1e-5]');

export const batchNorm = layerType({
  help: 'normalises each unit over the batch (Ioffe & Szegedy 2015)',
  fields: { momentum: share('share of a batch in the running statistics [0.1]'), epsilon },
  make: ({ kernels, inputShape, next }, options) => new BatchNorm(kernels, inputShape, next('normalization'), options),
});

export const layerNorm = layerType({
  help: 'normalises each row (Ba et al. 2016)',
  fields: { epsilon },
  make: ({ kernels, inputShape, next }, options) => new LayerNorm(kernels, inputShape, next('normalization'), options),
});
