import { expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Parameter, ParameterSpec } from './arena';
import type { BufferSpec, Layer, Mode } from './layer';

const EPSILON = 1e-5;

/** γ and β of a normalisation: they start as the identity and are not regularised. */
function scaleAndShift(size: number, index: number): readonly ParameterSpec[] {
  return [
    { name: `gamma${String(index)}`, shape: [size], regularised: false, initial: 1 },
    { name: `beta${String(index)}`, shape: [size], regularised: false },
  ];
}

function checkEpsilon(epsilon: number): void {
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw expected('ERR_CONFIG', 'a positive number', 'epsilon', epsilon, { path: 'epsilon' });
  }
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
  readonly inputSize: number;
  readonly outputSize: number;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly bufferSpecs: readonly BufferSpec[];
  private readonly momentum: number;
  private readonly epsilon: number;
  private readonly mean: FloatArray;
  private readonly inverseStd: FloatArray;
  private gamma!: Parameter;
  private beta!: Parameter;
  private runningMean!: FloatArray;
  private runningVariance!: FloatArray;

  /**
   * @param index which normalisation of the model this is, from 1: names gamma1, beta1, runningMean1, runningVar1.
   * @param options momentum in [0, 1]: the share of a batch in the running statistics. Throws ERR_CONFIG.
   */
  constructor(
    private readonly kernels: Kernels, size: number, index: number, options: { momentum?: number; epsilon?: number } = {},
  ) {
    const { momentum = 0.1, epsilon = EPSILON } = options;
    if (!(momentum >= 0 && momentum <= 1)) {
      throw expected('ERR_CONFIG', 'a number in [0, 1]', 'momentum', momentum, { path: 'momentum' });
    }
    checkEpsilon(epsilon);
    this.inputSize = size;
    this.outputSize = size;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.parameterSpecs = scaleAndShift(size, index);
    this.bufferSpecs = [
      { name: `runningMean${String(index)}`, length: size, initial: 0 },
      { name: `runningVar${String(index)}`, length: size, initial: 1 },
    ];
    this.mean = allocate(kernels.dtype, size);
    this.inverseStd = allocate(kernels.dtype, size);
  }

  attach(parameters: readonly Parameter[], buffers: readonly FloatArray[]): void {
    [this.gamma, this.beta] = parameters as [Parameter, Parameter];
    [this.runningMean, this.runningVariance] = buffers as [FloatArray, FloatArray];
  }

  forward(m: number, x: FloatArray, y: FloatArray, mode: Mode): void {
    const { kernels, inputSize, epsilon, gamma, beta, runningMean, runningVariance } = this;
    if (mode === 'evaluate') {
      kernels.batchNormEvaluate(m, inputSize, epsilon, x, gamma.value, beta.value, runningMean, runningVariance, y);
      return;
    }
    kernels.batchNormForward(
      m, inputSize, epsilon, this.momentum, x, gamma.value, beta.value,
      runningMean, runningVariance, this.mean, this.inverseStd, y,
    );
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { gamma, beta } = this;
    // Where nobody reads dx, it goes where nobody reads dy any more.
    this.kernels.batchNormBackward(
      m, this.inputSize, x, gamma.value, this.mean, this.inverseStd, dy, gamma.gradient, beta.gradient, dx ?? dy,
    );
  }
}

/**
 * Layer normalisation (Ba et al. 2016): y = γ·(x − μ)/√(σ² + ε) + β with the mean and the variance of each row, in training
 * and in evaluation alike. As torch.nn.LayerNorm.
 */
export class LayerNorm implements Layer {
  readonly kind = 'layer-norm';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputSize: number;
  readonly outputSize: number;
  readonly parameterSpecs: readonly ParameterSpec[];
  private readonly epsilon: number;
  private mean!: FloatArray;
  private inverseStd!: FloatArray;
  private gamma!: Parameter;
  private beta!: Parameter;

  /** @param index as in {@link BatchNorm}. Throws ERR_CONFIG. */
  constructor(private readonly kernels: Kernels, size: number, index: number, options: { epsilon?: number } = {}) {
    this.epsilon = options.epsilon ?? EPSILON;
    checkEpsilon(this.epsilon);
    this.inputSize = size;
    this.outputSize = size;
    this.parameterSpecs = scaleAndShift(size, index);
  }

  attach(parameters: readonly Parameter[]): void {
    [this.gamma, this.beta] = parameters as [Parameter, Parameter];
  }

  reserve(maxBatch: number): void {
    this.mean = allocate(this.kernels.dtype, maxBatch);
    this.inverseStd = allocate(this.kernels.dtype, maxBatch);
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { gamma, beta, epsilon } = this;
    this.kernels.layerNormForward(m, this.inputSize, epsilon, x, gamma.value, beta.value, this.mean, this.inverseStd, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { gamma, beta } = this;
    // As in BatchNorm.
    this.kernels.layerNormBackward(
      m, this.inputSize, x, gamma.value, this.mean, this.inverseStd, dy, gamma.gradient, beta.gradient, dx ?? dy,
    );
  }
}
