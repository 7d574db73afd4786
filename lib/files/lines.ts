import { isUtf8 } from 'node:buffer';
import { toPlain } from '../errors';
import type { ErrorCode } from '../errors';
import { parseJson } from './json';
import { checkShape } from './shape';
import type { Shape } from './shape';
import { fileError } from './system';

/** A line of a file, from 1, with its value. */
export interface Line<T> {
  readonly value: T;
  readonly line: number;
  /** Bytes of the file up to the end of the line. */
  readonly end: number;
}

/** A line that is no JSON, or JSON of another shape. */
export interface BadLine {
  readonly line: number;
  /** What is wrong with it, with the name of the file and the number of the line. */
  readonly message: string;
}

/** What a file holds to which a line is appended for each thing that happens. */
export interface JsonLines<T> {
  readonly lines: readonly Line<T>[];
  /** Lines that are kept out. Those before and behind them are as good as ever. */
  readonly bad: readonly BadLine[];
  /** Whether the last line was torn while it was written: it has no end, or its end came to the disk before it did. */
  readonly torn: boolean;
  /** Bytes up to the end of the last whole line: to be cut to before more is appended. */
  readonly end: number;
}

/**
 * Reads a file of JSON objects, one a line, from its bytes. A kill or a full disk tears the last line at most, which is left out;
 * any other bad line was damaged later, and is named. Never throws for what the file holds.
 */
export function readJsonLines<T>(bytes: Buffer, shape: Shape<T>, { file, code }: { readonly file: string; readonly code: ErrorCode }): JsonLines<T> {
  const lines: Line<T>[] = [];
  const bad: BadLine[] = [];
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const next = bytes.indexOf(10, start);
    if (next < 0) break;
    const end = next + 1;
    if (next === start) {
      start = end;
      continue;
    }
    try {
      const value = checkShape(parseLine(bytes.subarray(start, next), `line ${String(line)} of ${file}`, code), shape, { file, line, code });
      lines.push({ value, line, end });
    } catch (error) {
      if (end === bytes.length && !isJson(bytes.toString('utf8', start, next))) break;
      bad.push({ line, message: toPlain(error).message });
    }
    start = end;
  }
  return { lines, bad, torn: start < bytes.length, end: start };
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

/** What should be said about a file of lines of which some are bad: a sentence for each of them. */
export function badLines({ bad, torn }: Pick<JsonLines<unknown>, 'bad' | 'torn'>, file: string): string[] {
  return [
    ...bad.map(({ message }) => `${message}; the line is left out`),
    ...(torn ? [`The last line of ${file} was torn while it was written; it is left out`] : []),
  ];
}
