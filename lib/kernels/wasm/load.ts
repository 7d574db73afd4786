import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BlastrainError, toPlain } from '../../errors';
import { packageRoot } from '../../files';
import { Instance } from './instance';
import { vectorsHere, webAssembly } from './webAssembly';

/* The one file here that needs Node.js: in a page the module comes from elsewhere. */

/** Which module runs: of plain 128-bit vectors, or of those with fused multiply-adds. */
export type WasmVectors = 'simd' | 'relaxed';

/** Whether the WebAssembly kernels can be used here; if not, why, and what to type. */
export type WasmStatus =
  | { readonly loaded: true; readonly vectors: WasmVectors; readonly memoryBytes: number }
  | { readonly loaded: false; readonly reason: string; readonly mend: string };

type Outcome = { readonly instance: Instance; readonly vectors: WasmVectors } | { readonly reason: string; readonly mend: string };
let outcome: Outcome | undefined;
let divisions: number | null = null;

/** The module with this thread's memory, or why there is none. Loads it on the first call in each thread. */
export function loadWasm(): Outcome {
  outcome ??= tryToLoad();
  return outcome;
}

/** The module with this thread's memory. Throws ERR_BACKEND, with reason and mend, where it does not load. */
export function requireWasm(): Instance {
  const result = loadWasm();
  if ('instance' in result) return result.instance;
  const { reason, mend } = result;
  throw new BlastrainError(
    'ERR_BACKEND', `Expected a module that loads for backend wasm but received: ${reason}; to mend it, type: ${mend}`, { reason, mend, tried: folderOf() });
}

/** Into how many parts calls from this thread divide their work; loads nothing. */
export function divideWasm(parts: number | null): void {
  divisions = parts;
  if (outcome !== undefined && 'instance' in outcome) outcome.instance.divide(parts);
}

/** Where the modules lie: in the package, or where BLASTRAIN_WASM says. */
const folderOf = (): string => process.env['BLASTRAIN_WASM'] ?? join(packageRoot, 'wasm');

/** What makes them in a clone. */
const build = 'apt-get install clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc && npm run wasm';

function tryToLoad(): Outcome {
  const vectors = vectorsHere();
  if (vectors === 'none') return { reason: 'this Node.js runs no WebAssembly with 128-bit vectors', mend: 'node without --jitless' };
  const file = vectors === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm';
  let bytes;
  try {
    bytes = readFileSync(join(folderOf(), file));
  } catch {
    return { reason: `${file} is not in ${folderOf()}`, mend: packageRoot.includes(`${sep}node_modules${sep}`) ? 'npm install blastrain' : build };
  }
  try {
    const instance = new Instance(new webAssembly!.Module(bytes));
    instance.divide(divisions);
    return { instance, vectors };
  } catch (error) {
    return { reason: toPlain(error).message.split('\n', 1)[0]!, mend: 'ulimit -v unlimited' };
  }
}
