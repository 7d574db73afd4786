/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { fround } = Math;

/**
 * Rounds a double to the dtype: float32 where `single`, else not at all. One function for both dtypes, no closure for each:
 * V8 inlines a call that always means the same function; with closures, updates took three times as long in a process
 * that used both dtypes. The minus tells V8 that both branches give a number: nothing is put on the heap.
 */
export function round(single: boolean, value: number): number {
  return single ? fround(value) : value - 0;
}
