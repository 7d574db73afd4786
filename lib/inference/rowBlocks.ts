import { describe, expected } from '../errors';
import { anyOf } from '../fields';
import { isMissing } from '../data/columns/column';
import type { Column } from '../data/columns/column';
import { readerOf } from '../data/columns/records';
import { CellReader } from '../data/csv/cells';
import { findDelimiter } from '../data/csv/delimiter';
import { utf8Of } from '../data/csv/utf8';
import { badFile } from '../data/files';
import type { TableCells } from './givenRows';
import type { Model } from './model';

/** Rows of a table as features, and of each its id where one was asked for. */
export interface RowBlock {
  readonly features: TableCells;
  readonly ids: readonly string[] | undefined;
}

export interface RowBlockOptions {
  /** What messages call the table. */
  readonly name: string;
  /** The column of ids, by name. */
  readonly id?: string | undefined;
}

const [quote, cr, lf] = [0x22, 0x0d, 0x0a];

/**
 * The rows of a .csv that comes in pieces, of any length, as blocks of features in the order of the model's columns, which are found by name; further columns are
 * left out and a target is not needed. Only a piece is in memory at a time. The first line has the names, unless the model was trained on a table without. Throws ERR_DATA, naming file, line and
 * column, for a column that is missing, a cell of another kind than its column, a line of another length and text that is not UTF-8; ERR_CONFIG for an id that is no column.
 */
export async function* csvBlocks(model: Model, pieces: AsyncIterable<Uint8Array>, options: RowBlockOptions): AsyncGenerator<RowBlock> {
  const { name } = options;
  let table: CsvTable | undefined;
  for await (const { bytes, line } of wholeLines(pieces)) {
    const text = utf8Of(bytes, name);
    table ??= new CsvTable(model, text, options);
    const block = table.read(text, line);
    if (block.features.cells.length > 0) yield block;
  }
  if (table === undefined) throw badFile('rows', name, 'an empty file');
}

/** As {@link csvBlocks}, of JSON lines: an object a line. */
export async function* jsonLinesBlocks({ columns }: Model, pieces: AsyncIterable<Uint8Array>, { name, id }: RowBlockOptions): AsyncGenerator<RowBlock> {
  if (columns === undefined) throw badFile('a table whose columns have names, as JSON lines are,', name, 'a model of columns without names');
  const readers = columns.map((column) => cellReader(column));
  for await (const { bytes, line: first } of wholeLines(pieces)) {
    const features: number[] = [];
    const ids: string[] = [];
    utf8Of(bytes, name).toString('utf8').split('\n').forEach((text, i) => {
      if (text.trim() === '') return;
      const line = first + i;
      const record = parse(text);
      if (record === undefined) throw badFile('an object', `${name}, line ${String(line)}`, describe(text), { file: name, line });
      if (id !== undefined) ids.push(textOf(record, id, name, line));
      columns.forEach((column, j) => {
        // A key that a row lacks is missing, as where a training reads such lines.
        features.push(valueOf(readers[j]!, column, record[column.name], () => `${name}, line ${String(line)}, column ${column.name}`));
      });
    });
    if (features.length > 0) yield { features: { cells: Float64Array.from(features) }, ids: id === undefined ? undefined : ids };
  }
}

class CsvTable {
  private readonly delimiter: string;
  /** Reads the rows of the first piece. */
  private first: CellReader | undefined;
  private readonly places: readonly number[];
  private readonly idAt: number | undefined;
  private readonly width: number;
  private readonly columns: readonly Column[];
  private readonly readers: readonly ((value: unknown) => number | undefined)[];

