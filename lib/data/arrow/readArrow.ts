import { readFileSync } from 'node:fs';
import type * as Arrow from 'apache-arrow';
import { requireMemory } from '../../machine';
import { FileBytes } from '../fileBytes';
import { splitValues } from '../columns/splitValues';
import type { ValueOptions } from '../columns/splitValues';
import type { ValueColumn, ValueTable } from '../columns/values';
import type { DataSplits } from '../dataset';
import { badFile } from '../files';
import { peer } from '../peer';
import { unpackLz4Frame } from './lz4';

/** See `loadArrow`. */
export async function readArrow(file: string, options: ValueOptions): Promise<DataSplits> {
  return splitValues(file, await valuesOf(file), options, true);
}

async function valuesOf(file: string): Promise<ValueTable> {
  const arrow = await peer('apache-arrow', 'reads Arrow files', file, () => import('apache-arrow'));
  requireMemory(2 * new FileBytes(file).size, 'dataFile', file);
  await registerCodecs(arrow, file);
  try {
    const table = arrow.tableFromIPC(readFileSync(file));
    return { columns: table.schema.fields.map((field, at) => columnOf(arrow, field, table.getChildAt(at)!)), rows: table.numRows };
  } catch (error) {
    if ((error as Error).name === 'BlastrainError') throw error;
    throw badFile('an Arrow file that is whole', file, (error as Error).message);
  }
}

function columnOf({ DataType }: typeof Arrow, { name, type }: Arrow.Field, vector: Arrow.Vector): ValueColumn {
  const kind = DataType.isBool(type) ? 'boolean' : DataType.isDate(type) || DataType.isTimestamp(type) ? 'date' : undefined;
  const isDecimal = DataType.isDecimal(type);
  if (kind === undefined && !isDecimal) return { name, values: DataType.isFloat(type) && vector.nullCount === 0 ? vector.toArray() as Float64Array : Array.from<unknown>(vector) };
  // Dates are milliseconds since 1970.
  const scale = isDecimal ? 10 ** type.scale : kind === 'date' ? 1000 : 1;
  const values = Float64Array.from(vector, (value: unknown) => (value === null ? Number.NaN : (isDecimal ? decimalOf(value as Uint32Array) : Number(value)) / scale));
  return { name, values, ...(kind && { kind }) };
}

/** The integer in words of 32 bits, the lowest first, in two's complement. */
function decimalOf(words: Uint32Array): number {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i]!);
  return Number(BigInt.asIntN(32 * words.length, value));
}

/** Codecs of compressed files: LZ4 always; zstd where its package is there, else it is refused once a file needs it. */
async function registerCodecs({ compressionRegistry, CompressionType }: typeof Arrow, file: string): Promise<void> {
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4Frame });
  const zstd = await peer('hyparquet-compressors', 'unpacks zstd', file, () => import('hyparquet-compressors'))
    .then(({ compressors }) => (packed: Uint8Array) => compressors.ZSTD!(packed, 0), (error: unknown) => () => { throw error as Error; });
  compressionRegistry.set(CompressionType.ZSTD, { decode: zstd });
}
