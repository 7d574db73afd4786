/**
 * Messages of protocol buffers, the part that TensorBoard's event files need: a message is the concatenation of its
 * fields (https://protobuf.dev/programming-guides/encoding/).
 */

/** An integer, a boolean or an enumerator; 0 ≤ value ≤ 2^53. */
export function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(8 * field), varint(value)]);
}

export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(8 * field + 1), bytes]);
}

export function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(8 * field + 5), bytes]);
}

/** Bytes, a string, or an embedded message. */
export function bytesField(field: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(8 * field + 2), varint(bytes.length), bytes]);
}

/** A packed repeated field of doubles. */
export function doublesField(field: number, values: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeDoubleLE(values[i]!, 8 * i);
  return bytesField(field, bytes);
}

/** A varint: seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
