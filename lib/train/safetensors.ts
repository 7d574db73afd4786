import type { BlastrainError } from '../errors';
import { concatBytes, fileError, parseJson, sha256 } from '../files';
import { checkShape, count, listOf, objectOf, oneOf, optional, recordOf, text } from '../files/shape';
import type { Shape } from '../files/shape';

/**
 * The safetensors file format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON
 * header with dtype, shape and offsets of each tensor, then the raw little-endian data. Python reads it with the safetensors
 * package. Our metadata holds a SHA-256 of header and data, by which truncated or altered files are recognised.
 */
export type TensorArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array | BigInt64Array;

/** A named array with its shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

/** Contents of a file. Metadata values are strings, as the format requires. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const constructors = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
  /** Upper halves of float32 numbers, see bfloat16.ts. */
  BF16: Uint16Array,
  I64: BigInt64Array,
} as const;
type TensorDtype = keyof typeof constructors;

const dtypeByTag: Readonly<Record<string, TensorDtype>> = {
  Float32Array: 'F32',
  Float64Array: 'F64',
  Int32Array: 'I32',
  Uint32Array: 'U32',
  Uint8Array: 'U8',
  Uint16Array: 'BF16',
  BigInt64Array: 'I64',
};

interface HeaderEntry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

type Metadata = Readonly<Record<string, string>>;
type Header = Readonly<Record<string, HeaderEntry>>;

const space = 0x20;
/** Bytes of the longest header that the format permits. */
const maxHeader = 1e8;

const entryShape = objectOf<HeaderEntry>({
  dtype: oneOf('F32', 'F64', 'I32', 'U32', 'U8', 'BF16', 'I64'),
  shape: listOf(count),
  data_offsets: listOf(count, 2) as Shape<readonly [number, number]>,
});
const headerShape = objectOf<{ readonly __metadata__?: Metadata }>({ __metadata__: optional(recordOf(text)) });

/** The bytes of a file that holds the tensors. */
export function encodeTensors(file: TensorFile): Uint8Array {
  return concatBytes(tensorChunks(file));
}

/**
 * The same bytes as chunks, without copying the tensors: the header, then views of the tensors, largest element size first so that
 * every tensor is aligned.
 */
export function tensorChunks(file: TensorFile): Uint8Array[] {
  const entries = [...file.tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: Record<string, HeaderEntry> = {};
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    header[name] = { dtype: dtypeByTag[data[Symbol.toStringTag]]!, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const chunks = entries.map(([, { data }]) => bytesOf(data));
  const text = new TextEncoder().encode(JSON.stringify({ ...header, __metadata__: { ...file.metadata, sha256: digestOf(header, file.metadata, chunks) } }));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(8 + headerLength).fill(space);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerLength), true);
  head.set(text, 8);
  return [head, ...chunks];
}

/**
 * The inverse of {@link encodeTensors}; tensors may be views of the bytes. Throws ERR_CHECKPOINT, naming `source`, for truncated or
 * altered bytes or those of another program, and, even with the right digest, for a header that does not describe the data after it.
 */
export function decodeTensors(bytes: Uint8Array, source: string): TensorFile {
  const refuse = (received: string): BlastrainError => fileError('ERR_CHECKPOINT', 'a whole safetensors file', source, received);
  if (bytes.byteLength < 8) throw refuse(`${String(bytes.byteLength)} bytes`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > bytes.byteLength - 8) throw refuse(`${String(bytes.byteLength)} bytes where the header alone has more`);
  if (headerLength > maxHeader) throw refuse(`a header of ${String(headerLength)} bytes`);

  const name = { file: `the header of ${source}`, code: 'ERR_CHECKPOINT' } as const;
  const parsed = checkShape(parseJson(new TextDecoder().decode(new Uint8Array(bytes.subarray(8, 8 + headerLength))), name), headerShape, name);
  const { __metadata__: { sha256: digest, ...metadata } = {}, ...entries } = parsed;
  if (digest === undefined) {
    throw fileError('ERR_CHECKPOINT', 'a safetensors file that blastrain has written', source, 'one of another program, without a digest');
  }
  const header = checkShape(entries, recordOf(entryShape), name);
  const data = bytes.subarray(8 + headerLength);
  if (digest !== digestOf(header, metadata, [data])) throw refuse('one with another SHA-256');
  if (!covers(Object.values(header), data.length)) throw refuse('tensors that overlap, leave gaps or end elsewhere than the file');

  const tensors = new Map<string, Tensor>();
  for (const [tensorName, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    const tensor = data.subarray(from, to);
    const Constructor = constructors[dtype];
    const size = Constructor.BYTES_PER_ELEMENT;
    if (shape.reduce((product, extent) => product * extent, size) !== to - from) {
      throw refuse(`${String(to - from)} bytes for ${tensorName}, which is ${dtype} [${shape.join(', ')}]`);
    }
    // A view where alignment permits, as a checkpoint may be large.
    tensors.set(tensorName, {
      shape,
      data: tensor.byteOffset % size === 0
        ? new Constructor(tensor.buffer as ArrayBuffer, tensor.byteOffset, tensor.length / size)
        : new Constructor(new Uint8Array(tensor).buffer),
    });
  }
  return { tensors, metadata };
}

/** Whether the tensors are contiguous and end with the data, as the format requires. */
function covers(entries: readonly HeaderEntry[], length: number): boolean {
  let end = 0;
  for (const { data_offsets: [from, to] } of [...entries].sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])) {
    if (from !== end || to < from) return false;
    end = to;
  }
  return end === length;
}

function digestOf(header: Header, metadata: Metadata, data: readonly Uint8Array[]): string {
  const digest = sha256().update(JSON.stringify([header, metadata]));
  for (const bytes of data) digest.update(bytes);
  return digest.digest('hex');
}

function bytesOf(data: TensorArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
