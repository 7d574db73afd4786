// An ES module, which Node 20.17 cannot require: its code is imported where it is needed.
import type * as Hyparquet from 'hyparquet' with { 'resolution-mode': 'import' };
import { FileBytes } from '../fileBytes';
import type { RowReader } from '../columns/rowReader';
import { splitParts } from '../columns/splitValues';
import type { ValueOptions } from '../columns/splitValues';
import { ValueReader } from '../columns/values';
import type { ValueColumn } from '../columns/values';
import type { LoadedRows } from '../dataset';
import { badFile } from '../files';
import { peer } from '../peer';
import type { MaybeChunked } from '../table';

type Metadata = Hyparquet.FileMetaData;
type SchemaElement = Hyparquet.SchemaElement;

/** Codecs that need no other package. */
const ownCodecs: readonly string[] = ['UNCOMPRESSED', 'SNAPPY'];

/** Dates as seconds since 1970, without an object for each. */
const parsers = {
  timestampFromMilliseconds: (millis: bigint) => Number(millis) / 1e3,
  timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1e6,
  timestampFromNanoseconds: (nanos: bigint) => Number(nanos) / 1e9,
  dateFromDays: (days: number) => days * 86_400,
} as unknown as Partial<Hyparquet.ParquetParsers>;

/** See `loadParquet`. */
export async function readParquet(file: string, options: MaybeChunked<ValueOptions>): Promise<LoadedRows> {
  const { columns: kinds = {}, groupColumn, timeColumn, splitColumn, weightColumn } = options;
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet');
  const source = bufferOf(new FileBytes(file));
  const metadata = await whole(file, () => parquetMetadataAsync(source, { geoparquet: false }));
  const fields = parquetSchema(metadata).children.map(({ element }) => element);
  const needed = [groupColumn, timeColumn, splitColumn, weightColumn];
  const isRead = (name: string): boolean => kinds[name] !== 'ignore' || needed.includes(name);
  const names = fields.map(({ name }) => name).filter(isRead);
  const compressors = await compressorsFor(metadata, file);
  // One group of rows after the other, so that no more than that is in memory beside what is made of it.
  async function* groups(): AsyncGenerator<RowReader> {
    let from = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const chunks = new Map<string, ArrayLike<unknown>[]>(names.map((name) => [name, []]));
      await whole(file, () => parquetRead({
        file: source, metadata, columns: names, rowStart: from, rowEnd: from + rows, parsers, geoparquet: false, ...(compressors && { compressors }),
        onChunk: ({ columnName, columnData }) => { chunks.get(columnName)?.push(columnData); },
      }));
      const columns = fields.map((field) => (isRead(field.name) ? columnOf(field, chunks.get(field.name)!, rows, file) : { name: field.name, values: [] }));
      yield new ValueReader({ columns, rows }, file, from);
      from += rows;
    }
  }
  const columns = fields.map((field) => ({ name: field.name, ...(kindOf(field) && { kind: kindOf(field)! }) }));
  return splitParts(file, { columns, rows: Number(metadata.num_rows), open: groups }, options);
}

/** What `read` gives; what the library throws is ERR_DATA. */
async function whole<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if ((error as Error).name === 'BlastrainError') throw error;
    throw badFile('a Parquet file that is whole', file, (error as Error).message);
  }
}

/** The chunks of a column as one. Throws ERR_DATA where they do not hold as many values as there are rows. */
function columnOf(field: SchemaElement, chunks: readonly ArrayLike<unknown>[], rows: number, file: string): ValueColumn {
  const { name } = field;
  const found = chunks.reduce((sum, { length }) => sum + length, 0);
  if (found !== rows) throw badFile(`${String(rows)} values of ${name}`, file, String(found));
  const kind = kindOf(field);
  const areNumbers = kind !== undefined || chunks.every((chunk) => ArrayBuffer.isView(chunk));
  const values: unknown[] | Float64Array = areNumbers ? new Float64Array(rows) : Array.from<unknown>({ length: rows });
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) {
      const value = chunk[i];
      values[at++] = areNumbers ? (value === null || value === undefined ? Number.NaN : Number(value)) : value;
    }
  }
  return { name, values, ...(kind && { kind }) };
}

function kindOf({ type, converted_type: converted, logical_type: logical, num_children: children = 0 }: SchemaElement): ValueColumn['kind'] {
  if (children > 0) return undefined;
  if (type === 'BOOLEAN') return 'boolean';
  const isDate = type === 'INT96' || converted === 'DATE' || converted?.startsWith('TIMESTAMP') === true || logical?.type === 'DATE' || logical?.type === 'TIMESTAMP';
  return isDate ? 'date' : undefined;
}

function bufferOf(bytes: FileBytes) {
  return {
    byteLength: bytes.size,
    slice: (start: number, end = bytes.size): ArrayBuffer => {
      if (!(start >= 0 && end >= start && end <= bytes.size)) throw badFile('a Parquet file that is whole', bytes.name, `places beyond its ${String(bytes.size)} bytes`);
      const part = new Uint8Array(end - start);
      bytes.read(part, start);
      return part.buffer;
    },
  };
}

async function compressorsFor({ row_groups: groups }: Metadata, file: string) {
  const codecs = new Set(groups.flatMap(({ columns }) => columns.flatMap(({ meta_data: data }) => (data === undefined ? [] : [data.codec]))));
  const other = [...codecs].find((codec) => !ownCodecs.includes(codec));
  if (other === undefined) return undefined;
  return (await peer('hyparquet-compressors', `unpacks ${other}`, file, () => import('hyparquet-compressors'))).compressors;
}
