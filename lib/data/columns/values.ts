import { describe, expected } from '../../errors';
import { parseNumber } from '../../numbers';
import { badFile } from '../files';
import type { Dictionary } from './dictionary';
import type { RowReader } from './rowReader';

/** A column of values as programs and typed files hold them. */
export interface ValueColumn {
  readonly name: string;
  /** Numbers, bigints, texts, booleans, dates; null, undefined and NaN where a value is missing. With a `kind` numbers, see there. */
  readonly values: ArrayLike<unknown>;
  /** What all values are, where that is known: seconds since 1970, or 0 and 1. */
  readonly kind?: 'date' | 'boolean';
}

/** Columns of the same length. */
export interface ValueTable {
  readonly columns: readonly ValueColumn[];
  readonly rows: number;
}

/** Collects rows one by one as columns. A key that a row lacks is missing there. */
export class ColumnCollector {
  private readonly columns = new Map<string, unknown[]>();
  private rows = 0;

  addRecord(record: Readonly<Record<string, unknown>>): void {
    for (const key of Object.keys(record)) {
      const column = this.columns.get(key) ?? this.begin(key);
      column.push(record[key]);
    }
    this.endRow();
  }

  /** Values in the order of `names`. */
  addList(values: ArrayLike<unknown>, names: readonly string[]): void {
    for (let i = 0; i < names.length; i++) (this.columns.get(names[i]!) ?? this.begin(names[i]!)).push(values[i]);
    this.endRow();
  }

  table(): ValueTable {
    return { columns: [...this.columns].map(([name, values]) => typed(name, values)), rows: this.rows };
  }

  private begin(name: string): unknown[] {
    const column = Array.from<unknown>({ length: this.rows });
    this.columns.set(name, column);
    return column;
  }

  private endRow(): void {
    this.rows++;
    for (const column of this.columns.values()) if (column.length < this.rows) column.push(undefined);
  }
}

/** A column with its kind where all its values are dates or booleans. */
export function typed(name: string, values: ArrayLike<unknown>): ValueColumn {
  if (ArrayBuffer.isView(values)) return { name, values };
  let kind: 'date' | 'boolean' | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const own = typeof value === 'boolean' ? 'boolean' : isDate(value) ? 'date' : undefined;
    if (own === undefined || (kind !== undefined && own !== kind)) return { name, values };
    kind = own;
  }
  if (kind === undefined) return { name, values };
  const numbers = Float64Array.from(values, (value) => (value === null || value === undefined ? Number.NaN : Number(value) / (kind === 'date' ? 1000 : 1)));
  return { name, values: numbers, kind };
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** The number that a value is or spells; NaN for another. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN; // JSON's 1e999 is infinite
  if (typeof value === 'string') return parseNumber(value) ?? Number.NaN;
  return typeof value === 'bigint' ? Number(value) : Number.NaN;
}

/** The text of a value, empty for a missing one; undefined for a list or an object. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (isDate(value)) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : undefined;
}

/** Throws ERR_DATA for a value that is no cell of a table. */
export function noCell({ unit, line }: Pick<RowReader, 'unit' | 'line'>, file: string, name: string, i: number, value: unknown): never {
  const what = `a number, text, boolean${unit === 'row' ? ', date' : ''} or null (or columns {"${name}": "ignore"})`;
  throw badFile(what, `${file}, ${unit} ${String(line)}, ${name}`, describe(value), { file, [unit]: line, column: i + 1 });
}

/** Reads columns of values row by row. */
export class ValueReader implements RowReader {
  readonly unit = 'row';
  private at = -1;

  /** @param first the number of the first row, where others come before. */
  constructor(private readonly table: ValueTable, private readonly file: string, private readonly first = 0){}

  get count(): number {
    return this.table.columns.length;
  }

  get line(): number {
    return this.first + this.at;
  }

  get progress(): number {
    return (this.at + 1) / this.table.rows;
  }

  next(): boolean {
    return ++this.at < this.table.rows;
  }

  number(i: number): number {
    return numberOf(this.table.columns[i]!.values[this.at]);
  }

  text(i: number): string {
    const { name, values, kind } = this.table.columns[i]!;
    const value = values[this.at];
    if (value === null || value === undefined || Number.isNaN(value)) return '';
    if (kind === 'date') return new Date(1000 * (value as number)).toISOString();
    if (kind === 'boolean') return String(value === 1);
    return textOf(value) ?? noCell(this, this.file, name, i, value);
  }

  code(i: number, dictionary: Dictionary): number {
    return dictionary.codeOf(this.text(i));
  }
}

/** Columns given by name, each an array or a typed array. Throws ERR_DATA, naming the column, for one that is none or has another length. */
export function tableOfColumns(given: Readonly<Record<string, unknown>>, name: string): ValueTable {
  const columns = Object.entries(given).map(([column, values]) => {
    if (!Array.isArray(values) && !(ArrayBuffer.isView(values) && 'length' in values)) {
      throw expected('ERR_DATA', 'an array of values', `column ${column} of ${name}`, values, { file: name });
    }
    return typed(column, values as ArrayLike<unknown>);
  });
  const rows = columns[0]?.values.length ?? 0;
  const odd = columns.find(({ values }) => values.length !== rows);
  if (odd !== undefined) throw expected('ERR_DATA', `${String(rows)} values, as in ${columns[0]!.name},`, `column ${odd.name} of ${name}`, odd.values.length, { file: name });
  return { columns, rows };
}
