import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { kernelsFor } from '../../lib/kernels';
import { storedDtype } from '../../lib/kernels/contract';
import type { Dtype, FloatArray, KernelName, Kernels } from '../../lib/kernels/contract';
import { volumeOf } from '../../lib/kernels/declare';
import type { Argument, ArrayArgument } from '../../lib/kernels/declare';
import { kernelNames, kernelsIn, signatures } from '../../lib/kernels/signatures';
import { backends, kernelBackends, precisions } from '../support/backends';

// Whatever a caller passes, a kernel throws the contract's sentence and writes nothing; the process goes on.

/** Sizes by name: pictures have as many pixels as other rows have columns, and sources two rows. */
const sizes: Readonly<Record<string, number>> = { m: 3, rows: 3, n: 4, k: 5, members: 2, channels: 1, height: 2, width: 2, before: 1, outputsBefore: 2, size: 3, passed: 2, after: 1, outputsAfter: 2 };
const sourceRows = 2;

type ArrayType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
const constructors = { Float32Array, Float64Array, Int32Array, Uint8Array };

const isSource = ({ kind }: Argument): boolean => kind === 'source' || kind === 'anySource' || kind === 'byteSource';
const lengthOf = (argument: ArrayArgument): number =>
  (isSource(argument) ? sourceRows : 1) * volumeOf(argument.shape, (name) => sizes[name]!);

const floatType = (dtype: Dtype): ArrayType => (dtype === 'float32' ? 'Float32Array' : 'Float64Array');

function arrayType({ kind }: ArrayArgument, dtype: Dtype): ArrayType {
  if (kind === 'floats') return floatType(dtype);
  if (kind === 'doubles') return 'Float64Array';
  return kind === 'ints' || kind === 'indices' ? 'Int32Array' : 'Uint8Array';
}

type Memory = ArrayBufferConstructor | SharedArrayBufferConstructor;

