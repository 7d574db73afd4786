import { BlastrainError } from '../../errors';
import { bytesPerNumber } from '../contract';
import type { Dtype, FloatArray, KernelName } from '../contract';
import { startThread } from './threads/startThread';
import { sharesMemory, webAssembly } from './webAssembly';
import type { WasmMemory, WasmModule, WasmVectors } from './webAssembly';

/** What native/wasm/module.cc exports. Addresses are numbers of bytes from the beginning of the memory. */
interface ModuleExports {
  readonly isRelaxed: () => number;
  readonly kernels: (table: number) => number;
  readonly kernelCount: (table: number) => number;
  readonly frame: () => number;
  readonly allocate: (bytes: number) => number;
  readonly free: (address: number) => void;
  readonly freeBytes: () => number;
  readonly setThreads: (threads: number, divisions: number) => void;
  readonly allowSleep: () => void;
  readonly helped: () => number;
  readonly settle: () => void;
  readonly __wasm_call_ctors: () => void;
  readonly __tls_size: { readonly value: number };
  readonly __stack_pointer: { value: number };
  readonly __indirect_function_table: { readonly get: (index: number) => () => number };
}

/** A kernel of the module: it reads its arguments from the frame. */
export interface ModuleKernel {
  readonly run: () => number;
  /** Whether the kernel has a result, or the number means nothing. */
  readonly returns: boolean;
}

/** Why the module ended a call; as in native/wasm/frame.h. */
const reasons = ['refused', 'full'] as const;
/** Thrown through the module by a kernel that refuses its arguments, or finds no memory for what it packs. */
export class CallEnded extends Error {
  constructor(readonly reason: (typeof reasons)[number]) {
    super(reason);
  }
}

/** Makes the error for a call that is refused, or was ended by `cause`; the memory is then as before the call. */
export type ErrorOf = (kernel: KernelName, values: readonly unknown[], cause?: unknown) => unknown;

/** How much is reserved, the first of these that can be had: all that 32 bits address, but for a page, as views have at most 2³² − 1 bytes. */
const sizes = [65535, 2 ** 15, 2 ** 14, 2 ** 12, 2 ** 10] as const;

/** Bytes of the stack of a thread; parts of kernels use a few thousand. */
const stackBytes = 2 ** 18;

/**
 * The module with a memory of its own, which belongs to one thread of JavaScript; others compute parts of its calls. The memory is reserved once, as
 * large as can be, and never grown, because that would detach all views; the system gives room to what is written alone.
 */
export class Instance {
  readonly memory: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  /** Which of the two modules it is. */
  readonly vectors: WasmVectors;
  /** Where arguments are written. */
  readonly frame: number;
  private readonly functions: ModuleExports;
  private readonly stackTop: number;

  /** How many threads it can have: one where memory cannot be shared. */
  readonly mostThreads: number;
  /** How many threads share large calls. */
  threads = 1;

  /** Throws a RangeError where the engine reserves no memory. */
  constructor(private readonly module: WasmModule) {
    const { memory, functions, isShared } = instantiate(module, (i, shared) => { this.start(i, shared); });
    this.functions = functions;
    this.memory = memory.buffer;
    this.bytes = new Uint8Array(this.memory);
    this.ints = new Int32Array(this.memory, 0, Math.floor(this.memory.byteLength / 4));
    this.floats = new Float32Array(this.memory, 0, this.ints.length);
    this.doubles = new Float64Array(this.memory, 0, Math.floor(this.memory.byteLength / 8));
    functions.__wasm_call_ctors();
    this.mostThreads = isShared && sharesMemory() ? 256 : 1;
    if (isShared && maySleep(this.ints)) functions.allowSleep();
    this.stackTop = functions.__stack_pointer.value;
    this.vectors = functions.isRelaxed() === 1 ? 'relaxed' : 'simd';
    this.frame = functions.frame();
  }

  /** The kernels of a precision, by name: of a dtype all, of bfloat16 those that differ from float32's. */
  kernels(precision: 'float32' | 'float64' | 'bfloat16'): ReadonlyMap<string, ModuleKernel> {
    const table = ['float32', 'float64', 'bfloat16'].indexOf(precision);
    const at = this.functions.kernels(table) / 4;
    return new Map(Array.from({ length: this.functions.kernelCount(table) }, (_, i) => {
      const [name, run, returns] = this.ints.subarray(at + 3 * i, at + 3 * (i + 1)) as unknown as [number, number, number];
      return [this.textAt(name), { run: this.functions.__indirect_function_table.get(run), returns: returns !== 0 }];
    }));
  }

  /** The address of a new block of that many bytes, a multiple of 64. Throws ERR_MEMORY where there is no room for it. */
  allocate(bytes: number): number {
    const address = bytes < this.memory.byteLength ? this.functions.allocate(bytes) >>> 0 : 0;
    if (address === 0) throw this.full(bytes);
    return address;
  }

  free(address: number): void {
    this.functions.free(address);
  }

