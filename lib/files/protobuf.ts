/**
 * Messages of protocol buffers, the part that TensorBoard's event files and ONNX models need: a message is the concatenation of its
 * fields (https://protobuf.dev/programming-guides/encoding/).
 */

/** An integer, a boolean or an enumerator; |value| ≤ 2^53, negative ones as 64-bit two's complement. */
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
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
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
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
    return Buffer.from([...bytes, Number(rest)]);
  }
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of a message as read. Which of its values means something follows from the message's definition. */
export interface ProtobufField {
  readonly field: number;
  /** An integer (wire type 0), which is signed; NaN for another wire type. */
  readonly integer: number;
  /** The content of wire types 1, 2 and 5: eight bytes, a string or message or packed numbers, four bytes. */
  readonly bytes: Buffer;
}

const none = Buffer.alloc(0);

/**
 * The fields of a message in their order. `refuse` is called with what was found, and must throw, where the bytes are no message: truncated, or
 * of a wire type that is not in use.
 */
export function* protobufFields(message: Uint8Array, refuse: (received: string) => Error): Generator<ProtobufField> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const integer = (): number => {
    const [value, next] = readVarint(bytes, at, refuse);
    at = next;
    return value;
  };
  const take = (length: number): Buffer => {
    if (!(length >= 0 && at + length <= bytes.length)) throw refuse(`a field that ends beyond its message of ${String(bytes.length)} bytes`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = integer();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (field < 1) throw refuse('a field without a number');
    if (wire === 0) yield { field, integer: integer(), bytes: none };
    else if (wire === 1) yield { field, integer: Number.NaN, bytes: take(8) };
    else if (wire === 2) yield { field, integer: Number.NaN, bytes: take(integer()) };
    else if (wire === 5) yield { field, integer: Number.NaN, bytes: take(4) };
    else throw refuse(`a field of wire type ${String(wire)}`);
  }
}

/** The integers of a repeated field, one of its occurrences: packed, or a single one. */
export function repeatedIntegers({ integer, bytes }: ProtobufField, refuse: (received: string) => Error): number[] {
  if (!Number.isNaN(integer)) return [integer];
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, next] = readVarint(bytes, at, refuse);
    values.push(value);
    at = next;
  }
  return values;
}

/** A varint at a place, as a signed 64-bit integer, and the place behind it. */
function readVarint(bytes: Buffer, from: number, refuse: (received: string) => Error): [value: number, next: number] {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) throw refuse('a number that is cut off');
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return [Number(BigInt.asIntN(64, value)), from + i + 1];
  }
  throw refuse('a number of more than ten bytes');
}
