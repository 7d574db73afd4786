import { allocate } from '../kernels/contract';
import type { Dtype, KernelName } from '../kernels/contract';
import { volumeOf } from '../kernels/declare';
import type { Argument, ArrayArgument } from '../kernels/declare';
import { familyOf, signatures } from '../kernels/signatures';
import type { Family } from '../kernels/signatures';
import { RandomState } from '../random';

/** The arguments of one call. */
export type CallArguments = readonly unknown[];

/** Sizes of calls: those of a net's largest layer and its batch. */
export interface CallSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

/** Rows that batches are gathered from: with many inputs, more memory than the caches hold. */
const maxSourceRows = 10_000;

/** Scalars by name, chosen so that arrays hold ordinary numbers after thousands of calls. */
const scalars: Readonly<Record<string, number>> = {
  alpha: -1, beta: 0, slope: 0.01, scale: 2, smoothing: 0.1, epsilon: 1e-8, momentum: 0.9, lr: 1e-9, weightDecay: 1e-3,
  stepSize: 1e-9, beta1: 0.9, beta2: 0.999, keep: 1, rho: 0.99, t: 1e-3, lambda: 0.3, delta: 1, std: 1, low: -1, high: 1,
};

/** Values of arrays that must not be random numbers around 0, such as variances and probabilities. */
const constantValues: Readonly<Record<string, number>> = { v: 1, runningVariance: 1, inverseStd: 1, std: 72, targets: 0.1, weights: 1 };

/** The arguments of a product of two square matrices. */
export function squareProduct(dtype: Dtype, side: number): CallArguments {
  const random = new RandomState(0);
  const [a, b, c] = [0, 1, 2].map(() => allocate(dtype, side * side).map(() => random.random() - 0.5));
  return [false, false, side, side, side, 1, a, b, 0, c];
}

/** Numbers in [-0.5, 0.5) that arrays repeat: to draw every one would take longer than the benchmark. A prime, so that rows differ. */
const drawnNumbers = 65_521;

/**
 * Returns the arguments of calls of a kernel, as a training step of that size makes them; those of kernels that are not asked for take neither
 * time nor memory. Calls share arrays that they use in the same way, so that no call writes what another reads.
 */
export function kernelCalls(dtype: Dtype, callSizes: CallSizes): (kernel: KernelName) => readonly CallArguments[] {
  const { batch, inputs, hidden, classes } = callSizes;
  const random = new RandomState(0);
  const sourceRows = Math.max(batch, Math.min(maxSourceRows, Math.floor(2 ** 25 / inputs)));
  const side = Math.floor(Math.sqrt(inputs / 3));
  const columns: Partial<Record<Family, number>> = { loss: classes, gather: inputs };
  const vectors: Partial<Record<Family, number>> = { activation: batch * hidden, loss: batch * hidden };
  const layer = { m: batch, rows: batch, members: 32, k: inputs, channels: 3, height: side, width: side, before: 0, outputsBefore: 0, size: 3, passed: 0, after: 0, outputsAfter: 0 };
  // Numeric inputs of a table, with the frequencies of its embedding.
  const periodic = { n: Math.min(inputs, 20), k: 16 };

  const drawn = Float64Array.from({ length: drawnNumbers }, () => random.random() - 0.5);
  const made = new Map<string, unknown>();
  const cached = <Made>(key: string, make: () => Made): Made => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as Made;
  };
  const arrayOf = (argument: ArrayArgument, position: number, sizes: Readonly<Record<string, number>>): unknown => {
    const { name, kind, use, shape, bound } = argument;
    const volume = volumeOf(shape, (size) => sizes[size]!);
    const key = [kind, use, position, volume, constantValues[name] ?? ''].join(' ');
    switch (kind) {
      case 'floats':
      case 'doubles': return cached(key, () => {
        const array = allocate(kind === 'doubles' ? 'float64' : dtype, volume);
        const constant = constantValues[name];
        if (constant !== undefined) return array.fill(constant);
        for (let from = 0; from < volume; from += drawnNumbers) array.set(drawn.subarray(0, Math.min(drawnNumbers, volume - from)), from);
        return array;
      });
      case 'source':
      case 'byteSource': return cached(`bytes ${volume}`, () => Uint8Array.from({ length: sourceRows * volume }, (_, i) => i % 251));
      case 'anySource': return cached(key, () => Float32Array.from({ length: sourceRows * volume }, (_, i) => i % 251));
      case 'bytes': return cached(`${key} ${name}`, () => Uint8Array.from({ length: volume }, (_, i) => (name === 'mask' ? random.randint(0, 2) : i % 251)));
      case 'indices': return cached(`${key} ${bound!}`, () => Int32Array.from({ length: volume }, () => random.randint(0, sizes[bound!] ?? sourceRows)));
      // The geometry of images: flipped or not, shifted by up to two pixels, without cutout.
      case 'ints': return cached(key, () => Int32Array.from({ length: volume }, (_, i) => (
        i % 7 === 0 ? random.randint(0, 2) : i % 7 < 3 ? random.randint(-2, 3) : 0)));
    }
  };
  const callOf = (kernel: KernelName, given: Readonly<Record<string, unknown>> = {}): CallArguments => {
    const { args } = signatures[kernel];
    const family = familyOf(kernel);
    const isVector = args.filter(({ kind }) => kind === 'size').length === 1;
    const n = isVector ? vectors[family] ?? hidden * inputs : columns[family] ?? hidden;
    const sizes = { ...layer, n, ...given as Readonly<Record<string, number>> };
    return args.map((argument: Argument, position) => {
      if (argument.kind === 'scalar') return given[argument.name] ?? scalars[argument.name];
      if (argument.kind === 'flag') return given[argument.name] ?? false;
      return argument.kind === 'size' ? sizes[argument.name as 'n'] : arrayOf(argument, position, sizes);
    });
  };

  // What a kernel is called with in place of a layer's sizes.
  const given: Partial<Record<KernelName, readonly Readonly<Record<string, unknown>>[]>> = {
    gemm: [
      { transB: true, alpha: 1, m: batch, n: hidden, k: inputs },
      { transA: true, alpha: 1, m: hidden, n: inputs, k: batch },
      { alpha: 1, m: batch, n: inputs, k: hidden },
    ],
    affineColumnsForward: [{ n: 32 * hidden }],
    affineColumnsBackward: [{ n: 32 * hidden }],
    memberLinearForward: [{ n: classes, k: hidden }],
    memberLinearBackward: [{ n: classes, k: hidden }],
    meanMembers: [{ n: classes }],
    periodicForward: [periodic],
    periodicBackward: [periodic],
    embeddingForward: [{ n: 4, k: 8 }],
    embeddingBackward: [{ n: 4, k: 8 }],
    byteMoments: [{ m: Math.min(sourceRows, 1024) }],
  };
  return (kernel) => (given[kernel] ?? [{}]).map((sizes) => callOf(kernel, sizes));
}
