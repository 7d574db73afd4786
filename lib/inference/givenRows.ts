import { expected } from '../errors';
import type { Column } from '../data/columns/column';
import { featuresOf } from '../data/columns/records';
import type { RowRecord } from '../data/columns/records';
import type { Dataset, StoredDataset } from '../data/dataset';
import { areFloats, checkGivenRows, checkRowLength } from '../data/givenRows';
import type { GivenRows } from '../data/givenRows';
import { refuseOverflow } from '../data/normalize/normalization';
import type { SourceArray } from '../kernels/contract';
import type { Net, RowsToPredict } from './net';

/**
 * Rows to predict: one flat array [rows, features], a list of a row's arrays, records by the names of columns, or a data set. All are raw, as the training's
 * data set was: bytes for images, numbers for tables, with null in a record for a missing value. NaN stands for a missing value only where training rows lack some of the column
 * too; elsewhere it is refused, as what a computation went wrong with.
 */
export type PredictRows = TableCells | GivenRows | readonly GivenRows[] | readonly RowRecord[] | Dataset | StoredDataset;

/** Features [rows, features] as a table has them, in which every NaN stands for a missing cell. */
export interface TableCells {
  readonly cells: Float64Array;
}

/**
 * Rows of any form as a data set with the model's columns. Numbers of an array are checked where a batch calls for it, all else at once. Throws what `Model.predict`
 * throws for its rows.
 */
export function rowsFor(net: Net, given: PredictRows): RowsToPredict {
  if (isDataset(given)) return net.aligned(given);
  const { featureSize, normalization, facts: { classNames, columns }, model: { kernels: { dtype } } } = net;
  const isEncoded = 'columns' in normalization;
  // Floats are centred before they are rounded, so that it is refuseOverflow which knows whether the dtype holds them.
  const largest = isEncoded || 'mean' in normalization ? 'float64' : dtype;
  const byName = areRecords(given);
  const mayBeMissing = mayBeMissingIn(net, given);
  const flat = byName ? featuresOf(given, namedColumns(columns), mayBeMissing) : areCells(given) ? given.cells : flatten(given, featureSize);
  const rowsOf = (features: SourceArray): Dataset => {
    const size = features.length / featureSize;
    return { name: 'features', split: 'test', features, labels: new Int32Array(size), size, featureSize, classNames, ...(columns && { columns }) };
  };
  const checked = (): Dataset => {
    const rows = rowsOf(byName && isEncoded ? flat as Float64Array : checkGivenRows(flat, featureSize, largest, mayBeMissing));
    refuseOverflow(rows, normalization, dtype);
    return rows;
  };
  if (isEncoded || !areFloats(flat)) return { rows: checked() };
  checkRowLength(flat, featureSize);
  return { rows: rowsOf(flat), check: checked };
}

/** Which columns NaN stands for a missing value in. */
function mayBeMissingIn({ normalization, facts: { columns } }: Net, given: PredictRows): (column: number) => boolean {
  if (!('columns' in normalization) || columns === undefined) return () => false;
  if (areCells(given)) return () => true;
  const encoded = normalization.columns;
  return (j) => {
    const column = encoded[j]!;
    return column.kind === 'duplicate' ? columns[j]!.hasMissing : column.hasMissing;
  };
}

/** The rows from `from` on, `count` at most, of a form that {@link rowsFor} takes, in memory that can go to another thread. */
export function someRows(given: Exclude<PredictRows, Dataset | StoredDataset>, featureSize: number, from: number, count: number): Exclude<PredictRows, Dataset | StoredDataset> {
  if (areCells(given)) return { cells: given.cells.slice(from * featureSize, (from + count) * featureSize) };
  const width = isList(given) ? 1 : featureSize;
  // Not by its own `slice`: that of a Buffer copies nothing.
  const { slice } = (ArrayBuffer.isView(given) ? Object.getPrototypeOf(Uint8Array.prototype) : Array.prototype) as { slice: (this: unknown, from: number, to: number) => GivenRows };
  return slice.call(given, from * width, (from + count) * width);
}

/** How many rows there are; a part of one counts as one, for the error that it gives. */
export function countRows(given: PredictRows, featureSize: number): number {
  if (isDataset(given)) return given.size;
  if (areCells(given)) return Math.ceil(given.cells.length / featureSize);
  return Math.ceil(given.length / (isList(given) ? 1 : featureSize));
}

export function isDataset(given: PredictRows): given is Dataset | StoredDataset {
  return typeof given === 'object' && (given as unknown) !== null && 'featureSize' in given && 'size' in given;
}

export function areCells(given: unknown): given is TableCells {
  return typeof given === 'object' && given !== null && 'cells' in given && ArrayBuffer.isView(given.cells);
}

/** Whether each element is a row. */
function isList(given: unknown): given is readonly unknown[] {
  const first: unknown = Array.isArray(given) ? given[0] : undefined;
  return typeof first === 'object' && first !== null;
}

function areRecords(given: unknown): given is readonly RowRecord[] {
  return isList(given) && !isArray(given[0]);
}

export const isArray = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

/** One array of a list of rows; anything else as it is, for `checkGivenRows` to judge. */
function flatten(given: unknown, featureSize: number): unknown {
  if (!isList(given)) return given;
  const areBytes = given.every((row) => Object.prototype.toString.call(row) === '[object Uint8Array]');
  const flat = (areBytes ? new Uint8Array(given.length * featureSize) : new Array<unknown>(given.length * featureSize)) as unknown[];
  given.forEach((row, i) => {
    if (!isArray(row)) throw expected('ERR_DATA', 'an array of numbers', `row ${String(i)} of features`, row, { row: i });
    if (row.length !== featureSize) throw expected('ERR_SHAPE', `${String(featureSize)} values`, `row ${String(i)} of features`, row, { row: i });
    for (let j = 0; j < featureSize; j++) flat[i * featureSize + j] = row[j];
  });
  return flat;
}

/** Throws ERR_CONFIG for a model whose features have no names. */
function namedColumns(columns: readonly Column[] | undefined): readonly Column[] {
  if (columns === undefined) throw expected('ERR_CONFIG', 'an array of numbers, as the columns of this model have no names,', 'features', 'records', { path: 'features' });
  return columns;
}
