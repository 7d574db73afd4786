import { featuresOf } from '../data/columns/records';
import type { RowRecord } from '../data/columns/records';
import { expected } from '../errors';
import type { Model } from '../inference/model';
import { Refusal } from './refusal';

/**
 * The features [rows, featureSize] of the rows of a request: `{"rows": […]}` or the list alone, of records by the names of columns or of lists of values in
 * the order of the columns. Throws a {@link Refusal} for too many rows, ERR_CONFIG for another shape, ERR_SHAPE for a list of another length,
 * ERR_DATA, naming row and column, for a value that is none of its column's kind.
 */
export function readRows(body: unknown, model: Model, maxRows: number): Float64Array {
  const rows = listOf(body);
  if (rows.length > maxRows) throw new Refusal(413, 'ERR_TOO_LARGE', `Expected at most ${String(maxRows)} rows for a request but received ${String(rows.length)}`);
  const { columns, featureSize } = model;
  if (columns === undefined) return flat(rows, featureSize);
  return featuresOf(rows.map((row, i): RowRecord => {
    if (!Array.isArray(row)) return row as RowRecord;
    requireLength(row, featureSize, i);
    return Object.fromEntries(columns.map(({ name }, j) => [name, row[j]]));
  }), columns);
}

function listOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  if (typeof body !== 'object' || body === null) throw expected('ERR_CONFIG', 'a list of rows, or an object with rows', 'the body', body, { path: 'body' });
  const { rows, ...others } = body as { readonly rows?: unknown };
  const other = Object.keys(others)[0];
  if (!Array.isArray(rows)) throw expected('ERR_CONFIG', 'a list', 'rows', rows, { path: 'rows' });
  if (other !== undefined) throw expected('ERR_CONFIG', 'rows alone', 'the keys of the body', other, { path: other });
  return rows;
}

/** Lists of numbers one after the other. */
function flat(rows: readonly unknown[], featureSize: number): Float64Array {
  const features = new Float64Array(rows.length * featureSize);
  rows.forEach((row, i) => {
    if (!Array.isArray(row)) throw expected('ERR_DATA', `a list of ${String(featureSize)} numbers, as the columns of this model have no names,`, `row ${String(i)}`, row, { row: i });
    requireLength(row, featureSize, i);
    row.forEach((value: unknown, j) => {
      if (typeof value !== 'number') throw expected('ERR_DATA', 'a number', `row ${String(i)}, column ${String(j)} of features`, value, { row: i, column: j });
      features[i * featureSize + j] = value;
    });
  });
  return features;
}

function requireLength(row: readonly unknown[], featureSize: number, i: number): void {
  if (row.length !== featureSize) throw expected('ERR_SHAPE', `${String(featureSize)} values`, `row ${String(i)}`, row.length, { row: i });
}