/** Arguments of a legal call: floats differ from array to array, so that writing is seen; other arrays hold ones. */
function legalArguments(kernel: KernelName, dtype: Dtype, memory: Memory = ArrayBuffer): unknown[] {
  return signatures[kernel].args.map((argument, position) => {
    switch (argument.kind) {
      case 'size': return sizes[argument.name];
      case 'scalar': return 0.5;
      case 'flag': return true;
      default: {
        const type = constructors[arrayType(argument, dtype)];
        const buffer = new memory(type.BYTES_PER_ELEMENT * lengthOf(argument)) as ArrayBuffer;
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

/** An array that says that it is longer than it is. */
function pretending(array: object): unknown {
  return Object.defineProperty(array, 'length', { get: () => 1e9 });
}

/** What may not stand for an argument: value, how it reads. */
function wrongValues(argument: Argument, dtype: Dtype): [value: unknown, reads: string][] {
  const general: [unknown, string][] = [[undefined, 'undefined'], [null, 'null'], ['x', "'x'"], [2n, '2n']];
  switch (argument.kind) {
    case 'size': return [...general, [NaN, 'NaN'], [-1, '-1'], [1.5, '1.5'], [Infinity, 'Infinity'], [true, 'true']];
    case 'scalar': return [...general, [true, 'true'], [[1], '[1]']];
    case 'flag': return [...general, [1, '1']];
    default: {
      const type = arrayType(argument, dtype);
      const length = lengthOf(argument);
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
        ...(isSource(argument) ? [] : [
          [new constructors[type](length - 1), `${type} of length ${length - 1}`],
          [detached(type, length), `${type} of length 0`],
          [pretending(new constructors[type](length - 1)), `${type} of length ${length - 1}`],
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
      return `${type === 'Int32Array' ? 'an' : 'a'} ${type} of at least ${lengthOf(argument)} elements`;
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
  if (argument.kind !== 'indices') return wrong;
  const [length, bound] = [lengthOf(argument), sizes[argument.bound!] ?? sourceRows];
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
  signatures[kernel].args.map((argument, position) => ({ kernel, argument, position, name: argument.name })),
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

describe.each(kernelBackends)('%s', (backend) => {
  describe.each(precisions)('%s', (precision) => {
    const kernels = kernelsFor(precision, backend);
    const dtype = storedDtype(precision);
    const names = kernelsIn(precision);

    test.each(positions.filter(({ kernel }) => names.includes(kernel)))('refuses what is no $name for $kernel, and writes nothing', ({ kernel, argument, position }) => {
      for (const { value, code, message } of refusals(kernel, argument, dtype)) {
        const args = legalArguments(kernel, dtype);
        args[position] = value;
        const error = thrownBy(() => kernelOf(kernels, kernel)(...args));
        expect({ code: error.code, message: error.message }).toEqual({ code, message });
        expect(args.toSpliced(position, 1)).toEqual(legalArguments(kernel, dtype).toSpliced(position, 1));
      }
    });

    test.each([...names])('refuses %s with an argument missing', (kernel) => {
      const args = legalArguments(kernel, dtype).slice(0, -1);
      expect(thrownBy(() => kernelOf(kernels, kernel)(...args)).code).toBe('ERR_KERNEL_ARG');
    });

    test.each([...names])('refuses %s with the largest sizes: products do not wrap', (kernel) => {
      for (const largest of [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 1e300]) {
        const args = legalArguments(kernel, dtype).map((value, i) => (signatures[kernel].args[i]!.kind === 'size' ? largest : value));
        expect(thrownBy(() => kernelOf(kernels, kernel)(...args)).code).toBe('ERR_KERNEL_ARG');
      }
    });

    test.each([...names])('runs %s on shared memory as on its own', (kernel) => {
      const own = legalArguments(kernel, dtype);
      const shared = legalArguments(kernel, dtype, SharedArrayBuffer);
      expect(kernelOf(kernels, kernel)(...shared)).toEqual(kernelOf(kernels, kernel)(...own));
      expect(shared).toEqual(own);
    });

    test.each([...names])('runs %s with zero sizes, and empty or detached arrays', (kernel) => {
      const argumentsOf = (emptyArray: (type: ArrayType) => unknown): unknown[] => legalArguments(kernel, dtype).map((value, i) => {
        const argument = signatures[kernel].args[i]!;
        if (argument.kind === 'size') return 0;
        if (!('shape' in argument)) return value;
        const [type, length] = [arrayType(argument, dtype), volumeOf(argument.shape, () => 0)];
        return length === 0 ? emptyArray(type) : new constructors[type](length); // a key has a length of its own
      });
      expect([undefined, 0]).toContain(kernelOf(kernels, kernel)(...argumentsOf((type) => new constructors[type](0))));
      expect([undefined, 0]).toContain(kernelOf(kernels, kernel)(...argumentsOf((type) => detached(type, 3))));
    });

    const outputs = names.flatMap((kernel) => signatures[kernel].args.flatMap((argument, position) => (
      'shape' in argument ? argument.sameAs.map((input) => ({ kernel, output: argument.name, position, input })) : [])));
    if (outputs.length > 0) test.each(outputs)('runs $kernel with $output in the array of $input as in one of its own', ({ kernel, position, input }) => {
      const own = legalArguments(kernel, dtype);
      const shared = legalArguments(kernel, dtype);
      shared[position] = shared[signatures[kernel].args.findIndex(({ name }) => name === input)];
      expect(kernelOf(kernels, kernel)(...shared)).toEqual(kernelOf(kernels, kernel)(...own));
      expect(shared[position]).toEqual(own[position]);
    });

    test.each([...names])('%s leaves its inputs as they are', (kernel) => {
      const args = legalArguments(kernel, dtype);
      kernelOf(kernels, kernel)(...args);
      const inputs = signatures[kernel].args.map((argument) => !('shape' in argument) || argument.use === 'reads');
      const kept = (values: readonly unknown[]): readonly unknown[] => values.filter((_, i) => inputs[i]);
      expect(kept(args)).toEqual(kept(legalArguments(kernel, dtype)));
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
