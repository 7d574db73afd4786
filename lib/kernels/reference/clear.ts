/** 0 for the elements [from, to). Unlike `fill`, it takes a detached array of which no element is meant. */
export function clear(array: { [index: number]: number }, from: number, to: number): void {
  for (let i = from; i < to; i++) array[i] = 0;
}
