import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { kernelsFor } from '../../lib/kernels';
import { storedDtype } from '../../lib/kernels/contract';
import type { Dtype, FloatArray, KernelName, Kernels } from '../../lib/kernels/contract';
import { kernelsIn } from '../../lib/kernels/signatures';
import { backends, precisions } from '../support/backends';

// Whatever a caller passes, a kernel throws the contract's sentence and writes nothing; the process goes on.

const [M, N, K] = [3, 4, 5];

type ArrayType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
const constructors = { Float32Array, Float64Array, Int32Array, Uint8Array };

/** One argument of a legal call. `floats` are arrays of the kernel's dtype; indices lie below `bound`. */
type Argument =
  | { readonly kind: 'size'; readonly name: string; readonly value: number }
  | { readonly kind: 'scalar' | 'flag'; readonly name: string }
  | { readonly kind: 'floats' | 'doubles' | 'bytes' | 'source' | 'anySource' | 'byteSource'; readonly name: string; readonly length: number }
  | { readonly kind: 'indices'; readonly name: string; readonly length: number; readonly bound?: number };

const size = (name: string, value: number): Argument => ({ kind: 'size', name, value });
const scalar = (name: string): Argument => ({ kind: 'scalar', name });
const flag = (name: string): Argument => ({ kind: 'flag', name });
const floats = (name: string, length: number): Argument => ({ kind: 'floats', name, length });
const doubles = (name: string, length: number): Argument => ({ kind: 'doubles', name, length });
const bytes = (name: string, length: number): Argument => ({ kind: 'bytes', name, length });
const [m, n, k] = [size('m', M), size('n', N), size('k', K)];

