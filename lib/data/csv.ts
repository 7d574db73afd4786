import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expected, nearest } from '../errors';
import { requireMemory } from '../machine';
import { parseNumber } from '../numbers';
import { MemoryBytes } from './bytes';
import type { DataSplits } from './dataset';
import { badFile, readingFile } from './files';
import { splitTable } from './table';
import type { TableOptions } from './table';

export interface CsvOptions extends Omit<TableOptions, 'chunkRows'> {
  /** The column of the classes or targets, by name or by number from 0; by default the last. */
  readonly target?: string | number;
  /** Whether the first line names the columns; by default it does unless it has a number in it. */
  readonly header?: boolean;
}

/** What a table's text takes to be read beside the text itself, as measured: three times its length, and 30 bytes a cell. */
function parsingBytes(text: Uint8Array): number {
  const sample = text.subarray(0, 2 ** 16);
  let cells = 0;
  for (const byte of sample) if (byte === 0x2c || byte === 0x0a) cells++;
  return text.length * (3 + 30 * (cells / Math.max(1, sample.length)));
}

/** The longest text that V8 can hold. */
const mostBytes = 2 ** 29 - 24;

/**
 * Loads a table of comma-separated values (RFC 4180, UTF-8): one row a line, one column the target, all others numbers. The
 * texts in the target column are the names of the classes, numbered in the order of numbers where all are numbers, else of
 * their characters. Throws ERR_DATA, with file, line and column, for a cell that is missing or no finite number and for a line of
 * another length; ERR_CONFIG for a target that is no column and for sizes that do not fit; ERR_MEMORY for a table that does
 * not fit into memory.
 */
export function loadCsv(file: string, options: CsvOptions = {}): DataSplits {
  const { target, numericTargets = false } = options;
  const text = readingFile(file, () => readFileSync(file));
  if (text.length > mostBytes) throw badFile('at most 512 MB of text', file, `${String(text.length)} bytes; NumPy arrays (.npy) may be larger`);
  requireMemory(parsingBytes(text), 'dataFile', file);
  const lines = parseCsv(text.toString('utf8').replace(/^\uFEFF/, ''), file);
  const first = lines[0];
  if (first === undefined) throw badFile('rows', file, 'an empty file');
  const hasHeader = options.header ?? !first.cells.some((cell) => parseNumber(cell) !== undefined);
  const columns = hasHeader ? first.cells : first.cells.map((_, i) => String(i));
  const rows = hasHeader ? lines.slice(1) : lines;
  if (rows.length === 0) throw badFile('rows', file, 'a header alone');
  if (columns.length < 2) throw badFile('two columns or more', file, '1');
  const targetAt = findColumn(columns, target);

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
  const goal = numericTargets
    ? { targets: Float64Array.from(rows, (row) => readNumber(row, targetAt)), classNames: [] }
    : classify(rows.map(({ cells, line }) => {
        const name = cells[targetAt]!;
        if (name === '') throw badFile('the name of a class', place(line, targetAt), 'nothing', { file, line, column: targetAt + 1 });
        return name;
      }));
  return splitTable({
    ...goal,
    layout: {
      parts: [{ bytes: new MemoryBytes(file, new Uint8Array(features.buffer)), rows: rows.length }],
      format: 'f8', featureSize, offset: 0, skip: 0, stride: 8 * featureSize,
    },
    files: [file],
    name: basename(file),
    choices: { target: columns[targetAt]! },
  }, options) as DataSplits;
}

function findColumn(columns: readonly string[], target: string | number | undefined): number {
  const index = target === undefined ? columns.length - 1 : typeof target === 'number' ? target : columns.indexOf(target);
  if (Number.isInteger(index) && index >= 0 && index < columns.length) return index;
  const suggestion = typeof target === 'string' ? nearest(target, columns) : undefined;
  const what = suggestion ?? (columns.length > 10 ? `one of ${String(columns.length)} columns` : `one of ${columns.join(', ')}`);
  throw expected('ERR_CONFIG', what, 'target', target, { path: 'target' });
}

/** Names as class numbers. */
export function classify(names: readonly string[]): { labels: Int32Array; classNames: readonly string[] } {
  const distinct = [...new Set(names)];
  const areNumbers = distinct.every((name) => parseNumber(name) !== undefined);
  const classNames = areNumbers ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct.sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: Int32Array.from(names, (name) => numbers.get(name)!), classNames };
}

interface Line {
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** The lines of a CSV text that are not empty. Throws ERR_DATA for quotes that RFC 4180 does not allow. */
function parseCsv(text: string, file: string): Line[] {
  const lines: Line[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  const bad = (received: string): Error => badFile('quotes around whole cells', `${file}, line ${String(start)}`, received, { file, line: start });
  for (let at = 0; at <= text.length; ) {
    let cell: string;
    if (text[at] === '"') {
      const closing = closingQuote(text, at);
      if (closing < 0) throw bad('a quote that is never closed');
      const inner = text.slice(at + 1, closing);
      cell = inner.replaceAll('""', '"');
      line += inner.split('\n').length - 1;
      at = closing + 1;
    } else {
      const from = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++;
      cell = text.slice(from, at);
      if (cell.includes('"')) throw bad('one within a cell');
    }
    cells.push(cell);
    if (text[at] === ',') {
      at++;
      continue;
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r') throw bad('text behind a closing quote');
    if (cells.length > 1 || cells[0] !== '') lines.push({ cells, line: start });
    cells = [];
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    start = ++line;
  }
  return lines;
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}
