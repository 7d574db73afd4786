import { readFileSync } from 'node:fs';
import { checkOptions, checkText } from '../arguments';
import { describe } from '../errors';
import { requireMemory } from '../machine';
import { splitValues } from './columns/splitValues';
import type { ValueOptions } from './columns/splitValues';
import { ColumnCollector } from './columns/values';
import type { ValueTable } from './columns/values';
import { textOf } from './csv/utf8';
import type { Encoding } from './csv/encodings';
import type { DataSplits } from './dataset';
import { badFile, readingFile } from './files';

export interface JsonLinesOptions extends ValueOptions {
  /** How characters are written as bytes; by default UTF-8, or UTF-16 where the file begins with its byte order mark. */
  readonly encoding?: Encoding;
}

/** Bytes of a line in memory beside its text, per byte of it, as measured. */
const bytesPerByte = 6;

/**
 * Loads a table of JSON lines: an object a line, all keys but the target features, which are numbers, categories, booleans or dates as in a
 * .csv (see `loadCsv`); null and keys that a row lacks are missing. Throws ERR_DATA, naming file and line, for a line that is no object, for
 * a value that is a list or an object unless its column is ignored, and for what `loadCsv` refuses; ERR_CONFIG for a target that is no key.
 */
export function loadJsonLines(file: string, options: JsonLinesOptions = {}): DataSplits {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const bytes = textOf(readingFile(file, () => readFileSync(file)), file, options.encoding);
  requireMemory(bytesPerByte * bytes.length, 'dataFile', file);
  return splitValues(file, parseRows(bytes, file), options, true);
}

/** The objects of all lines that are not empty. */
function parseRows(bytes: Buffer, file: string): ValueTable {
  const rows = new ColumnCollector();
  const lines: number[] = [];
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, from);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', from, end).trim();
    from = end + 1;
    if (text === '') continue;
    const record = parseLine(text);
    if (record === undefined) throw badFile('an object', `${file}, line ${String(line)}`, describe(text), { file, line });
    rows.addRecord(record);
    lines.push(line);
  }
  return rows.table(lines);
}

function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}