  constructor(model: Model, text: Buffer, private readonly options: RowBlockOptions) {
    const { name, id } = options;
    const found = findDelimiter(text, model.spec.delimiter ?? undefined);
    const open = (): CellReader => new CellReader(onePart(text, name), found.delimiter.charCodeAt(0), found.from, found.line);
    const reader = open();
    if (!reader.next()) throw badFile('rows', name, 'an empty file');
    const cells = reader.texts().map((cell) => cell.trim());
    this.delimiter = found.delimiter;
    this.width = cells.length;
    // A table without a header has numbers for names.
    const isHeadless = model.columns?.every((column) => /^\d+$/.test(column.name)) === true && !model.columns.every((column) => cells.includes(column.name));
    this.first = isHeadless ? open() : reader;
    const names = isHeadless ? cells.map((_, i) => String(i)) : cells;
    this.idAt = id === undefined ? undefined : names.indexOf(id);
    if (this.idAt === -1) throw expected('ERR_CONFIG', `a column of ${name}`, '--id', id, { path: 'id' });
    this.columns = model.columns ?? names.filter((_, i) => i !== this.idAt).map((column): Column => ({ name: column, kind: 'number', hasMissing: false }));
    const free = [...names.keys()];
    const places = this.columns.map((column) => {
      const at = free.findIndex((place) => names[place] === column.name.trim());
      return at < 0 ? undefined : free.splice(at, 1)[0]!;
    });
    const missing = this.columns.filter((_, j) => places[j] === undefined).map((column) => column.name);
    if (missing.length > 0) throw badFile(`${missing.length === 1 ? 'a column' : 'columns'} ${anyOf(missing.slice(0, 5), 'and')}, which the model was trained on,`, name, anyOf(names.slice(0, 5), 'and'));
    this.places = places as number[];
    this.readers = this.columns.map((column) => cellReader(column, found.delimiter !== ','));
  }

  read(text: Buffer, line: number): RowBlock {
    const { places, readers, columns, idAt, options: { name } } = this;
    const reader = this.first ?? new CellReader(onePart(text, name), this.delimiter.charCodeAt(0), 0, line);
    this.first = undefined;
    const features: number[] = [];
    const ids: string[] = [];
    while (reader.next()) {
      if (reader.count !== this.width) throw badFile(`${String(this.width)} cells`, `${name}, line ${String(reader.line)}`, String(reader.count), { file: name, line: reader.line });
      if (idAt !== undefined) ids.push(reader.text(idAt));
      places.forEach((at, j) => {
        features.push(valueOf(readers[j]!, columns[j]!, reader.text(at), () => `${name}, line ${String(reader.line)}, column ${columns[j]!.name}`));
      });
    }
    return { features: { cells: Float64Array.from(features) }, ids: idAt === undefined ? undefined : ids };
  }
}

/** A text that is at hand, as a reader of cells takes it. */
function onePart(text: Buffer, file: string): ConstructorParameters<typeof CellReader>[0] {
  let part: Buffer | undefined = text;
  return {
    file, size: text.length, position: text.length,
    next: () => {
      const own = part;
      part = undefined;
      return own;
    },
  };
}

/** What reads a cell of a column; with a decimal comma where cells stand between other characters. */
function cellReader(column: Column, commaIsDecimal = false): (value: unknown) => number | undefined {
  const read = readerOf(column);
  if (!commaIsDecimal || column.kind !== 'number') return read;
  return (value) => read(typeof value === 'string' ? value.replace(/^(\s*[-+]?\d*),(\d+)/, '$1.$2') : value);
}

function valueOf(read: (value: unknown) => number | undefined, { kind }: Column, value: unknown, place: () => string): number {
  if (value === null || value === undefined || (typeof value === 'string' && isMissing(value))) return Number.NaN;
  const number = read(value);
  if (number === undefined) throw badFile(`a ${kind}`, place(), describe(value));
  return number;
}

function textOf(record: Readonly<Record<string, unknown>>, id: string, name: string, line: number): string {
  const value = record[id];
  if (typeof value !== 'string' && typeof value !== 'number') throw badFile(`a text or number as ${id}`, `${name}, line ${String(line)}`, describe(value), { file: name, line });
  return String(value);
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}

/** Pieces that end with a line, which is no line within quotes, each with the number of its first line. */
async function* wholeLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer; line: number }> {
  let rest = Buffer.alloc(0);
  let line = 1;
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    let [end, isOpen, lines, whole] = [0, false, 0, 0];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) isOpen = !isOpen;
      else if (byte === lf || (byte === cr && at + 1 < bytes.length && bytes[at + 1] !== lf)) {
        lines++;
        if (!isOpen) [end, whole] = [at + 1, lines];
      }
    }
    rest = bytes.subarray(end);
    if (end > 0) yield { bytes: bytes.subarray(0, end), line };
    line += whole;
  }
  if (rest.length > 0) yield { bytes: rest, line };
}
