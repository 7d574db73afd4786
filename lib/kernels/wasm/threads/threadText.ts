import type { WasmMemory, WasmModule } from '../webAssembly';

/** What a thread of the module's pool is given. */
export interface ThreadTask {
  /** The compiled module, which threads share. */
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Its number in the pool: those that start calls are 0. */
  readonly number: number;
  /** Where its stack ends, which grows downwards, and where its thread_local variables begin. */
  readonly stack: number;
  readonly variables: number;
}

/**
 * The program of such a thread, a function of a {@link ThreadTask} that does not return: another instance of the module on the same memory. As a text, so that neither Node.js
 * nor a bundler has to find a file for it. An error ends a part of a call, which the module then refuses where it was called.
 */
export const threadText = `({ module, memory, number, stack, variables }) => {
  const blastrain = { refuse: (reason) => { throw new Error(String(reason)); }, start: () => {} };
  const functions = new WebAssembly.Instance(module, { env: { memory }, blastrain }).exports;
  functions.__wasm_init_tls(variables);
  functions.allowSleep();
  for (;;) {
    functions.__stack_pointer.value = stack;
    try { functions.work(number); } catch { functions.fail(); }
  }
}`;
