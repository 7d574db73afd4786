import { BlastrainError, expected, toPlain } from '../errors';
import { getThreads, wasmStatus } from '../kernels';
import { retryWasm } from '../kernels/wasm/load';
import { provideModule } from '../kernels/wasm/moduleFile';
import { setShared, sharesMemory, vectorsHere } from '../kernels/wasm/webAssembly';
import type { WasmVectors } from '../kernels/wasm/webAssembly';

/**
 * Where the WebAssembly kernels come from: the address of a folder with `kernels.wasm` and `kernels-relaxed.wasm` (one that ends in a slash), of which the one that this
 * browser runs faster is fetched; the address of a module; its bytes; or a module that was compiled already, by another thread perhaps.
 */
export type WasmSource = string | URL | BufferSource | WebAssembly.Module;

/** The kernels that were loaded. */
export interface LoadedWasm {
  /** Of plain vectors of 128 bits, or with fused multiply-adds. */
  readonly vectors: WasmVectors;
  /** How much memory was reserved for models and what they compute on. */
  readonly memoryBytes: number;
  /** How many threads share large calls: as many as there are cores in a page that is isolated (`crossOriginIsolated`), else one. */
  readonly threads: number;
  /** The compiled module: `postMessage` hands it to a worker, whose `loadWasm` takes it without compiling it anew. */
  readonly module: WebAssembly.Module;
}

/**
 * Makes the backend `wasm` ready in this thread; from then on it is the default. Without it, and in browsers that have no vectors in WebAssembly, kernels are those in TypeScript.
 * Rejects with ERR_BACKEND where the module cannot be had or run, naming the reason, and with ERR_CONFIG for another source.
 *
 * @param source by default the folder `wasm` of the package, as it lies beside this file.
 */
export async function loadWasm(source: WasmSource = new URL('../../wasm/', import.meta.url)): Promise<LoadedWasm> {
  const vectors = vectorsHere();
  if (vectors === 'none') throw refused('this browser runs no WebAssembly with 128-bit vectors', source);
  let module: WebAssembly.Module;
  try {
    module = await compile(source, vectors);
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_CONFIG' ? error : refused(toPlain(error).message, source);
  }
  provideModule(module);
  retryWasm();
  const status = wasmStatus();
  if (!status.loaded) throw refused(status.reason, source);
  return { vectors: status.vectors, memoryBytes: status.memoryBytes, threads: getThreads('wasm'), module };
}

async function compile(source: WasmSource, vectors: WasmVectors): Promise<WebAssembly.Module> {
  const kind = kindOf(source);
  if (kind === 'WebAssembly.Module') return source;
  if (kind === 'ArrayBuffer' || ArrayBuffer.isView(source)) return compileBytes(source as BufferSource);
  const given = addressOf(source);
  if (given === undefined) throw expected('ERR_CONFIG', 'an address, the bytes of a module or a module', 'source', source, { path: 'source' });
  const address = given.endsWith('/') ? `${given}${vectors === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm'}` : given;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${String(response.status)} ${response.statusText}`);
  // Compiled while it arrives, where the server says what it is and nothing is to be changed.
  return response.headers.get('content-type')?.startsWith('application/wasm') === true && !sharesMemory() ? WebAssembly.compileStreaming(response)
    : compileBytes(await response.arrayBuffer());
}

/** The module with a memory that threads share, where they can. */
function compileBytes(source: BufferSource): Promise<WebAssembly.Module> {
  const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice() : new Uint8Array(source.slice(0));
  setShared(bytes, sharesMemory());
  return WebAssembly.compile(bytes);
}

function refused(reason: string, source: WasmSource): BlastrainError {
  return new BlastrainError('ERR_BACKEND', `Expected a module that loads for backend wasm but received: ${reason}`, { reason, tried: addressOf(source) ?? 'a module' });
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The address that is given as a text or as a URL. */
function addressOf(source: WasmSource): string | undefined {
  return typeof source === 'string' ? source : kindOf(source) === 'URL' ? (source as URL).href : undefined;
}
