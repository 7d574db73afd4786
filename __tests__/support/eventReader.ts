import { readFileSync } from 'node:fs';

/** What an event file says of one tag at one step. */
export interface Seen {
  readonly step: number;
  readonly tag: string;
  readonly kind: 'scalar' | 'histogram' | 'image' | 'restart' | 'version';
  /** A scalar; the least value, the greatest, their number and that over the buckets; width, height and number of bytes. */
  readonly values: readonly number[];
}

type Fields = [field: number, value: number | Buffer][];

/** Reads an event file without a line of the code that writes it. Throws where a checksum or a length is wrong. */
export function readEventFile(path: string): Seen[] {
  const file = readFileSync(path);
  const seen: Seen[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const content = file.subarray(at + 12, at + 12 + length);
    check(content, file.readUInt32LE(at + 12 + length));
    seen.push(...readEvent(content));
    at += 16 + length;
  }
  return seen;
}

/** CRC-32C bit by bit, masked as TensorFlow masks it, in arithmetic without overflow. */
function check(bytes: Buffer, stored: number): void {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  const masked = (((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn;
  if (masked !== BigInt(stored)) throw new Error(`Expected checksum ${String(masked)} but received ${String(stored)}`);
}

function readEvent(content: Buffer): Seen[] {
  const event = new Map(fieldsOf(content));
  if (typeof event.get(1) !== 'number') throw new Error('Expected a time for an event');
  const step = (event.get(2) as number | undefined) ?? 0;
  if (event.has(3)) return [{ step, tag: (event.get(3) as Buffer).toString(), kind: 'version', values: [] }];
  if (event.has(7)) return [{ step, tag: '', kind: 'restart', values: [new Map(fieldsOf(event.get(7) as Buffer)).get(1) as number] }];
  return fieldsOf(event.get(5) as Buffer).map(([, value]) => readValue(step, new Map(fieldsOf(value as Buffer))));
}

function readValue(step: number, value: ReadonlyMap<number, number | Buffer>): Seen {
  const tag = (value.get(1) as Buffer).toString();
  if (value.has(2)) return { step, tag, kind: 'scalar', values: [value.get(2) as number] };
  const inner = new Map(fieldsOf((value.get(4) ?? value.get(5)) as Buffer));
  if (value.has(4)) return { step, tag, kind: 'image', values: [inner.get(2) as number, inner.get(1) as number, (inner.get(4) as Buffer).length] };
  const counts = inner.get(7) as Buffer;
  let total = 0;
  for (let i = 0; i < counts.length; i += 8) total += counts.readDoubleLE(i);
  if (counts.length !== (inner.get(6) as Buffer).length) throw new Error('Expected a limit for each bucket');
  return { step, tag, kind: 'histogram', values: [inner.get(1) as number, inner.get(2) as number, inner.get(3) as number, total] };
}

function fieldsOf(message: Buffer): Fields {
  const fields: Fields = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, type] = [key >> 3, key & 7];
    if (type === 0) fields.push([field, varint()]);
    else if (type === 1) fields.push([field, message.readDoubleLE((at += 8) - 8)]);
    else if (type === 5) fields.push([field, message.readFloatLE((at += 4) - 4)]);
    else if (type === 2) {
      const length = varint();
      fields.push([field, message.subarray(at, (at += length))]);
    } else throw new Error(`Expected a known wire type but received ${String(type)}`);
  }
  return fields;
}
