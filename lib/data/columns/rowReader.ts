import type { Dictionary } from './dictionary';

/** Reads a table row by row. */
export interface RowReader {
  /** How many cells the last row has. */
  readonly count: number;
  /** What rows are counted in for a person: lines of a text from 1, or rows from 0. */
  readonly unit: 'line' | 'row';
  /** The line where the last row begins, or its number. */
  readonly line: number;
  /** The share of the table that is read, in (0, 1]. */
  readonly progress: number;
  /** Goes to the next row; false at the end. Throws ERR_DATA, naming the line. */
  next(): boolean;
  /** The number in cell i; NaN where it holds none. */
  number(i: number): number;
  /** The text of cell i; empty for a missing one. */
  text(i: number): string;
  /** The code of the text of cell i. */
  code(i: number, dictionary: Dictionary): number;
}
