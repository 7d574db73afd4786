import type { Dtype, FloatArray, KernelName } from '../kernels/contract';
import { allocate } from '../kernels/contract';
import { RandomState } from '../random';

/** The arguments of one call. */
export type CallArguments = readonly unknown[];

/** The sizes that calls are made at: those of a net's largest layer and batch. */
export interface CallSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

/** Rows that batches are gathered from; more than caches hold where the inputs are many. */
const sourceRows = 10_000;

/**
 * Arguments of a call of every kernel as a training step of that size makes it. Arrays that a call overwrites serve
 * every call.
 */
export function kernelCalls(dtype: Dtype, { batch: m, inputs, hidden, classes }: CallSizes): Readonly<Record<KernelName, readonly CallArguments[]>> {
  const random = new RandomState(0);
  const draw = (length: number): FloatArray => {
    const array = allocate(dtype, length);
    for (let i = 0; i < length; i++) array[i] = random.random() - 0.5;
    return array;
  };
  const units = m * hidden;
  const weights = hidden * inputs;
  const [x, y, z] = [draw(units), draw(units), draw(units)];
  const [w, dw, v, v2] = [draw(weights), draw(weights), draw(weights), allocate(dtype, weights).fill(1)];
  const [column, column2, mean, inverseStd] = [draw(hidden), draw(hidden), draw(Math.max(m, hidden)), draw(Math.max(m, hidden)).fill(1)];
  const [running, runningVariance] = [draw(hidden), allocate(dtype, hidden).fill(1)];
  const [logits, probs, targets] = [draw(m * classes), draw(m * classes), allocate(dtype, m * classes).fill(1 / classes)];
  const classWeights = allocate(dtype, classes).fill(1);
  const labels = Int32Array.from({ length: m }, () => random.randint(0, classes));
  const rows = Math.max(m, Math.min(sourceRows, Math.floor(2 ** 25 / inputs)));
  const source = Uint8Array.from({ length: rows * inputs }, (_, i) => i % 251);
  const numbers = Float32Array.from(source);
  const [means, stds] = [new Float64Array(inputs).fill(125), new Float64Array(inputs).fill(72)];
  const indices = Int32Array.from({ length: m }, () => random.randint(0, rows));
  const pixels = source.slice(0, m * inputs);
  const [scale, shift, batch] = [draw(inputs), draw(inputs), draw(m * inputs)];
  // Of their own: products of products would soon be large numbers, which some functions are faster on.
  const [forward, gradient, backward] = [allocate(dtype, units), allocate(dtype, weights), allocate(dtype, m * inputs)];
  const mask = Uint8Array.from({ length: units }, () => random.randint(0, 2));
  const partners = random.permutation(m);
  const side = Math.floor(Math.sqrt(inputs / 3));
  const geometry = Int32Array.from({ length: 7 * m }, (_, i) => (i % 7 === 0 ? random.randint(0, 2) : i % 7 < 3 ? random.randint(-2, 3) : 0));

  return {
    gemm: [
      [false, true, m, hidden, inputs, 1, batch, w, 0, forward],
      [true, false, hidden, inputs, m, 1, x, batch, 0, gradient],
      [false, false, m, inputs, hidden, 1, x, w, 0, backward],
    ],
    axpy: [[weights, 1e-9, dw, w]],
    scal: [[weights, -1, w]],
    dot: [[weights, w, w]],
    nrm2: [[weights, w]],
    biasForward: [[m, hidden, column, y]],
    biasBackward: [[m, hidden, y, 0, column2]],
    reluForward: [[units, x, y]],
    reluBackward: [[units, x, y, z]],
    leakyReluForward: [[units, 0.01, x, y]],
    leakyReluBackward: [[units, 0.01, x, y, z]],
    tanhForward: [[units, x, y]],
    tanhBackward: [[units, x, y, z]],
    sigmoidForward: [[units, x, y]],
    sigmoidBackward: [[units, x, y, z]],
    geluForward: [[units, x, y]],
    geluBackward: [[units, x, y, z]],
    maskScale: [[units, 2, mask, x, y]],
    add: [[units, x, y, z]],
    batchNormForward: [[m, hidden, 1e-5, 0.1, x, column, column2, running, runningVariance, mean, inverseStd, y]],
    batchNormEvaluate: [[m, hidden, 1e-5, x, column, column2, running, runningVariance, y]],
    batchNormBackward: [[m, hidden, x, column, mean, inverseStd, y, running, column2, z]],
    layerNormForward: [[m, hidden, 1e-5, x, column, column2, mean, inverseStd, y]],
    layerNormBackward: [[m, hidden, x, column, mean, inverseStd, y, running, column2, z]],
    softmaxForward: [[m, classes, logits, probs]],
    softmaxBackward: [[m, classes, targets, logits, probs]],
    softmaxCrossEntropyForward: [[m, classes, logits, labels, probs]],
    softmaxCrossEntropyBackward: [[m, classes, 1 / m, targets, labels, probs]],
    softCrossEntropyForward: [[m, classes, 0.1, logits, targets, classWeights, probs]],
    softCrossEntropyBackward: [[m, classes, 1 / m, 0.1, targets, targets, classWeights, probs]],
    squaredErrorForward: [[units, x, z]],
    squaredErrorBackward: [[units, 1, x, z, y]],
    argmax: [[m, classes, logits, new Int32Array(m)]],
    sgdStep: [[weights, 1e-9, 0.9, 1e-3, false, w, dw, v]],
    adamStep: [[weights, 1e-9, 0.9, 0.999, 1, 1e-8, 0, 1, w, dw, v, v2]],
    sgdLinearStep: [[m, hidden, inputs, x, batch, 1e-9, 0.9, 1e-3, false, dw, w, v]],
    adamLinearStep: [[m, hidden, inputs, x, batch, 1e-9, 0.9, 0.999, 1, 1e-8, 0, 1, dw, w, v, v2]],
    byteLinearForward: [[m, hidden, inputs, pixels, scale, shift, w, forward]],
    byteLinearBackward: [[m, hidden, inputs, x, pixels, scale, shift, gradient]],
    sgdByteLinearStep: [[m, hidden, inputs, x, pixels, scale, shift, 1e-9, 0.9, 1e-3, false, dw, w, v]],
    adamByteLinearStep: [[m, hidden, inputs, x, pixels, scale, shift, 1e-9, 0.9, 0.999, 1, 1e-8, 0, 1, dw, w, v, v2]],
    rmspropStep: [[weights, 1e-9, 0.99, 1e-8, 0, w, dw, v2]],
    lionStep: [[weights, 1e-9, 0.9, 0.99, 0, 1, w, dw, v]],
    lerp: [[weights, 1e-3, w, v]],
    gatherRows: [[m, inputs, indices, source, scale, shift, batch]],
    gatherImages: [[m, 3, side, side, indices, geometry, source, scale, shift, batch]],
    standardizeRows: [[m, inputs, indices, numbers, means, stds, batch]],
    standardizeImages: [[m, 3, side, side, indices, geometry, numbers, means, stds, batch]],
    gatherBytes: [[m, inputs, indices, source, pixels]],
    gatherByteImages: [[m, 3, side, side, indices, geometry, source, pixels]],
    byteMoments: [[Math.min(rows, 1024), inputs, source, new Int32Array(inputs), new Int32Array(inputs)]],
    mixRows: [[m, inputs, 0.3, partners, batch, draw(m * inputs)]],
  };
}
