import { kernelsFor, setThreads, wasmStatus } from '../../lib/kernels';
import { Instance } from '../../lib/kernels/wasm/instance';
import { loadWasm } from '../../lib/kernels/wasm/load';
import { openModule } from '../../lib/kernels/wasm/moduleFile';
import { webAssembly } from '../../lib/kernels/wasm/webAssembly';
import { wasmKernels } from '../../lib/kernels/wasm/kernels';
import type { Kernels } from '../../lib/kernels/contract';
import { kernelBackends } from '../support/backends';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../support/cli';
import { run } from '../support/run';

// What the WebAssembly backend does beside the contract, which contract.test.ts, safety.test.ts and parity.test.ts hold it to: its memory.

(kernelBackends.includes('wasm') ? describe : describe.skip)('the WebAssembly kernels', () => {
  const loaded = loadWasm() as { readonly instance: Instance };
  const { instance } = loaded;
  const kernels: Kernels = wasmKernels(instance, 'float32');
  const line = 64;

  test('a module is less than 150 kB compressed', () => {
    for (const file of ['kernels.wasm', 'kernels-relaxed.wasm']) expect(gzipSync(readFileSync(join(root, 'wasm', file))).length).toBeLessThan(150_000);
  });

  test('tell which of the two modules runs', () => {
    expect(wasmStatus()).toEqual({
      loaded: true, vectors: expect.stringMatching(/^(simd|relaxed)$/) as string, memoryBytes: instance.memory.byteLength, sharesMemory: true,
    });
  });

  test('arrays are zero, lie on cache lines of one memory, and are arrays as others', () => {
    const array = kernels.allocate(100);
    expect(array).toEqual(new Float32Array(100));
    expect(array.buffer).toBe(instance.memory);
    expect(array.byteOffset % line).toBe(0);
    expect(array.constructor).toBe(Float32Array);
    expect(array.slice(0, 2).buffer).not.toBe(instance.memory);
    const part = array.subarray(10, 20);
    expect([part.length, part.byteOffset - array.byteOffset, part.constructor]).toEqual([10, 40, Float32Array]);
    part.subarray(5).fill(7);
    expect([...array.subarray(14, 16)]).toEqual([0, 7]);
    expect(kernels.allocate(0)).toEqual(new Float32Array(0));
  });

  test('freed blocks are merged, and used again, zeroed', () => {
    const free = instance.freeBytes();
    const blocks = [1, 64, 65, 1000, 1].map((bytes) => instance.allocate(bytes));
    expect(free - instance.freeBytes()).toBe(line * (2 + 2 + 3 + 17 + 2)); // a line each for what is known of the block
    for (const i of [3, 1, 2, 4]) instance.free(blocks[i]!);
    const [again] = [instance.allocate(1000)];
    expect(again).toBe(blocks[1]);
    new Float32Array(instance.memory, again, 250).fill(3);
    instance.free(again);
    instance.free(blocks[0]!);
    expect(instance.freeBytes()).toBe(free);
    const array = instance.array('float32', 250);
    expect(array).toEqual(new Float32Array(250));
  });

  test('more than the memory holds is ERR_MEMORY, which says what is left, and the memory stays as it was', () => {
    const free = instance.freeBytes();
    for (const length of [2 ** 30, 2 ** 32, 2 ** 53]) {
      expect(() => kernels.allocate(length)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY', details: expect.objectContaining({ left: free }) as object }));
    }
    expect(instance.freeBytes()).toBe(free);
  });

  test('a memory that is full is filled by what is freed', () => {
    const most = (instance.freeBytes() / line - 1) * line;
    const half = Math.floor(most / 2 / line) * line;
    const [one, other] = [instance.allocate(half - line), instance.allocate(half - line)];
    expect(() => instance.allocate(half)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY' }));
    instance.free(one);
    expect(instance.allocate(half - line)).toBe(one);
    instance.free(one);
    instance.free(other);
  });

  test.each([10, 1000])('%d elements of an array are found whatever it says of itself', (length) => {
    const untruthful = (value: number): Float32Array => {
      const array = new Float32Array(length).fill(value);
      Object.defineProperties(array, { buffer: { value: instance.memory }, byteOffset: { value: 0 }, BYTES_PER_ELEMENT: { value: 1 } });
      return Object.setPrototypeOf(array, null) as Float32Array;
    };
    const [x, y] = [untruthful(2), untruthful(1)];
    kernels.axpy(length, 3, x, y);
    expect([0, length - 1].map((i) => y[i])).toEqual([7, 7]);
    kernels.standardizeRows(1, length, Int32Array.of(0), x, new Float64Array(length), new Float64Array(length).fill(4), y);
    expect([0, length - 1].map((i) => y[i])).toEqual([0.5, 0.5]);
  });

  test('foreign arrays, own ones and mixed ones give the same bits, wherever they begin', () => {
    const [m, n, k] = [7, 9, 300];
    const numbers = (length: number, factor: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(factor * i));
    const [a, b, c] = [numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3)];
    const own = (array: Float32Array): Float32Array => {
      const copy = kernels.allocate(array.length + 5).subarray(5) as Float32Array;
      copy.set(array);
      return copy;
    };
    const results = [[false, false, false], [true, true, true], [true, false, false], [false, true, false], [false, false, true]].map((isOwn) => {
      const [x, y, z] = [a, b, c].map((array, i) => (isOwn[i]! ? own(array) : array.slice())) as [Float32Array, Float32Array, Float32Array];
      kernels.gemm(false, false, m, n, k, 2, x, y, 3, z);
      return z.slice();
    });
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0]).not.toEqual(c);
  });

  test.each([[3, 'Uint8Array'], [4, 'Uint8Array'], [4, 'Float32Array']] as const)('rows of %i of a foreign %s are gathered without a copy of the whole', (n, type) => {
    const rows = 100_000;
    const source = type === 'Uint8Array' ? Uint8Array.from({ length: rows * n + 1 }, (_, i) => i % 251) : Float32Array.from({ length: rows * n + 1 }, (_, i) => i % 251);
    const free = instance.freeBytes();
    for (const src of [source, source.subarray(1)]) {
      const [mine, right] = [kernels, kernelsFor('float32', 'typescript')].map((each) => {
        const x = new Float32Array(4 * n);
        each.gatherRows(4, n, Int32Array.of(99_998, 0, 7, 7), src, new Float32Array(n).fill(0.5), new Float32Array(n).fill(-1), x);
        return x;
      });
      expect(mine).toEqual(right);
    }
    expect(free - instance.freeBytes()).toBeLessThan(10_000);
  });

  test('room for foreign arrays is kept for the next call, but for large ones', () => {
    const call = (length: number): void => { kernels.reluForward(length, new Float32Array(length), new Float32Array(length)); };
    call(10_000);
    call(10_000);
    const free = instance.freeBytes();
    call(10_000);
    expect(instance.freeBytes()).toBe(free);
    kernels.reluForward(2 ** 18, kernels.allocate(2 ** 18), kernels.allocate(2 ** 18)); // starts threads, which have stacks
    const [freed] = [instance.freeBytes()];
    call(20_000_000);
    expect(instance.freeBytes()).toBeGreaterThanOrEqual(freed);
  });

  test('after refusals the stack and the memory are as before', () => {
    const x = kernels.allocate(8);
    kernels.reluForward(8, x, x);
    const free = instance.freeBytes();
    const codes = new Set<unknown>();
    for (let i = 0; i < 2000; i++) { // of which each would leave 2 kB on a stack of 1 MB
      try {
        kernels.dot(8, x, i % 2 === 0 ? x.subarray(6) : new Float32Array(3));
      } catch (error) {
        codes.add((error as { code: unknown }).code);
      }
    }
    expect([...codes]).toEqual(['ERR_KERNEL_ARG']);
    expect(instance.freeBytes()).toBe(free);
    kernels.gemm(false, false, 2, 2, 2, 1, x, x, 0, kernels.allocate(4));
  });

  test('sums are divided as the native ones are, also by one thread', () => {
    const x = Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i));
    const inParts = (divisions: number | null): number => {
      setThreads(1, divisions);
      return kernels.dot(x.length, x, x);
    };
    try {
      const [whole, three] = [inParts(null), inParts(3)];
      expect(three).not.toBe(whole);
      expect([inParts(3), inParts(null), inParts(1)]).toEqual([three, whole, whole]);
    } finally {
      setThreads(1);
    }
  });

  describe('threads', () => {
    const side = 200;
    const factor = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
    const product = (by: Kernels): Float32Array => {
      const result = by.allocate(side * side) as Float32Array;
      by.gemm(false, true, side, side, side, 1, factor, factor, 0, result);
      return result.slice();
    };
    /** Calls until another thread has computed a part, as it takes a while to start; for at most 20 s. */
    const untilHelped = async (of: Instance, call: () => void): Promise<void> => {
      const before = of.helped();
      for (const until = performance.now() + 20_000; of.helped() === before && performance.now() < until;) {
        call();
        await new Promise((settle) => { setImmediate(settle); });
      }
      expect(of.helped()).toBeGreaterThan(before);
    };

    test('compute parts of large calls, with the bits of one that computes all', async () => {
      const other = new Instance((openModule() as { module: object }).module);
      const own = wasmKernels(other, 'float32');
      other.setThreads(1, 2);
      const alone = product(own);
      expect(other.helped()).toBe(0);
      other.setThreads(2, null);
      await untilHelped(other, () => { expect(product(own)).toEqual(alone); });
    });

    test('that find no memory end the call, and compute the next', async () => {
      const other = new Instance((openModule() as { module: object }).module);
      const own = wasmKernels(other, 'float32');
      other.setThreads(2, null);
      const x = own.allocate(2 ** 18);
      await untilHelped(other, () => { own.reluForward(x.length, x, x); });
      const [a, c] = [own.allocate(side * side), own.allocate(side * side)];
      a.set(factor);
      const blocks: number[] = [];
      for (let bytes = 2 ** 31; bytes >= 64; bytes /= 2) {
        while (bytes + 64 <= other.freeBytes()) {
          try {
            blocks.push(other.allocate(bytes));
          } catch {
            break;
          }
        }
      }
      for (let i = 0; i < 20; i++) {
        expect(() => { own.gemm(false, true, side, side, side, 1, a, a, 0, c); }).toThrow(expect.objectContaining({ code: 'ERR_MEMORY' }));
      }
      for (const block of blocks) other.free(block);
      const right = product(kernels);
      await untilHelped(other, () => { expect(product(own)).toEqual(right); });
    });
  });

  test('a module whose memory is that of a single thread, as pages have it, has one', () => {
    const other = new Instance(new webAssembly!.Module(readFileSync(join(root, 'wasm', 'kernels.wasm'))));
    other.setThreads(2, null);
    expect([other.mostThreads, other.threads, other.memory.constructor.name]).toEqual([1, 1, 'ArrayBuffer']);
    const [x, y] = [Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i)), wasmKernels(other, 'float32')];
    setThreads(1);
    expect(Math.abs(y.dot(x.length, x, x) - kernels.dot(x.length, x, x))).toBeLessThan(0.1);
  });

  test('memories of several instances are apart', () => {
    const other = new Instance(new webAssembly!.Module(readFileSync(join(root, 'wasm', 'kernels.wasm'))));
    const x = wasmKernels(other, 'float32').allocate(2);
    x.set([-1, 2]);
    const y = kernels.allocate(2);
    kernels.reluForward(2, x, y);
    expect([...y]).toEqual([0, 2]);
    expect(x.buffer).not.toBe(y.buffer);
  });

  test.each([{ dtype: 'float32' }, { dtype: 'float64' }, { precision: 'bfloat16' }])('a training with %j learns as on the TypeScript kernels, to rounding', (precision) => {
    const [wasm, typescript] = (['wasm', 'typescript'] as const).map((backend) => run({ ...precision, backend }).result);
    expect(wasm!.backend).toBe('wasm');
    expect(wasm!.parametersDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(Math.abs(wasm!.valLoss - typescript!.valLoss)).toBeLessThan(1e-3);
  });
});
