import type { StoredLayout } from '../stored';
import type { RowReader } from './rowReader';

/** Consecutive rows of a store. */
export interface RowBlock {
  /** [rows, width], to be read alone. */
  readonly block: Float64Array;
  readonly rows: number;
}

/** Features that were read: [rows, featureSize]. */
export interface TableInMemory {
  readonly features: Float64Array;
  readonly rows: number;
  readonly featureSize: number;
}

/** Rows of numbers, as a reader gives them, one after the other. */
export interface RowStore {
  /** Numbers of a row. */
  readonly width: number;
  /** How many rows there are. */
  readonly rows: number;
  /** Where the last row is to be written, from where {@link next} said. */
  readonly block: Float64Array;
  /** Adds a row of numbers that are still to be written; returns where in {@link block} it begins. */
  next(reader: Pick<RowReader, 'progress'>): number;
  blocks(): Iterable<RowBlock>;
  /** Keeps some of the columns alone, ascending, and replaces codes in them by what they stand for, `values`, by column as it was. No rows are added behind that. */
  keep(columns: readonly number[], values?: ReadonlyMap<number, readonly number[]>): void;
  /** Where the rows are. No rows are added behind that. */
  layout(): TableInMemory | StoredLayout;
  /** Removes what is on disk. */
  remove(): void;
}

/** Rows in memory. */
export class MemoryRows implements RowStore {
  rows = 0;
  block: Float64Array;

  /** @param rows about how many there will be. */
  constructor(public width: number, rows: number) {
    this.block = new Float64Array(Math.max(1, rows) * width);
  }

  /** [rows, width] */
  get values(): Float64Array {
    return this.block.subarray(0, this.rows * this.width);
  }

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

  keep(columns: readonly number[], values: ReadonlyMap<number, readonly number[]> = new Map()): void {
    keepColumns(this.block, this.rows, this.width, columns, values);
    this.width = columns.length;
  }

  layout(): TableInMemory {
    return { features: this.values, rows: this.rows, featureSize: this.width };
  }

  remove(): void {
    this.rows = 0;
  }
}

/** Moves some columns of rows together, to the front, and replaces codes in them. */
export function keepColumns(block: Float64Array, rows: number, width: number, columns: readonly number[], values: ReadonlyMap<number, readonly number[]>): void {
  if (columns.length < width) {
    for (let row = 0, to = 0; row < rows; row++) for (const column of columns) block[to++] = block[row * width + column]!;
  }
  columns.forEach((column, j) => {
    const own = values.get(column);
    if (own === undefined) return;
    for (let at = j; at < rows * columns.length; at += columns.length) {
      const code = block[at]!;
      if (code === code) block[at] = own[code]!;
    }
  });
}
