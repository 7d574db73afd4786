import type { Precision } from './contract';

/** What the addon tells about itself and the machine. */
export interface NativeInfo {
  /** OpenBLAS's own description of its build; empty with another BLAS. */
  readonly openblasVersion: string;
  /** The CPU that OpenBLAS chose its kernels for. */
  readonly openblasCore: string;
  /** Whether the addon is linked with no BLAS library and computes all products by itself. */
  readonly ownBlas: boolean;
  readonly threads: number;
  readonly maxThreads: number;
  readonly cpuFeatures: readonly string[];
  /**
   * Which instructions the addon's own products use: generic, avx2, avx512 or amx; amx-emulated where BLASTRAIN_ISA asks for what
   * this CPU does not have, and plain C++ computes the same.
   */
  readonly isa: string;
  /** Whether products of float32 are computed as several of bfloat16, so that products of bytes are faster. */
  readonly splitsProducts: boolean;
  /** Whether products of float32 dequantise a first layer's bytes while they pack them, which takes less time than to do it beforehand. */
  readonly packsBytes: boolean;
  readonly compiler: string;
}

/** Whether the native backend can be used here; if not, why, and what to type. */
export type NativeStatus =
  | { readonly loaded: true; readonly info: NativeInfo }
  | { readonly loaded: false; readonly reason: string; readonly mend: string };

export type Operation = (...args: unknown[]) => unknown;
/** Kernels by name. */
type Operations = Readonly<Record<string, Operation>>;

/** What native/addon.cc exports. */
export interface Addon {
  readonly float32: Operations;
  readonly float64: Operations;
  /** Those that are products. */
  readonly bfloat16: Operations;
  readonly info: () => NativeInfo;
  readonly setThreads: (threads: number) => void;
  /** Into how many parts calls from this thread divide their work; 0 for as many as threads. */
  readonly setDivisions: (divisions: number) => void;
  /** At most so many threads, until {@link setThreads} is called in the process. */
  readonly limitDefaultThreads: (most: number) => void;
  readonly getThreads: () => number;
  /** Asks the system for large pages for bytes that nothing was written to yet, where it has such, on the nodes of memory that `nodes` has a bit for, 0 for its own choice. */
  readonly useLargePages: (bytes: Uint8Array, nodes: number) => void;
  /** Zeroed memory in large pages for an array, likewise; undefined where there is none. */
  readonly allocateLargePages: (length: number, bytesPerElement: number, nodes: number) => ArrayBuffer | undefined;
  /**
   * With `on`, calls from this thread that it computes alone time the parts that each of as many threads as divisions would take. Returns the seconds that these would
   * have saved since the last call, had they nothing in common.
   */
  readonly timeParts: (on: boolean) => number;
  /** Computes chains of multiply-adds in registers, about that many FLOPs on each thread; returns how many on all, 0 without instructions for bfloat16. */
  readonly multiplyAdds: Readonly<Record<Precision, (flops: number) => number>>;
}

/** The addon, or why there is none. */
export type AddonOutcome = { readonly addon: Addon } | { readonly reason: string; readonly mend: string };
