import { checkOptions, checkText } from '../arguments';
import { describe } from '../errors';
import type { Dictionary } from './columns/dictionary';
import type { RowReader } from './columns/rowReader';
import { splitRows } from './columns/splitValues';
import type { ValueOptions, ValueRows } from './columns/splitValues';
import { noCell, numberOf, textOf } from './columns/values';
import type { Encoding } from './csv/encodings';
import { TextReader } from './csv/textReader';
import type { DataSplits, LoadedRows } from './dataset';
import { badFile } from './files';
import { ownRows } from './ownRows';
import type { MaybeChunked } from './table';

export interface JsonLinesOptions extends ValueOptions {
  /** How characters are written as bytes; by default UTF-8, or UTF-16 where the file begins with its byte order mark. */
  readonly encoding?: Encoding;
}

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Loads a table of JSON lines: an object a line, all keys but the target features, which are numbers, categories, booleans or dates as in a
 * .csv (see `loadCsv`); null and keys that a row lacks are missing. Throws ERR_DATA, naming file and line, for a line that is no object, for
 * a value that is a list or an object unless its column is ignored, and for what `loadCsv` refuses; ERR_CONFIG for a target that is no key.
 */
export function loadJsonLines(file: string, options?: JsonLinesOptions): DataSplits;
/** With `chunkRows`, features stay in a temporary file, see `loadCsv`. */
export function loadJsonLines(file: string, options: MaybeChunked<JsonLinesOptions>): LoadedRows;
export function loadJsonLines(file: string, options: MaybeChunked<JsonLinesOptions> = {}): LoadedRows {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const open = (): ObjectReader => new ObjectReader(new TextReader(file, options.encoding));
  const rows = findColumns(open());
  return ownRows(splitRows(file, { ...rows, open: () => new JsonLineReader(open(), file, rows.columns) }, options));
}

/** The keys of all objects, in the order in which they come, and which of them hold truths alone. */
function findColumns(reader: ObjectReader): ValueRows {
  const kinds = new Map<string, 'boolean' | 'other' | undefined>();
  let rows = 0;
  for (let record = reader.next(); record !== undefined; record = reader.next(), rows++) {
    for (const key of Object.keys(record)) {
      const value = record[key];
      const known = kinds.get(key);
      if (known === 'other') continue;
      const own = value === null ? undefined : typeof value === 'boolean' ? 'boolean' : 'other';
      if (own !== undefined || !kinds.has(key)) kinds.set(key, own);
    }
  }
  return { columns: [...kinds].map(([name, kind]) => ({ name, ...(kind === 'boolean' && { kind }) })), rows };
}

/** The objects of all lines that are not empty. */
class ObjectReader {
  /** The line of the last object, from 1. */
  line = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(private readonly source: TextReader) {}

  /** The share of the text that is read. */
  get progress(): number {
    return Math.max(1, this.source.position - (this.bytes.length - this.at)) / this.source.size;
  }

  /** Undefined at the end. Throws ERR_DATA, naming the line, for one that is no object. */
  next(): JsonRecord | undefined {
    for (let text = this.nextLine(); text !== undefined; text = this.nextLine()) {
      if (text.trim() === '') continue;
      const record = parseLine(text);
      const { file } = this.source;
      if (record === undefined) throw badFile('an object', `${file}, line ${String(this.line)}`, describe(text.trim()), { file, line: this.line });
      return record;
    }
    return undefined;
  }

  private nextLine(): string | undefined {
    let end = this.bytes.indexOf(0x0a, this.at);
    while (end < 0) {
      const part = this.source.next();
      if (part === undefined) break;
      const rest = this.bytes.subarray(this.at);
      this.bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
      this.at = 0;
      end = this.bytes.indexOf(0x0a, rest.length);
    }
    if (end < 0 && this.at === this.bytes.length) return undefined;
    this.line++;
    const text = this.bytes.toString('utf8', this.at, end < 0 ? this.bytes.length : end);
    this.at = end < 0 ? this.bytes.length : end + 1;
    return text;
  }
}

/** Reads objects as rows of columns. */
class JsonLineReader implements RowReader {
  readonly unit = 'line';
  private record: JsonRecord = {};

  constructor(private readonly objects: ObjectReader, private readonly file: string, private readonly columns: ValueRows['columns']) {}

  get count(): number {
    return this.columns.length;
  }

  get line(): number {
    return this.objects.line;
  }

  get progress(): number {
    return this.objects.progress;
  }

  next(): boolean {
    const record = this.objects.next();
    this.record = record ?? {};
    return record !== undefined;
  }

  number(i: number): number {
    const { name, kind } = this.columns[i]!;
    const value = this.valueOf(name);
    return kind === 'boolean' && typeof value === 'boolean' ? Number(value) : numberOf(value);
  }

  text(i: number): string {
    const { name } = this.columns[i]!;
    const value = this.valueOf(name);
    return textOf(value) ?? noCell(this, this.file, name, i, value);
  }

  code(i: number, dictionary: Dictionary): number {
    return dictionary.codeOf(this.text(i));
  }

  private valueOf(name: string): unknown {
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined;
  }
}

function parseLine(text: string): JsonRecord | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonRecord : undefined;
  } catch {
    return undefined;
  }
}
