/*
 * What is used of the global WebAssembly, whose types are the browser's: the types of Node.js have none of it, and those of a page would
 * bring all of its names.
 */

/** A compiled module, which any number of threads can instantiate. */
export type WasmModule = object;

/** Which module runs: of plain 128-bit vectors, or of those with fused multiply-adds. */
export type WasmVectors = 'simd' | 'relaxed';

/** The module for this engine, or why there is none and what to type. */
export type ModuleOutcome = { readonly module: WasmModule } | { readonly reason: string; readonly mend: string };

export interface WasmMemory {
  /** A SharedArrayBuffer where threads share it. */
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyApi {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number; readonly shared: boolean }) => WasmMemory;
}

/** Absent in a Node.js that was started with --jitless. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;

/** A module of one function, of which these are the instructions; it returns a vector. */
function probe(...instructions: readonly number[]): Uint8Array {
  const body = [0, ...instructions, 11];
  return Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, body.length + 2, 1, body.length, ...body);
}
const splat = [65, 1, 253, 15] as const; // i32.const 1, i8x16.splat

/** Whether this engine has vectors of 128 bits, and whether it has relaxed multiply-adds of them (f32x4.relaxed_madd) as well. */
export function vectorsHere(): 'none' | WasmVectors {
  if (webAssembly?.validate(probe(...splat)) !== true) return 'none';
  return webAssembly.validate(probe(...splat, ...splat, ...splat, 253, 133, 2)) ? 'relaxed' : 'simd';
}

/** Whether threads can share memory here: always in Node.js, and in pages that other origins cannot reach into (COOP and COEP). */
export function sharesMemory(): boolean {
  const { SharedArrayBuffer: shared, crossOriginIsolated: isIsolated } = globalThis as { readonly SharedArrayBuffer?: unknown; readonly crossOriginIsolated?: boolean };
  return shared !== undefined && isIsolated !== false;
}

/** The import of a memory with a maximum, up to the byte that says whether threads share it: «env», «memory», and that it is a memory. */
const memoryImport = [3, ...new TextEncoder().encode('env'), 6, ...new TextEncoder().encode('memory'), 2];
const [alone, shared] = [1, 3];

/** Has a module take a memory that threads share, or one of a single thread: that is one byte of it. */
export function setShared(module: Uint8Array, isShared: boolean): void {
  for (let at = 0; at + memoryImport.length < module.length; at++) {
    if (!memoryImport.every((byte, i) => module[at + i] === byte)) continue;
    module[at + memoryImport.length] = isShared ? shared : alone;
    return;
  }
}