const signatures: Readonly<Record<KernelName, readonly Argument[]>> = {
  gemm: [
    flag('transA'), flag('transB'), m, n, k, scalar('alpha'), floats('a', M * K), floats('b', K * N), scalar('beta'),
    floats('c', M * N),
  ],
  axpy: [n, scalar('alpha'), floats('x', N), floats('y', N)],
  scal: [n, scalar('alpha'), floats('x', N)],
  dot: [n, floats('x', N), floats('y', N)],
  nrm2: [n, floats('x', N)],
  biasForward: [m, n, floats('bias', N), floats('y', M * N)],
  biasBackward: [m, n, floats('dy', M * N), scalar('beta'), floats('dbias', N)],
  reluForward: [n, floats('x', N), floats('y', N)],
  reluBackward: [n, floats('y', N), floats('dy', N), floats('dx', N)],
  leakyReluForward: [n, scalar('slope'), floats('x', N), floats('y', N)],
  leakyReluBackward: [n, scalar('slope'), floats('y', N), floats('dy', N), floats('dx', N)],
  tanhForward: [n, floats('x', N), floats('y', N)],
  tanhBackward: [n, floats('y', N), floats('dy', N), floats('dx', N)],
  sigmoidForward: [n, floats('x', N), floats('y', N)],
  sigmoidBackward: [n, floats('y', N), floats('dy', N), floats('dx', N)],
  geluForward: [n, floats('x', N), floats('y', N)],
  geluBackward: [n, floats('x', N), floats('dy', N), floats('dx', N)],
  maskScale: [n, scalar('scale'), bytes('mask', N), floats('x', N), floats('y', N)],
  add: [n, floats('a', N), floats('b', N), floats('y', N)],
  batchNormForward: [
    m, n, scalar('epsilon'), scalar('momentum'), floats('x', M * N), floats('gamma', N), floats('beta', N),
    floats('runningMean', N), floats('runningVariance', N), floats('mean', N), floats('inverseStd', N), floats('y', M * N),
  ],
  batchNormEvaluate: [
    m, n, scalar('epsilon'), floats('x', M * N), floats('gamma', N), floats('beta', N), floats('runningMean', N),
    floats('runningVariance', N), floats('y', M * N),
  ],
  batchNormBackward: [
    m, n, floats('x', M * N), floats('gamma', N), floats('mean', N), floats('inverseStd', N), floats('dy', M * N),
    floats('dgamma', N), floats('dbeta', N), floats('dx', M * N),
  ],
  layerNormForward: [
    m, n, scalar('epsilon'), floats('x', M * N), floats('gamma', N), floats('beta', N), floats('mean', M),
    floats('inverseStd', M), floats('y', M * N),
  ],
  layerNormBackward: [
    m, n, floats('x', M * N), floats('gamma', N), floats('mean', M), floats('inverseStd', M), floats('dy', M * N),
    floats('dgamma', N), floats('dbeta', N), floats('dx', M * N),
  ],
  softmaxForward: [m, n, floats('x', M * N), floats('y', M * N)],
  softmaxBackward: [m, n, floats('y', M * N), floats('dy', M * N), floats('dx', M * N)],
  softmaxCrossEntropyForward: [
    m, n, floats('x', M * N), { kind: 'indices', name: 'labels', length: M, bound: N }, floats('probs', M * N),
  ],
  softmaxCrossEntropyBackward: [
    m, n, scalar('scale'), floats('probs', M * N), { kind: 'indices', name: 'labels', length: M, bound: N },
    floats('dx', M * N),
  ],
  softCrossEntropyForward: [
    m, n, scalar('smoothing'), floats('x', M * N), floats('targets', M * N), floats('weights', N), floats('probs', M * N),
  ],
  softCrossEntropyBackward: [
    m, n, scalar('scale'), scalar('smoothing'), floats('probs', M * N), floats('targets', M * N), floats('weights', N),
    floats('dx', M * N),
  ],
  squaredErrorForward: [n, floats('x', N), floats('targets', N)],
  squaredErrorBackward: [n, scalar('scale'), floats('x', N), floats('targets', N), floats('dx', N)],
  argmax: [m, n, floats('x', M * N), { kind: 'indices', name: 'out', length: M }],
  sgdStep: [
    n, scalar('lr'), scalar('momentum'), scalar('weightDecay'), flag('nesterov'), floats('w', N), floats('dw', N),
    floats('v', N),
  ],
  adamStep: [
    n, scalar('stepSize'), scalar('beta1'), scalar('beta2'), scalar('rootCorrection'), scalar('epsilon'),
    scalar('weightDecay'), scalar('keep'), floats('w', N), floats('dw', N), floats('m', N), floats('v', N),
  ],
  sgdLinearStep: [
    m, n, k, floats('dy', M * N), floats('x', M * K), scalar('lr'), scalar('momentum'),
    scalar('weightDecay'), flag('nesterov'), floats('dw', N * K), floats('w', N * K), floats('v', N * K),
  ],
  adamLinearStep: [
    size('rows', M), n, k, floats('dy', M * N), floats('x', M * K), scalar('stepSize'), scalar('beta1'), scalar('beta2'),
    scalar('rootCorrection'), scalar('epsilon'), scalar('weightDecay'), scalar('keep'), floats('dw', N * K),
    floats('w', N * K), floats('m', N * K), floats('v', N * K),
  ],
  byteLinearForward: [
    m, n, k, bytes('x', M * K), floats('scale', K), floats('shift', K), floats('w', N * K), floats('y', M * N),
  ],
  byteLinearBackward: [
    m, n, k, floats('dy', M * N), bytes('x', M * K), floats('scale', K), floats('shift', K), floats('dw', N * K),
  ],
  sgdByteLinearStep: [
    m, n, k, floats('dy', M * N), bytes('x', M * K), floats('scale', K), floats('shift', K), scalar('lr'), scalar('momentum'),
    scalar('weightDecay'), flag('nesterov'), floats('dw', N * K), floats('w', N * K), floats('v', N * K),
  ],
  adamByteLinearStep: [
    size('rows', M), n, k, floats('dy', M * N), bytes('x', M * K), floats('scale', K), floats('shift', K), scalar('stepSize'),
    scalar('beta1'), scalar('beta2'), scalar('rootCorrection'), scalar('epsilon'), scalar('weightDecay'), scalar('keep'),
    floats('dw', N * K), floats('w', N * K), floats('m', N * K), floats('v', N * K),
  ],
  rmspropStep: [
    n, scalar('lr'), scalar('rho'), scalar('epsilon'), scalar('weightDecay'), floats('w', N), floats('dw', N),
    floats('v', N),
  ],
  lionStep: [
    n, scalar('lr'), scalar('beta1'), scalar('beta2'), scalar('weightDecay'), scalar('keep'), floats('w', N),
    floats('dw', N), floats('m', N),
  ],
  lerp: [n, scalar('t'), floats('x', N), floats('y', N)],
  gatherRows: [
    m, n, { kind: 'indices', name: 'indices', length: M, bound: 2 }, { kind: 'source', name: 'src', length: 2 * N },
    floats('scale', N), floats('shift', N), floats('x', M * N),
  ],
  gatherImages: [
    m, size('channels', 1), size('height', 2), size('width', N / 2), { kind: 'indices', name: 'indices', length: M, bound: 2 },
    { kind: 'indices', name: 'geometry', length: 7 * M }, { kind: 'source', name: 'src', length: 2 * N },
    floats('scale', N), floats('shift', N), floats('x', M * N),
  ],
  standardizeRows: [
    m, n, { kind: 'indices', name: 'indices', length: M, bound: 2 }, { kind: 'anySource', name: 'src', length: 2 * N },
    doubles('mean', N), doubles('std', N), floats('x', M * N),
  ],
  standardizeImages: [
    m, size('channels', 1), size('height', 2), size('width', N / 2), { kind: 'indices', name: 'indices', length: M, bound: 2 },
    { kind: 'indices', name: 'geometry', length: 7 * M }, { kind: 'anySource', name: 'src', length: 2 * N },
    doubles('mean', N), doubles('std', N), floats('x', M * N),
  ],
  gatherBytes: [
    m, n, { kind: 'indices', name: 'indices', length: M, bound: 2 }, { kind: 'byteSource', name: 'src', length: 2 * N }, bytes('x', M * N),
  ],
  gatherByteImages: [
    m, size('channels', 1), size('height', 2), size('width', N / 2), { kind: 'indices', name: 'indices', length: M, bound: 2 },
    { kind: 'indices', name: 'geometry', length: 7 * M }, { kind: 'byteSource', name: 'src', length: 2 * N }, bytes('x', M * N),
  ],
  byteMoments: [
    m, n, bytes('src', M * N), { kind: 'indices', name: 'sums', length: N }, { kind: 'indices', name: 'squares', length: N },
  ],
  mixRows: [
    m, n, scalar('lambda'), { kind: 'indices', name: 'partners', length: M, bound: M }, floats('x', M * N), floats('y', M * N),
  ],
};
const kernelNames = Object.keys(signatures) as KernelName[];

