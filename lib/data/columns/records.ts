import { expected } from '../../errors';
import { parseNumber } from '../../numbers';
import { booleanWords, isMissing, parseDate } from './column';
import type { Column } from './column';

/** A row by the names of its columns: numbers, texts, booleans, dates; null and undefined where a cell is missing, NaN where the training rows lack some of the column too. */
export type RowRecord = Readonly<Record<string, unknown>>;

/**
 * Rows by name as features [rows, columns], see {@link Column}; other keys than the columns' are left alone. Throws ERR_DATA, naming row and
 * column, for a row that lacks a column, for a value that is none of its kind, and for NaN in a column of which `mayBeNaN` is false.
 */
export function featuresOf(rows: readonly RowRecord[], columns: readonly Column[], mayBeNaN: (column: number) => boolean = () => true): Float64Array {
  const readers = columns.map(readerOf);
  const features = new Float64Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    if (typeof (row as unknown) !== 'object' || (row as unknown) === null) throw expected('ERR_DATA', 'an object by the names of columns', `row ${String(i)} of features`, row, { row: i });
    columns.forEach(({ name, kind }, j) => {
      if (!Object.hasOwn(row, name)) {
        throw expected('ERR_DATA', `the column ${name} (null for a missing value)`, `row ${String(i)} of features`, row, { row: i, column: j });
      }
      const value = row[name];
      const isNone = value === null || value === undefined || (typeof value === 'string' && isMissing(value));
      const number = isNone ? Number.NaN : Number.isNaN(value) ? (mayBeNaN(j) ? Number.NaN : undefined) : readers[j]!(value);
      if (number === undefined) throw expected('ERR_DATA', `a ${kind}`, `row ${String(i)}, column ${name} of features`, value, { row: i, column: j });
      features[i * columns.length + j] = number;
    });
  });
  return features;
}

/** What gives the number of a value of a column; undefined for a value that is none of its kind. */
export function readerOf({ kind, categories = [] }: Column): (value: unknown) => number | undefined {
  switch (kind) {
    case 'number':
      return (value) => (typeof value === 'string' ? parseNumber(value) : finite(Number(value)));
    case 'boolean':
      return (value) => (value === categories[1] || value === true || value === 1 ? 1 : value === categories[0] || value === false || value === 0 ? 0 : booleanOf(value));
    case 'category': {
      const places = new Map(categories.map((name, place) => [name, place]));
      return (value) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? places.get(String(value)) ?? -1 : undefined);
    }
    case 'date':
      return (value) => (typeof value === 'string' ? parseDate(value)
        : typeof value === 'number' ? finite(value) : finite((value as Partial<Date>).getTime?.() ?? Number.NaN, 1000));
  }
}

const finite = (value: number, unit = 1): number | undefined => (Number.isFinite(value) ? value / unit : undefined);

/** A boolean in another spelling than the column's. */
function booleanOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const word = value.trim().toLowerCase();
  for (const [no, yes] of booleanWords) {
    if (word === yes) return 1;
    if (word === no) return 0;
  }
  return undefined;
}
