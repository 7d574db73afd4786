import { kernelsFor } from '../kernels';
import type { BackendName, Dtype, FloatArray, KernelName, Kernels } from '../kernels/contract';
import { signatures } from '../kernels/signatures';
import { Instance } from '../kernels/wasm/instance';
import { wasmKernels } from '../kernels/wasm/kernels';
import { openModule } from '../kernels/wasm/moduleFile';
import { vectorsHere } from '../kernels/wasm/webAssembly';

/** Kernels that are measured beside others. */
export interface KernelContender {
  readonly who: string;
  readonly backend: BackendName;
  /** Calls a kernel with these arguments, of which those that it computes on lie where the backend has its arrays. */
  readonly caller: (kernel: KernelName, args: readonly unknown[]) => () => void;
}

/** The kernels of each backend, and of WebAssembly's two modules both where this engine runs both. */
export function kernelContenders(backends: readonly BackendName[], dtype: Dtype, threads: number): readonly KernelContender[] {
  return backends.flatMap((backend) => {
    const own = contender(backend, kernelsFor(dtype, backend));
    const plain = backend === 'wasm' && vectorsHere() === 'relaxed' ? plainKernels(dtype, threads) : undefined;
    return plain === undefined ? [own] : [own, contender('wasm, plain vectors', plain)];
  });
}

function plainKernels(dtype: Dtype, threads: number): Kernels | undefined {
  const opened = openModule('simd');
  if ('reason' in opened) return undefined;
  const instance = new Instance(opened.module);
  instance.setThreads(threads, null);
  return wasmKernels(instance, dtype);
}

function contender(who: string, kernels: Kernels): KernelContender {
  const operations = kernels as unknown as Readonly<Record<KernelName, (...args: readonly unknown[]) => unknown>>;
  const placed = new Map<unknown, FloatArray>();
  const place = (array: FloatArray): FloatArray => {
    let own = placed.get(array);
    if (own === undefined) placed.set(array, (own = kernels.allocate(array.length)));
    own.set(array);
    return own;
  };
  return {
    who, backend: kernels.backend,
    caller: (kernel, args) => {
      const own = args.map((value, i) => (signatures[kernel].args[i]!.kind === 'floats' ? place(value as FloatArray) : value));
      return () => { operations[kernel](...own); };
    },
  };
}
