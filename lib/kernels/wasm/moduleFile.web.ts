import type { ModuleOutcome, WasmModule } from './webAssembly';
import { vectorsHere } from './webAssembly';

let provided: WasmModule | undefined;

/** Hands over the compiled module: a page compiles asynchronously, and the kernels are looked for when they are first used. */
export function provideModule(module: WasmModule): void {
  provided = module;
}

export function placeOfModules(): string {
  return 'the page';
}

export function openModule(): ModuleOutcome {
  if (provided !== undefined) return { module: provided };
  if (vectorsHere() === 'none') return { reason: 'this browser runs no WebAssembly with 128-bit vectors', mend: 'a newer browser' };
  return { reason: 'no module was loaded', mend: 'await loadWasm()' };
}

export const mendOfMemory = 'fewer pages at once';
