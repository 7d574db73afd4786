import { checkList, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { splitValues } from './columns/splitValues';
import type { ValueOptions } from './columns/splitValues';
import { ColumnCollector, tableOfColumns } from './columns/values';
import type { ValueTable } from './columns/values';
import type { DataSplits } from './dataset';

/** A row by the names of its columns, or as a list of values. */
export type GivenRow = Readonly<Record<string, unknown>> | readonly unknown[];

/** Rows as an array, a generator, a stream or a cursor gives them; or columns of values by name. */
export type GivenTable = Iterable<GivenRow> | AsyncIterable<GivenRow> | Readonly<Record<string, ArrayLike<unknown>>>;

export interface RowsOptions extends ValueOptions {
  /** The names of the columns of rows that are lists; by default their numbers, from 0. */
  readonly names?: readonly string[];
  /** What the data are called in messages and in the record of a run. Default 'rows'. */
  readonly name?: string;
}

/**
 * Takes a table from memory, or from a cursor: an iterable or async iterable of rows, which are objects by the names of columns or lists, or
 * an object of columns, which are arrays or typed arrays. Columns become features as those of a .csv do (see `loadCsv`): numbers and bigints,
 * texts, booleans and Dates; null, undefined, NaN and keys that a row lacks are missing. Rejects with ERR_DATA, naming row (from 0) and column,
 * for a row or value that is none of these, a target that is missing and columns of different lengths; with ERR_CONFIG for anything that is not
 * iterated, for a target that is no column and for sizes that do not fit; and with what the iterable itself throws.
 */
export async function loadRows(rows: GivenTable, options: RowsOptions = {}): Promise<DataSplits> {
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const { name = 'rows', names } = options;
  checkText(name, 'name', 'a name');
  if (names !== undefined) checkList(names, 'names', 'a list of names');
  return splitValues(name, await tableOf(rows, name, names), options, false);
}

async function tableOf(rows: unknown, name: string, names: readonly string[] | undefined): Promise<ValueTable> {
  if (typeof rows === 'object' && rows !== null) {
    const collector = new RowCollector(name, names);
    if (Symbol.iterator in rows) {
      for (const row of rows as Iterable<unknown>) collector.add(row);
      return collector.table();
    }
    if (Symbol.asyncIterator in rows) {
      for await (const row of rows as AsyncIterable<unknown>) collector.add(row);
      return collector.table();
    }
    if (!ArrayBuffer.isView(rows)) return tableOfColumns(rows as Readonly<Record<string, unknown>>, name);
  }
  throw expected('ERR_CONFIG', 'an iterable of rows, or an object of columns,', name, rows, { path: 'rows' });
}

/** Collects rows that are all objects, or all lists of the same length. */
class RowCollector {
  private readonly columns = new ColumnCollector();
  private count = 0;
  private areLists: boolean | undefined;

  constructor(private readonly name: string, private names: readonly string[] | undefined) {}

  add(row: unknown): void {
    const isList = Array.isArray(row);
    this.areLists ??= isList;
    if (typeof row !== 'object' || row === null || isList !== this.areLists || ArrayBuffer.isView(row)) {
      throw this.bad(this.areLists ? 'a list of values' : 'an object by the names of columns', row);
    }
    if (isList) {
      this.names ??= row.map((_, i) => String(i));
      if (row.length !== this.names.length) throw this.bad(`${String(this.names.length)} values`, row.length);
      this.columns.addList(row, this.names);
    } else this.columns.addRecord(row as Readonly<Record<string, unknown>>);
    this.count++;
  }

  table(): ValueTable {
    return this.columns.table();
  }

  private bad(what: string, received: unknown): Error {
    return expected('ERR_DATA', what, `row ${String(this.count)} of ${this.name}`, received, { row: this.count });
  }
}
