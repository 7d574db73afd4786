import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { packageRoot } from '../../files';
import { environment } from '../../machine';
import type { ModuleOutcome, WasmVectors } from './webAssembly';
import { setShared, sharesMemory, vectorsHere, webAssembly } from './webAssembly';

/** Where the modules lie: in the package, or where BLASTRAIN_WASM says. */
export function placeOfModules(): string {
  return environment['BLASTRAIN_WASM'] ?? join(packageRoot, 'wasm');
}

/** What makes them in a clone. */
const build = 'apt-get install clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc && npm run wasm';

/** Reads and compiles the module for this engine, or the one that is named. Throws what WebAssembly throws. */
export function openModule(vectors: 'none' | WasmVectors = vectorsHere()): ModuleOutcome {
  if (vectors === 'none') return { reason: 'this Node.js runs no WebAssembly with 128-bit vectors', mend: 'node without --jitless' };
  const file = vectors === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm';
  let bytes;
  try {
    bytes = readFileSync(join(placeOfModules(), file));
  } catch {
    return { reason: `${file} is not in ${placeOfModules()}`, mend: packageRoot.includes(`${sep}node_modules${sep}`) ? 'npm install blastrain' : build };
  }
  setShared(bytes, sharesMemory());
  return { module: new webAssembly!.Module(bytes) };
}

/** What to type where the engine does not give the module its memory. */
export const mendOfMemory = 'ulimit -v unlimited';
