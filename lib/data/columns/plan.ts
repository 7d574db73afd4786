import type { Column, ColumnKind } from './column';
import type { RowReader } from './rowReader';
import type { RowStore } from './rowStore';

export type TargetKind = 'classes' | 'numbers' | 'labels' | 'counts';

/** What a reader is to make of a table. */
export interface TablePlan {
  readonly file: string;
  readonly names: readonly string[];
  /** The column of classes, or the columns of targets in the order of outputs. */
  readonly targetsAt: readonly number[];
  /** What targets are: classes, any numbers, labels of 0 and 1, or counts ≥ 0. */
  readonly targetKind: TargetKind;
  /** The column of the rows' weights, if any. */
  readonly weightAt?: number | undefined;
  /** What columns are said to be; the others are found out. */
  readonly kinds: ReadonlyMap<number, ColumnKind>;
  /** Columns whose cells are numbers of such a kind already, see {@link Column}: a date's seconds, a boolean's 0 and 1. */
  readonly declared?: ReadonlyMap<number, 'date' | 'boolean'>;
  /** Whether a comma within a cell is a decimal comma, as no comma stands between cells. */
  readonly commaIsDecimal: boolean;
  /** About how many rows there are. */
  readonly rows: number;
  /** Whether features are kept in a temporary file. */
  readonly isOnDisk: boolean;
}

/** A table's features as numbers, see {@link Column}, and its target as text or numbers. */
export interface ReadTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** [rows, columns] */
  readonly features: RowStore;
  /** [rows, targets], the targets' numbers, or of one target the places of its texts in `targetTexts`. */
  readonly targets: Float64Array;
  /** [rows], where a column has them. */
  readonly weights?: Float64Array;
  readonly targetTexts: readonly string[];
  /** What was assumed, in phrases for a person. */
  readonly notes: readonly string[];
  /** Where the cell of a row in a column stands, for errors. */
  readonly placeOf: (column: string, row: number) => CellPlace;
}

/** Where a cell stands, in words and for the details of an error: its line and column, from 1, or its row, from 0. */
export interface CellPlace {
  readonly where: string;
  readonly details: Readonly<Record<string, number>>;
}

/** Where a row is, for errors. */
export type Place = Pick<RowReader, 'unit' | 'line'>;

/** Where a cell stands. */
export function cellPlace(file: string, names: readonly string[], { unit, line }: Place, at: number): CellPlace {
  return { where: `${file}, ${unit} ${String(line)}, column ${String(at + 1)} (${names[at]!})`, details: { [unit]: line, column: at + 1 } };
}
