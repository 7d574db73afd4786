/** The upper halves of float32 numbers, rounded to the nearest, of two to the even one: NaN stays NaN. */
export function toBfloat16(numbers: ArrayLike<number>): Uint16Array {
  const rounded = new Float32Array(numbers);
  roundToBfloat16(rounded);
  const words = new Uint32Array(rounded.buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < halves.length; i++) halves[i] = words[i]! >>> 16;
  return halves;
}

/** The bits of arrays that are rounded again and again. */
const bitsOf = new WeakMap<Float32Array, Uint32Array>();

/** numbers[from … from + length) ← {@link toBfloat16} of them, as float32. */
export function roundToBfloat16(numbers: Float32Array, from = 0, length = numbers.length): void {
  let words = bitsOf.get(numbers);
  if (words === undefined) {
    words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
    bitsOf.set(numbers, words);
  }
  for (let i = from; i < from + length; i++) {
    const bits = words[i]!;
    words[i] = ((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  }
}

/** The float32 numbers whose upper halves these are, exactly. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
