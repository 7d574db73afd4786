import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkOptions, checkText } from '../../arguments';
import { requireMemory } from '../../machine';
import { parseNumber } from '../../numbers';
import { MemoryBytes } from '../bytes';
import { columnsOf } from './columns';
import { parseCsv } from './text';
import type { Line } from './text';
import type { DataSplits } from '../dataset';
import { badFile, readingFile } from '../files';
import { classify } from './labels';
import { splitTable } from '../table';
import type { TableOptions } from '../table';
import { decodeUtf8 } from './utf8';

export interface CsvOptions extends Omit<TableOptions, 'chunkRows'> {
  /** The column to predict, by name or by number from 0; by default the last. */
  readonly target?: string | number;
  /**
   * Whether the first line names the columns. By default detected: it does unless it holds numbers that look like a row's (see
   * docs/data.md). The description of the data's origin states the assumption.
   */
  readonly header?: boolean;
  /** The character between cells; by default the one that gives the first lines equally many cells, a comma where several do. */
  readonly delimiter?: string;
}

/** Characters that may end a cell, for an estimate of their number. */
const endsOfCells = Buffer.from(',;\t|\r\n');

/** Bytes needed to parse a text, beside the text itself: three times its length and 30 bytes per cell, as measured. */
function parsingBytes(text: Uint8Array): number {
  const sample = text.subarray(0, 2 ** 16);
  let cells = 0;
  for (const byte of sample) if (endsOfCells.includes(byte)) cells++;
  return text.length * (3 + 30 * (cells / Math.max(1, sample.length)));
}

/** Length of V8's longest string. */
const maxBytes = 2 ** 29 - 24;

/**
 * Loads a table of comma-separated values (RFC 4180, UTF-8): a row per line, one column the target, all others numbers. The texts
 * in the target column are class names, in numerical order where all are numbers, else in the order of their characters; 1 and 1.0
 * are one class. Throws ERR_DATA, with file, line and column, for a cell that is missing or no finite number, for a line with another
 * number of cells, for text that is not UTF-8 and for two columns of the target's name; ERR_CONFIG for a target that is no column and for
 * sizes that do not fit; ERR_MEMORY for a table that does not fit into memory.
 */
export function loadCsv(file: string, options: CsvOptions = {}): DataSplits {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const bytes = readingFile(file, () => readFileSync(file));
  if (bytes.length > maxBytes) throw badFile('at most 512 MB of text', file, `${String(bytes.length)} bytes; NumPy arrays (.npy) may be larger`);
  requireMemory(parsingBytes(bytes), 'dataFile', file);
  const { lines, delimiter, note: delimiterNote } = parseCsv(decodeUtf8(bytes, file), file, options.delimiter);
  const { columns, targetAt, rows, isUnusual, notes } = columnsOf(lines, file, options);

  const place = (line: number, column: number): string =>
    `${file}, line ${String(line)}, column ${String(column + 1)} (${columns[column]!})`;
  const readNumber = ({ cells, line }: Line, column: number): number => {
    const value = parseNumber(cells[column]!);
    if (value === undefined) throw badFile('a finite number', place(line, column), `'${cells[column]!}'`, { file, line, column: column + 1 });
    return value;
  };
  const featureSize = columns.length - 1;
  const features = new Float64Array(rows.length * featureSize);
  let at = 0;
  for (const row of rows) {
    if (row.cells.length !== columns.length) {
      throw badFile(`${String(columns.length)} cells`, `${file}, line ${String(row.line)}`, String(row.cells.length), { file, line: row.line });
    }
    for (let column = 0; column < columns.length; column++) if (column !== targetAt) features[at++] = readNumber(row, column);
  }
  const targets = rows.map((row) => row.cells[targetAt]!);
  const classes = options.numericTargets === true ? undefined : classify(targets.map((name, i) => {
    const { line } = rows[i]!;
    if (name.trim() === '') throw badFile('the name of a class', place(line, targetAt), 'nothing', { file, line, column: targetAt + 1 });
    return name;
  }));
  const merged = classes?.merged ?? [];
  return splitTable({
    ...(classes ?? { targets: Float64Array.from(rows, (row) => readNumber(row, targetAt)), classNames: [] }),
    layout: {
      parts: [{ bytes: new MemoryBytes(file, new Uint8Array(features.buffer)), rows: rows.length }],
      format: 'f8', featureSize, offset: 0, skip: 0, stride: 8 * featureSize,
    },
    files: [file],
    name: basename(file),
    notes: [...notes, delimiterNote, ...merged.slice(0, 3).map((spellings) => `${spellings.map((name) => name.trim()).join(' and ')} are one class`)],
    // Choices added later are left out at their defaults, so that the digests of earlier runs stay valid.
    choices: {
      target: columns[targetAt]!,
      ...(isUnusual && { header: 'unusual' }),
      ...(delimiter !== ',' && { delimiter }),
      ...(merged.length > 0 && { classes: classes!.classNames.length }),
    },
  }, options) as DataSplits;
}
