import { isAscii, isUtf8 } from 'node:buffer';
import { toPlain } from '../errors';
import type { ErrorCode } from '../errors';
import { parseJson } from './parseJson';
import { checkShape } from './shape';
import type { Shape } from './shape';
import { fileError } from './system';

/** A parsed line. */
export interface Line<T> {
  readonly value: T;
  /** Number of the line, from 1. */
  readonly line: number;
  /** Bytes from the beginning of the file to the end of the line. */
  readonly end: number;
}

/** A line that is not JSON, or JSON of another shape. */
export interface BadLine {
  readonly line: number;
  /** The error, with the name of the file and the number of the line. */
  readonly message: string;
}

/** Contents of a file of JSON lines. */
export interface JsonLines<T> {
  readonly lines: readonly Line<T>[];
  /** Damaged lines, which are left out; the lines around them are used. */
  readonly bad: readonly BadLine[];
  /** Whether the last line was torn while it was written: it has no line end, or is not JSON, where its end reached the disk first. */
  readonly torn: boolean;
  /** Bytes up to the end of the last complete line; the file is cut to this before more is appended. */
  readonly end: number;
}

/** Where lines come from. */
export interface LinesSource<T> {
  readonly file: string;
  /** Of errors. */
  readonly code: ErrorCode;
  /** Reads what lies from one index to before another, as parsing and checking would, where it is a line of the usual form; else undefined. */
  readonly quick?: (bytes: Buffer, start: number, end: number) => T | undefined;
  /** What stands in the file before these bytes: the number of lines, and of bytes; nothing by default. */
  readonly after?: { readonly line: number; readonly end: number };
}

/** What {@link eachJsonLine} says of a file as a whole. */
type Ends<T> = Omit<JsonLines<T>, 'lines'>;

/**
 * Parses a file of JSON objects, one a line. A torn last line, as a kill or a full disk leaves it, is left out; any other bad line was
 * damaged later and is listed in `bad`. Never throws for the file's contents.
 */
export function readJsonLines<T>(bytes: Buffer, shape: Shape<T>, source: LinesSource<T>): JsonLines<T> {
  const lines: Line<T>[] = [];
  const ends = eachJsonLine(bytes, shape, source, (value, line, end) => { lines.push({ value, line, end }); });
  return { lines, ...ends };
}

/** The same for a file of any length, of which nothing but what `take` keeps is held in memory. */
export function eachJsonLine<T>(bytes: Buffer, shape: Shape<T>, { file, code, quick, after = { line: 0, end: 0 } }: LinesSource<T>, take: (value: T, line: number, end: number) => void): Ends<T> {
  const bad: BadLine[] = [];
  // Known once for all lines of almost every file, and quickest to decode.
  const ascii = isAscii(bytes);
  const parse = (line: number, from: number, to: number): T => {
    const name = `line ${String(line)} of ${file}`;
    return checkShape(ascii ? parseJson(bytes.toString('latin1', from, to), { file: name, code }) : parseLine(bytes.subarray(from, to), name, code), shape, { file, line, code });
  };
  let start = 0;
  for (let line = after.line + 1; start < bytes.length; line++) {
    const next = bytes.indexOf(10, start);
    if (next < 0) break;
    const end = next + 1;
    if (next === start) {
      start = end;
      continue;
    }
    let value: T;
    try {
      value = quick?.(bytes, start, next) ?? parse(line, start, next);
    } catch (error) {
      if (end === bytes.length && !isJson(bytes.toString('utf8', start, next))) break;
      bad.push({ line, message: toPlain(error).message });
      start = end;
      continue;
    }
    take(value, line, after.end + end);
    start = end;
  }
  return { bad, torn: start < bytes.length, end: after.end + start };
}

function parseLine(bytes: Buffer, name: string, code: ErrorCode): unknown {
  if (!isUtf8(bytes)) throw fileError(code, 'UTF-8', name, 'other bytes');
  return parseJson(bytes.toString('utf8'), { file: name, code });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A sentence for each bad line of a file, and one for a torn last line. */
export function badLines({ bad, torn }: Pick<JsonLines<unknown>, 'bad' | 'torn'>, file: string): string[] {
  return [
    ...bad.map(({ message }) => `${message}; the line is left out`),
    ...(torn ? [`The last line of ${file} was torn while it was written; it is left out`] : []),
  ];
}