const floatType = (dtype: Dtype): ArrayType => (dtype === 'float32' ? 'Float32Array' : 'Float64Array');

function arrayType(argument: Argument, dtype: Dtype): ArrayType {
  if (argument.kind === 'floats') return floatType(dtype);
  if (argument.kind === 'doubles') return 'Float64Array';
  return argument.kind === 'indices' ? 'Int32Array' : 'Uint8Array';
}

type Memory = ArrayBufferConstructor | SharedArrayBufferConstructor;

/** Arguments of a legal call: floats differ from array to array, so that writing is seen; other arrays hold ones. */
function legalArguments(kernel: KernelName, dtype: Dtype, memory: Memory = ArrayBuffer): unknown[] {
  return signatures[kernel].map((argument, position) => {
    switch (argument.kind) {
      case 'size': return argument.value;
      case 'scalar': return 0.5;
      case 'flag': return true;
      default: {
        const type = constructors[arrayType(argument, dtype)];
        const buffer = new memory(type.BYTES_PER_ELEMENT * argument.length) as ArrayBuffer;
        return new type(buffer).fill(argument.kind === 'floats' ? position : 1);
      }
    }
  });
}

/** A value that may not stand for an argument, and the error it brings. */
interface Refusal {
  readonly value: unknown;
  readonly code: string;
  readonly message: string;
}

