import { fileError, parseJson } from '../../files';
import { anything, checkShape, count, listOf, objectOf, recordOf, text } from '../../files/shape';
import { bfloat16ToNumber, halfToNumber } from '../halfFloats';
import type { NamedArray } from './network';

/** Number types of safetensors files and torch storages: bytes of each, and how one is read. */
export const numberTypes = {
  F64: { size: 8, read: (bytes: Buffer, at: number): number => bytes.readDoubleLE(at) },
  F32: { size: 4, read: (bytes: Buffer, at: number): number => bytes.readFloatLE(at) },
  F16: { size: 2, read: (bytes: Buffer, at: number): number => halfToNumber(bytes.readUInt16LE(at)) },
  BF16: { size: 2, read: (bytes: Buffer, at: number): number => bfloat16ToNumber(bytes.readUInt16LE(at)) },
  I64: { size: 8, read: (bytes: Buffer, at: number): number => Number(bytes.readBigInt64LE(at)) },
  I32: { size: 4, read: (bytes: Buffer, at: number): number => bytes.readInt32LE(at) },
} as const;

export type NumberType = keyof typeof numberTypes;

const byNumber = new Intl.Collator('en', { numeric: true });

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
}

const entryShape = objectOf<Entry>({ dtype: text, shape: listOf(count), data_offsets: listOf(count, 2) });

/** The tensors of a safetensors file of any program. Throws ERR_DATA, naming the file, for one that is damaged or has numbers of another type. */
export function readSafetensors(given: Uint8Array, file: string): Map<string, NamedArray> {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const refuse = (what: string, received: string): Error => fileError('ERR_DATA', what, file, received);
  const length = bytes.length < 8 ? -1 : Number(bytes.readBigUInt64LE());
  if (length < 0 || length > bytes.length - 8) throw refuse('a whole safetensors file', `${String(bytes.length)} bytes`);
  const name = { file: `the header of ${file}`, code: 'ERR_DATA' } as const;
  const { __metadata__: metadata, ...entries } = checkShape(parseJson(bytes.toString('utf8', 8, 8 + length), name), recordOf(anything), name);
  if (Object.hasOwn(Object(metadata) as object, 'blastrain')) throw refuse('a file of another program', 'a model file, which Model.load takes with its preprocessing');
  const data = bytes.subarray(8 + length);
  // The format sorts tensors by type and name: 10.weight stands before 2.weight.
  const sorted = Object.entries(checkShape(entries, recordOf(entryShape), name)).sort(([a], [b]) => byNumber.compare(a, b));
  return new Map(sorted.map(([key, { dtype, shape, data_offsets: [from = 0, to = 0] }]) => {
    if (!Object.hasOwn(numberTypes, dtype)) throw refuse(`numbers of type ${Object.keys(numberTypes).join(', ')} for ${key}`, dtype);
    const { size, read } = numberTypes[dtype as NumberType];
    const numbers = shape.reduce((product, extent) => product * extent, 1);
    if (to > data.length || to - from !== numbers * size) throw refuse(`${String(numbers * size)} bytes for ${key}`, `${String(to - from)} of a file of ${String(data.length)}`);
    return [key, { shape, values: Float64Array.from({ length: numbers }, (__, i) => read(data, from + i * size)) }];
  }));
}
