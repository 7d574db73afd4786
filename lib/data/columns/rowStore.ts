import type { RowReader } from './rowReader';

/** Consecutive rows of a store. What is changed in them stays changed. */
export interface RowBlock {
  /** [rows, width] */
  readonly block: Float64Array;
  readonly rows: number;
}

/** Rows of numbers in memory, as a reader gives them, one after the other. */
export class MemoryRows {
  /** How many there are. */
  rows = 0;
  /** Room for them: the last row is to be written from where {@link next} says. */
  block: Float64Array;

  /**
   * @param width numbers of a row.
   * @param rows about how many there will be.
   */
  constructor(readonly width: number, rows: number) {
    this.block = new Float64Array(Math.max(1, rows) * width);
  }

  /** [rows, width] */
  get values(): Float64Array {
    return this.block.subarray(0, this.rows * this.width);
  }

  /** Adds a row of numbers that are still to be written; returns where in {@link block} it begins. */
  next(reader: Pick<RowReader, 'progress'>): number {
    const at = this.rows * this.width;
    if (at + this.width > this.block.length) {
      // Room for as many rows as the rest of the file will have, by the part read so far, and some more.
      const grown = new Float64Array((Math.ceil((1.05 * this.rows) / reader.progress) + 16) * this.width);
      grown.set(this.block);
      this.block = grown;
    }
    this.rows++;
    return at;
  }

  blocks(): readonly RowBlock[] {
    return [{ block: this.values, rows: this.rows }];
  }

  /** Replaces the codes of a column by what they stand for. */
  recode(column: number, values: readonly number[]): void {
    const { block, rows, width } = this;
    for (let at = column; at < rows * width; at += width) {
      const code = block[at]!;
      if (code === code) block[at] = values[code]!;
    }
  }

  /** The same rows with some of their numbers. */
  select(columns: readonly number[]): MemoryRows {
    const { block, rows, width } = this;
    const some = new MemoryRows(columns.length, rows);
    some.rows = rows;
    for (let row = 0, to = 0; row < rows; row++) for (const column of columns) some.block[to++] = block[row * width + column]!;
    return some;
  }
}