  /** How many bytes are in no block. */
  freeBytes(): number {
    return this.functions.freeBytes();
  }

  /** How many threads share large calls, and into how many parts these divide their work, null for as many as threads. */
  setThreads(threads: number, divisions: number | null): void {
    this.threads = Math.min(threads, this.mostThreads);
    this.functions.setThreads(this.threads, divisions ?? 0);
  }

  /** How often other threads have computed parts of calls. */
  helped(): number {
    return this.functions.helped();
  }

  /** The error for `bytes` bytes that there is no room for. */
  full(bytes: number): BlastrainError {
    const [size, left] = [this.memory.byteLength, this.freeBytes()];
    return new BlastrainError(
      'ERR_MEMORY',
      `Expected room for ${String(bytes)} bytes in the memory of the WebAssembly kernels but received none: ${String(left)} of its ${String(size)} bytes ` +
        'are left, perhaps in pieces; the native and the TypeScript kernels are not limited so',
      { bytes, left, size },
    );
  }

  /** After an error that was thrown through the module, which has left its stack as it was, and other threads at work. */
  unwind(): void {
    this.functions.__stack_pointer.value = this.stackTop;
    this.functions.settle();
  }

  /** A fresh zeroed array, whose block is freed when neither it nor any `subarray` of it is reachable any longer. */
  array(dtype: Dtype, length: number): FloatArray {
    if (length === 0) return dtype === 'float32' ? new Float32Array(this.memory, 0, 0) : new Float64Array(this.memory, 0, 0);
    const address = this.allocate(bytesPerNumber(dtype) * length);
    const array = dtype === 'float32' ? new OwnFloat32Array(this.memory, address, length) : new OwnFloat64Array(this.memory, address, length);
    array.fill(0);
    this.owners.register(array, address);
    return array;
  }

  private readonly owners = new FinalizationRegistry<number>((address) => { this.free(address); });

  /** Has a thread compute parts of calls from when it runs. Its stack and variables are never freed: it ends with this one. */
  private start(number: number, memory: WasmMemory): void {
    const stack = this.functions.allocate(stackBytes + this.functions.__tls_size.value) >>> 0;
    if (stack === 0) return;
    startThread({ module: this.module, memory, number, stack: stack + stackBytes, variables: stack + stackBytes });
  }

  private textAt(address: number): string {
    const end = this.bytes.indexOf(0, address);
    return String.fromCharCode(...this.bytes.subarray(address, end));
  }
}

/** The module with the memory that it takes: shared by threads, or one that was compiled elsewhere perhaps alone. */
function instantiate(module: WasmModule, start: (i: number, memory: WasmMemory) => void): { memory: WasmMemory; functions: ModuleExports; isShared: boolean } {
  const refuse = (reason: number): never => { throw new CallEnded(reasons[reason]!); };
  const make = (isShared: boolean) => {
    const memory = reserve(isShared);
    const imports = { env: { memory }, blastrain: { refuse, start: (i: number) => { start(i, memory); } } };
    return { memory, functions: new webAssembly!.Instance(module, imports).exports as ModuleExports, isShared };
  };
  try {
    return make(sharesMemory());
  } catch (error) {
    if ((error as Error).name !== 'LinkError') throw error;
    return make(!sharesMemory());
  }
}

function reserve(isShared: boolean): WasmMemory {
  for (const pages of sizes) {
    try {
      return new webAssembly!.Memory({ initial: pages, maximum: pages, shared: isShared });
    } catch (error) {
      if (pages === sizes.at(-1)) throw error;
    }
  }
  throw new RangeError('no memory');
}

/** Whether this thread may wait for others asleep; the one that draws a page may not. */
function maySleep(ints: Int32Array): boolean {
  try {
    Atomics.wait(ints, 0, ~ints[0]!);
    return true;
  } catch {
    return false;
  }
}

/*
 * All arrays of a memory are views of one buffer, so that a part of an array does not by itself keep the whole. These do; in all else, their
 * constructor included, they are as others.
 */

const wholes = new WeakMap<FloatArray, FloatArray>();

class OwnFloat32Array extends Float32Array<ArrayBuffer> {
  override subarray(begin?: number, end?: number): Float32Array<ArrayBuffer> {
    return partOf(this, super.subarray(begin, end), OwnFloat32Array.prototype);
  }
}
class OwnFloat64Array extends Float64Array<ArrayBuffer> {
  override subarray(begin?: number, end?: number): Float64Array<ArrayBuffer> {
    return partOf(this, super.subarray(begin, end), OwnFloat64Array.prototype);
  }
}
Object.defineProperty(OwnFloat32Array.prototype, 'constructor', { value: Float32Array });
Object.defineProperty(OwnFloat64Array.prototype, 'constructor', { value: Float64Array });

function partOf<Part extends FloatArray>(whole: FloatArray, part: Part, prototype: object): Part {
  wholes.set(part, whole);
  return Object.setPrototypeOf(part, prototype) as Part;
}