function detached(type: ArrayType, length: number): unknown {
  const array = new constructors[type](length);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** What may not stand for an argument: value, how it reads. */
function wrongValues(argument: Argument, dtype: Dtype): [value: unknown, reads: string][] {
  const general: [unknown, string][] = [[undefined, 'undefined'], [null, 'null'], ['x', "'x'"], [2n, '2']];
  switch (argument.kind) {
    case 'size': return [...general, [NaN, 'NaN'], [-1, '-1'], [1.5, '1.5'], [Infinity, 'Infinity'], [true, 'true']];
    case 'scalar': return [...general, [true, 'true'], [[1], '[1]']];
    case 'flag': return [...general, [1, '1']];
    default: {
      const type = arrayType(argument, dtype);
      const { length } = argument;
      const foreign: ArrayType[] = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'];
      const strangers = foreign.filter((name) => name !== type && !(argument.kind === 'source' && name === floatType(dtype)) &&
        !(argument.kind === 'anySource' && name.startsWith('Float')));
      return [
        ...general,
        [1, '1'],
        [[], '[]'],
        [new DataView(new ArrayBuffer(8 * length)), `DataView of length ${8 * length}`],
        [new Uint8ClampedArray(length), `Uint8ClampedArray of length ${length}`],
        ...strangers.map((name): [unknown, string] => [new constructors[name](length), `${name} of length ${length}`]),
        // A data set may have any number of rows: a short one shows as an index out of range.
        ...(argument.kind === 'source' || argument.kind === 'anySource' || argument.kind === 'byteSource' ? [] : [
          [new constructors[type](length - 1), `${type} of length ${length - 1}`],
          [detached(type, length), `${type} of length 0`],
        ] as [unknown, string][]),
      ];
    }
  }
}

function whatIsExpected(argument: Argument, dtype: Dtype): string {
  switch (argument.kind) {
    case 'size': return 'a non-negative integer';
    case 'scalar': return 'a number';
    case 'flag': return 'a boolean';
    case 'source': return `a Uint8Array or ${floatType(dtype)}`;
    case 'anySource': return 'a Uint8Array, Float32Array or Float64Array';
    case 'byteSource': return 'a Uint8Array';
    default: {
      const type = arrayType(argument, dtype);
      return `${type === 'Int32Array' ? 'an' : 'a'} ${type} of at least ${argument.length} elements`;
    }
  }
}

function refusals(kernel: KernelName, argument: Argument, dtype: Dtype): Refusal[] {
  const { name } = argument;
  const wrong = wrongValues(argument, dtype).map(([value, reads]): Refusal => ({
    value,
    code: 'ERR_KERNEL_ARG',
    message: `Expected ${whatIsExpected(argument, dtype)} for ${kernel} ${name} but received ${reads}`,
  }));
  if (argument.kind !== 'indices' || argument.bound === undefined) return wrong;
  const { length, bound } = argument;
  const last = length - 1;
  const outside = [-1, bound, 2 ** 31 - 1, -(2 ** 31)].map((index): Refusal => ({
    value: new Int32Array(length).fill(index, last),
    code: 'ERR_KERNEL_INDEX',
    message: `Expected an index in [0, ${bound}) for ${kernel} ${name}[${last}] but received ${index}`,
  }));
  return [...wrong, ...outside];
}

/** Every argument of every kernel. */
const positions = kernelNames.flatMap((kernel) =>
  signatures[kernel].map((argument, position) => ({ kernel, argument, position, name: argument.name })),
);

/** A kernel as a function on any arguments. */
type AnyKernel = (...args: unknown[]) => unknown;
const kernelOf = (kernels: Kernels, name: KernelName): AnyKernel =>
  (kernels as unknown as Readonly<Record<KernelName, AnyKernel>>)[name];

function thrownBy(act: () => unknown): { code?: unknown; message?: unknown } {
  try {
    act();
  } catch (error) {
    return error as { code?: unknown; message?: unknown };
  }
  return {};
}

describe.each(backends)('%s', (backend) => {
  describe.each(precisions)('%s', (precision) => {
    const kernels = kernelsFor(precision, backend);
    const dtype = storedDtype(precision);
    const names = kernelNames.filter((kernel) => kernelsIn(precision).includes(kernel));

    test.each(positions.filter(({ kernel }) => names.includes(kernel)))('refuses what is no $name for $kernel, and writes nothing', ({ kernel, argument, position }) => {
      for (const { value, code, message } of refusals(kernel, argument, dtype)) {
        const args = legalArguments(kernel, dtype);
        args[position] = value;
        const error = thrownBy(() => kernelOf(kernels, kernel)(...args));
        expect({ code: error.code, message: error.message }).toEqual({ code, message });
        expect(args.toSpliced(position, 1)).toEqual(legalArguments(kernel, dtype).toSpliced(position, 1));
      }
    });

    test.each(names)('refuses %s with an argument missing', (kernel) => {
      const args = legalArguments(kernel, dtype).slice(0, -1);
      expect(thrownBy(() => kernelOf(kernels, kernel)(...args)).code).toBe('ERR_KERNEL_ARG');
    });

    test.each(names)('refuses %s with the largest sizes: products do not wrap', (kernel) => {
      for (const largest of [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 1e300]) {
        const args = legalArguments(kernel, dtype).map((value, i) => (signatures[kernel][i]!.kind === 'size' ? largest : value));
        expect(thrownBy(() => kernelOf(kernels, kernel)(...args)).code).toBe('ERR_KERNEL_ARG');
      }
    });

    test.each(names)('runs %s on shared memory as on its own', (kernel) => {
      const own = legalArguments(kernel, dtype);
      const shared = legalArguments(kernel, dtype, SharedArrayBuffer);
      expect(kernelOf(kernels, kernel)(...shared)).toEqual(kernelOf(kernels, kernel)(...own));
      expect(shared).toEqual(own);
    });

    test.each(names)('runs %s with zero sizes and empty arrays', (kernel) => {
      const args = legalArguments(kernel, dtype).map((value, i) => {
        const argument = signatures[kernel][i]!;
        if (argument.kind === 'size') return 0;
        return 'length' in argument ? new constructors[arrayType(argument, dtype)](0) : value;
      });
      expect([undefined, 0]).toContain(kernelOf(kernels, kernel)(...args));
    });

    test('refuses to look for the maximum of an empty row', () => {
      const error = thrownBy(() => { kernels.argmax(1, 0, new constructors[floatType(dtype)](0) as FloatArray, new Int32Array(1)); });
      expect(error).toMatchObject({
        code: 'ERR_KERNEL_ARG',
        message: 'Expected a positive integer for argmax n but received 0',
      });
    });
  });
});

/** A worker that multiplies matrices on the addon (support/kernelWorker.js); it sends word when it starts, then C. */
class MultiplyingWorker {
  readonly worker: Worker;
  readonly started: Promise<unknown>;
  readonly product: Promise<Float64Array>;

  constructor(side: number, rounds: number) {
    this.worker = new Worker(join(__dirname, '..', 'support', 'kernelWorker.js'), {
      workerData: { root: resolve(__dirname, '..', '..'), side, rounds },
    });
    this.started = once(this.worker, 'message');
    this.product = new Promise((done) => {
      this.worker.on('message', (message: unknown) => {
        if (message !== 'started') done(message as Float64Array);
      });
    });
  }
}

(backends.includes('native') ? describe : describe.skip)('native in worker threads', () => {
  test('gives every thread its own right product at once', async () => {
    const side = 96;
    const a = Float64Array.from({ length: side * side }, (_, i) => Math.sin(i));
    const right = new Float64Array(side * side);
    kernelsFor('float64', 'native').gemm(true, false, side, side, side, 1, a, a, 0, right);
    const workers = Array.from({ length: 4 }, () => new MultiplyingWorker(side, 200));
    for (const product of await Promise.all(workers.map((worker) => worker.product))) {
      expect(product).toEqual(right);
    }
  });

  test('survives workers that are terminated in the middle of a call', async () => {
    for (let round = 0; round < 3; round++) {
      const workers = Array.from({ length: 2 }, () => new MultiplyingWorker(256, Infinity));
      await Promise.all(workers.map(({ started }) => started));
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    }
    expect(kernelsFor('float32', 'native').nrm2(2, Float32Array.of(3, 4))).toBe(5);
  });
});
