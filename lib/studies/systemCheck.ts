import { cpus } from 'node:os';
import { builtAddons } from '../cluster/addon';
import { locateImages } from '../data/locate';
import { loadCifar10 } from '../data/cifar10/cifar10';
import { toPlain } from '../errors';
import { kernelsFor, nativeStatus, selectBackend, wasmStatus } from '../kernels';
import type { WasmStatus } from '../kernels';
import { backendNames } from '../kernels/contract';
import type { BackendName, Dtype } from '../kernels/contract';
import { tryAddon } from '../kernels/native';
import type { NativeInfo } from '../kernels/addon';
import { availableMemory, usableThreads } from '../machine';
import type { AvailableMemory, UsableThreads } from '../machine';
import { version } from '../version';

/** What this machine offers, and the problems found with their remedies. */
export interface SystemCheck {
  readonly blastrain: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  /** Logical cores of the machine. */
  readonly cores: number;
  /** Number of threads that training uses by default, and its reasons. */
  readonly threads: UsableThreads;
  readonly memory: AvailableMemory;
  readonly backend: BackendName;
  readonly native: NativeInfo | null;
  /** Which of the WebAssembly modules runs here, how much memory it has reserved, and whether threads share that; else it has one. */
  readonly wasm: Omit<WasmStatus & { loaded: true }, 'loaded'> | null;
  /** For each backend, the dtypes in which a small product gives the right result. */
  readonly dtypes: Readonly<Record<BackendName, readonly Dtype[]>>;
  /** The MPIs that the addon for training on several machines was built against, with its files. */
  readonly mpi: readonly { readonly family: string; readonly file: string }[];
  readonly data: { readonly description: string; readonly digest: string | null };
  /** Problems, each with its remedy. */
  readonly mends: readonly { readonly problem: string; readonly mend: string }[];
}

/** Checks the machine. Never throws for a problem, but lists it in `mends`. */
export function checkSystem(): SystemCheck {
  const mends: { problem: string; mend: string }[] = [];
  tryAddon();
  const status = nativeStatus();
  if (!status.loaded) mends.push({ problem: `the native kernels do not load: ${status.reason}`, mend: status.mend });
  const wasm = wasmStatus();
  // Where the addon works nobody misses them; asked for by name and missing, they are an error before this.
  if (!wasm.loaded && !status.loaded) mends.push({ problem: `the WebAssembly kernels do not load: ${wasm.reason}`, mend: wasm.mend });
  const core = process.env['OPENBLAS_CORETYPE'];
  if (core !== undefined && core !== '') {
    mends.push({
      problem: `OPENBLAS_CORETYPE=${core} keeps OpenBLAS from choosing its kernels for this CPU by itself`,
      mend: 'unset OPENBLAS_CORETYPE, unless it was set on purpose',
    });
  }
  return {
    blastrain: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    threads: usableThreads(),
    memory: availableMemory(),
    backend: selectBackend().backend,
    native: status.loaded ? status.info : null,
    wasm: wasm.loaded ? { vectors: wasm.vectors, memoryBytes: wasm.memoryBytes, sharesMemory: wasm.sharesMemory } : null,
    dtypes: Object.fromEntries(backendNames.map((name) => [name, workingDtypes(name)])) as Record<BackendName, Dtype[]>,
    mpi: builtAddons(),
    data: lookForData(mends),
    mends,
  };
}

function lookForData(mends: { problem: string; mend: string }[]): SystemCheck['data'] {
  const get = 'npx blastrain data get cifar10';
  const { kind, folder, description } = locateImages();
  if (folder === undefined || kind !== 'cifar10') {
    mends.push({ problem: 'CIFAR-10 is not here; training uses the synthetic images', mend: get });
    return { description, digest: null };
  }
  try {
    return { description, digest: loadCifar10(folder).origin.digest };
  } catch (error) {
    mends.push({ problem: toPlain(error).message, mend: `remove ${folder} and type ${get}` });
    return { description, digest: null };
  }
}

function workingDtypes(backend: BackendName): Dtype[] {
  return (['float32', 'float64'] as const).filter((dtype) => {
    try {
      const kernels = kernelsFor(dtype, backend);
      const [c, row] = [kernels.allocate(1), kernels.allocate(2)];
      row.set([1, 2]);
      kernels.gemm(false, true, 1, 1, 2, 1, row, row, 0, c);
      return c[0] === 5;
    } catch {
      return false;
    }
  });
}
