import { createHash } from 'node:crypto';
import { BlastrainError } from '../errors';

/**
 * The safetensors file format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON
 * header with dtype, shape and offsets of each tensor, then the raw little-endian data. Readable from Python without us.
 * Our metadata carries a SHA-256 of header and data, so that a torn or altered file is recognised.
 */
export type TensorArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A named array with its shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

/** What a file holds. Metadata values are strings, as the format demands. */
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
} as const;
type TensorDtype = keyof typeof constructors;

const dtypeByTag: Readonly<Record<string, TensorDtype>> = {
  Float32Array: 'F32',
  Float64Array: 'F64',
  Int32Array: 'I32',
  Uint32Array: 'U32',
  Uint8Array: 'U8',
};

interface HeaderEntry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

type Metadata = Readonly<Record<string, string>>;
type Header = Record<string, HeaderEntry>;

/** The bytes of a file that holds the tensors. */
export function encodeTensors(file: TensorFile): Uint8Array {
  return Buffer.concat(tensorPieces(file));
}

/**
 * The same bytes in pieces, without a copy of the tensors: a header, then views on them, largest element size first so that every
 * tensor stays aligned.
 */
export function tensorPieces(file: TensorFile): Uint8Array[] {
  const entries = [...file.tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: Header = {};
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    header[name] = { dtype: dtypeByTag[data[Symbol.toStringTag]]!, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const pieces = entries.map(([, { data }]) => bytesOf(data));
  const sha256 = digestOf(header, file.metadata, pieces);

  const text = Buffer.from(JSON.stringify({ ...header, __metadata__: { ...file.metadata, sha256 } }), 'utf8');
  const headerLength = Math.ceil(text.length / 8) * 8;
  const start = Buffer.alloc(8 + headerLength, ' ');
  start.writeBigUInt64LE(BigInt(headerLength), 0);
  text.copy(start, 8);
  return [start, ...pieces];
}

/** The inverse of {@link encodeTensors}; tensors may be views on the bytes. Throws ERR_CHECKPOINT, naming `source`, when the bytes are torn or foreign. */
export function decodeTensors(bytes: Uint8Array, source: string): TensorFile {
  const refuse = (received: string): BlastrainError =>
    new BlastrainError('ERR_CHECKPOINT', `Expected a whole safetensors file for ${source} but received ${received}`, {
      file: source,
    });
  if (bytes.byteLength < 8) throw refuse(`${String(bytes.byteLength)} bytes`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > bytes.byteLength - 8) throw refuse(`${String(bytes.byteLength)} bytes where the header alone has more`);

  const parsed = parseHeader(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString('utf8'));
  if (parsed === undefined) throw refuse('a header that is not JSON');
  const { header, metadata: { sha256, ...metadata } } = parsed;
  const data = bytes.subarray(8 + headerLength);
  if (sha256 !== digestOf(header, metadata, [data])) throw refuse('one with another SHA-256');

  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    const tensor = data.subarray(from, to);
    const Constructor = constructors[dtype];
    const size = Constructor.BYTES_PER_ELEMENT;
    // A view where it can be: a checkpoint may be large. Files of others need not be aligned.
    tensors.set(name, {
      shape,
      data: tensor.byteOffset % size === 0
        ? new Constructor(tensor.buffer as ArrayBuffer, tensor.byteOffset, tensor.length / size)
        : new Constructor(new Uint8Array(tensor).buffer),
    });
  }
  return { tensors, metadata };
}

function digestOf(header: Header, metadata: Metadata, data: readonly Uint8Array[]): string {
  const digest = createHash('sha256').update(JSON.stringify([header, metadata]));
  for (const bytes of data) digest.update(bytes);
  return digest.digest('hex');
}

function parseHeader(text: string): { header: Header; metadata: Metadata } | undefined {
  try {
    const { __metadata__: metadata = {}, ...header } = JSON.parse(text) as Header & { __metadata__?: Metadata };
    return { header, metadata };
  } catch {
    return undefined;
  }
}

function bytesOf(data: TensorArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
