import type { BlastrainError } from '../../errors';
import { bytesField, protobufFields, repeatedIntegers, varintField } from '../../files/protobuf';
import { bfloat16ToNumber, halfToNumber } from '../halfFloats';

/** Makes the error for what was found in a file. */
export type Refuse = (received: string, what?: string) => BlastrainError;

/** Element types by the names of the format, with their codes (TensorProto.DataType), and the bytes of an element in raw data. */
const types = {
  float: { code: 1, size: 4 }, uint8: { code: 2, size: 1 }, int8: { code: 3, size: 1 }, int32: { code: 6, size: 4 }, int64: { code: 7, size: 8 },
  string: { code: 8, size: 0 }, bool: { code: 9, size: 1 }, float16: { code: 10, size: 2 }, double: { code: 11, size: 8 }, bfloat16: { code: 16, size: 2 },
} as const;

export type TensorType = keyof typeof types;

/** A tensor with its values in row-major order: numbers, or texts where the type is string. Integers are numbers up to 2^53. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number> | readonly string[];
}

export function codeOf(type: TensorType): number {
  return types[type].code;
}

/** The type of a code. Throws what `refuse` makes for another. */
export function typeOf(code: number, refuse: Refuse): TensorType {
  const found = Object.entries(types).find(([, one]) => one.code === code);
  if (found === undefined) throw refuse(`element type ${String(code)}`, 'numbers or texts');
  return found[0] as TensorType;
}

type NumberType = Exclude<TensorType, 'string'>;

const writers: Readonly<Partial<Record<NumberType, (bytes: Buffer, value: number, at: number) => void>>> = {
  float: (bytes, value, at) => { bytes.writeFloatLE(value, at); },
  double: (bytes, value, at) => { bytes.writeDoubleLE(value, at); },
  int64: (bytes, value, at) => { bytes.writeBigInt64LE(BigInt(value), at); },
};

const readers: Readonly<Record<NumberType, (bytes: Buffer, at: number) => number>> = {
  float: (bytes, at) => bytes.readFloatLE(at),
  double: (bytes, at) => bytes.readDoubleLE(at),
  int64: (bytes, at) => Number(bytes.readBigInt64LE(at)),
  int32: (bytes, at) => bytes.readInt32LE(at),
  int8: (bytes, at) => bytes.readInt8(at),
  uint8: (bytes, at) => bytes[at]!,
  bool: (bytes, at) => bytes[at]!,
  float16: (bytes, at) => halfToNumber(bytes.readUInt16LE(at)),
  bfloat16: (bytes, at) => bfloat16ToNumber(bytes.readUInt16LE(at)),
};

/** The message of a tensor of floats, doubles, 64-bit integers or texts. */
export function encodeTensor({ name, type, shape, values }: OnnxTensor): Uint8Array {
  const head = [...shape.map((extent) => varintField(1, extent)), varintField(2, codeOf(type)), bytesField(8, name)];
  if (type === 'string') return Buffer.concat([...head, ...(values as readonly string[]).map((value) => bytesField(6, value))]);
  const write = writers[type]!;
  const raw = Buffer.alloc(types[type].size * values.length);
  for (let i = 0; i < values.length; i++) write(raw, values[i] as number, i * types[type].size);
  return Buffer.concat([...head, bytesField(9, raw)]);
}

/** Gives bytes of a file beside the model; to its end without a length. Throws what it refuses. */
export type ReadExternal = (location: string, offset: number, length: number | undefined) => Uint8Array;

/** Reads the message of a tensor. Throws what `refuse` makes for one that is cut short or of an unknown type, and without `external` for one whose data lie in another file. */
export function decodeTensor(bytes: Uint8Array, refuse: Refuse, external?: ReadExternal): OnnxTensor {
  let [name, code, raw, isExternal] = ['', 0, undefined as Buffer | undefined, false];
  const place: Record<string, string> = {};
  const [shape, numbers, texts]: [number[], number[], string[]] = [[], [], []];
  for (const one of protobufFields(bytes, refuse)) {
    const { field, integer, bytes: content } = one;
    if (field === 1) shape.push(...repeatedIntegers(one, refuse));
    else if (field === 2) code = integer;
    else if (field === 4) for (let at = 0; at + 4 <= content.length; at += 4) numbers.push(content.readFloatLE(at));
    else if (field === 10) for (let at = 0; at + 8 <= content.length; at += 8) numbers.push(content.readDoubleLE(at));
    else if (field === 5 || field === 7) numbers.push(...repeatedIntegers(one, refuse));
    else if (field === 6) texts.push(content.toString());
    else if (field === 8) name = content.toString();
    else if (field === 9) raw = content;
    else if (field === 13) Object.assign(place, entryOf(content, refuse));
    else if (field === 14) isExternal = integer === 1;
  }
  if (isExternal) {
    if (external === undefined) throw refuse(`the tensor ${name}, whose data lie in another file`, 'a model with its weights inside');
    const { location = '', offset = '0', length: size } = place;
    const { buffer, byteOffset, byteLength } = external(location, countOf(offset, name, refuse), size === undefined ? undefined : countOf(size, name, refuse));
    raw = Buffer.from(buffer, byteOffset, byteLength);
  }
  const type = typeOf(code, refuse);
  const length = shape.reduce((product, extent) => product * extent, 1);
  const values = type === 'string' ? texts : raw === undefined ? stored(type, numbers) : unpacked(type, raw);
  if (values.length !== length || shape.some((extent) => extent < 0)) {
    throw refuse(`${String(values.length)} values`, `the ${String(length)} values of the tensor ${name}`);
  }
  return { name, type, shape, values };
}

/** A key with its value (StringStringEntryProto). */
function entryOf(bytes: Uint8Array, refuse: Refuse): Record<string, string> {
  const fields = [...protobufFields(bytes, refuse)];
  const text = (number: number): string => fields.find(({ field }) => field === number)?.bytes.toString() ?? '';
  return { [text(1)]: text(2) };
}

function countOf(text: string, name: string, refuse: Refuse): number {
  if (!/^\d{1,15}$/.test(text)) throw refuse(`'${text}'`, `the place of the data of the tensor ${name}`);
  return Number(text);
}

/** Half floats are stored as the integers of their bits where they are not raw. */
function stored(type: NumberType, numbers: readonly number[]): readonly number[] {
  return type === 'float16' ? numbers.map(halfToNumber) : type === 'bfloat16' ? numbers.map(bfloat16ToNumber) : numbers;
}

function unpacked(type: NumberType, raw: Buffer): ArrayLike<number> {
  const [{ size }, read] = [types[type], readers[type]];
  return Float64Array.from({ length: Math.floor(raw.length / size) }, (_, i) => read(raw, i * size));
}
