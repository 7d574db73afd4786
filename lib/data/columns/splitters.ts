import { expected, nearest } from '../../errors';
import { partNamed } from '../divide';
import { badFile } from '../files';
import type { TableOptions } from '../table';
import type { Column, ColumnKind } from './column';
import type { ReadTable } from './plan';

/** The columns that decide which rows belong to which part of a split, by name. */
export type Splitters = Pick<TableOptions, 'groupColumn' | 'timeColumn' | 'splitColumn'>;

/** What else a column may be said to be, where it is one of the splitters, and as what it is read. */
const splitterKinds: Readonly<Record<keyof Splitters, { readonly allowed: readonly ColumnKind[]; readonly read?: ColumnKind }>> = {
  groupColumn: { allowed: ['category', 'ignore'], read: 'category' },
  timeColumn: { allowed: ['number', 'date', 'ignore'] },
  splitColumn: { allowed: ['category', 'ignore'], read: 'category' },
};

const keys = Object.keys(splitterKinds) as (keyof Splitters)[];

/** The name nearest to one that is no column, as an addition to «the names of columns». */
export function suggestion(name: string, names: readonly string[]): string {
  const near = nearest(name.trim(), names.map((one) => one.trim()));
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/**
 * What columns are read as, where some divide the rows: those are read even if they are to be no features. Throws ERR_CONFIG for a name that
 * is no column, or a target's or the weights' (`taken`), and for a column that is said to be what cannot divide rows.
 */
export function withSplitters(
  kinds: ReadonlyMap<number, ColumnKind>, names: readonly string[], taken: readonly (number | undefined)[], splitters: Splitters,
): ReadonlyMap<number, ColumnKind> {
  const all = new Map(kinds);
  for (const key of keys) {
    const name = splitters[key];
    if (name === undefined) continue;
    const at = names.findIndex((one) => one.trim() === name.trim());
    if (at < 0) throw expected('ERR_CONFIG', `the name of a column${suggestion(name, names)}`, key, name, { path: key });
    if (taken.includes(at)) throw expected('ERR_CONFIG', `another column than the ${at === taken.at(-1) ? 'weights' : 'target'}`, key, name, { path: key });
    const { allowed, read } = splitterKinds[key];
    const kind = kinds.get(at);
    if (kind !== undefined && !allowed.includes(kind)) {
      throw expected('ERR_CONFIG', `${allowed.join(' or ')}, as it is the ${key},`, `columns.${name}`, kind, { path: `columns.${name}` });
    }
    if (read !== undefined) all.set(at, read);
    else if (kind === 'ignore') all.delete(at);
  }
  return all;
}

/** A table without the columns that only divide its rows, and what these say. */
interface Divided {
  readonly table: ReadTable;
  readonly groups?: Int32Array;
  readonly times?: Float64Array;
  readonly parts?: Uint8Array;
}

/**
 * Takes the columns that divide the rows out of the features; that of times stays unless it is ignored. Throws ERR_DATA, with line and column,
 * for a missing cell in one of them, for a splitColumn with another word than the parts', for times that are neither numbers nor dates.
 */
export function takeSplitters(table: ReadTable, { groupColumn, timeColumn, splitColumn }: Splitters, isTimeIgnored: boolean): Divided {
  const groups = groupColumn === undefined ? undefined : valuesOf(table, groupColumn, 'a group');
  const times = timeColumn === undefined ? undefined : timesOf(table, timeColumn);
  const parts = splitColumn === undefined ? undefined : partsBy(table, splitColumn);
  const taken = [groupColumn, splitColumn, isTimeIgnored ? timeColumn : undefined].filter((name) => name !== undefined);
  return {
    table: taken.length === 0 ? table : without(table, taken),
    ...(groups && { groups: Int32Array.from(groups) }), ...(times && { times }), ...(parts && { parts }),
  };
}

function placeIn({ columns }: ReadTable, name: string): number {
  return columns.findIndex((column) => column.name.trim() === name.trim());
}

/** The numbers of a column, all of which have to be there. */
function valuesOf(table: ReadTable, name: string, what: string): Float64Array {
  const at = placeIn(table, name);
  const values = new Float64Array(table.rows);
  let row = 0;
  for (const { block, rows } of table.features.blocks()) {
    for (let i = 0, from = at; i < rows; i++, row++, from += table.columns.length) {
      values[row] = block[from]!;
      if (Number.isNaN(values[row])) throw bad(table, what, name, row, 'nothing');
    }
  }
  return values;
}

function timesOf(table: ReadTable, name: string): Float64Array {
  const column: Column | undefined = table.columns[placeIn(table, name)];
  if (column === undefined || (column.kind !== 'number' && column.kind !== 'date')) {
    const received = column?.categories?.slice(0, 3).join(', ') ?? 'texts that all differ';
    throw expected('ERR_CONFIG', 'a column of ISO 8601 dates or numbers', `timeColumn ${name.trim()}`, received, { path: 'timeColumn' });
  }
  return valuesOf(table, name, 'a time');
}

function partsBy(table: ReadTable, name: string): Uint8Array {
  const words = table.columns[placeIn(table, name)]!.categories!;
  const partOf = words.map(partNamed);
  return Uint8Array.from(valuesOf(table, name, 'train, validation or test'), (code, row) => {
    const part = partOf[code]!;
    if (part < 0) throw bad(table, 'train, validation or test', name, row, `'${words[code]!}' (splitColumn=null takes it for a feature)`);
    return part;
  });
}

function bad({ placeOf }: ReadTable, what: string, name: string, row: number, received: string): Error {
  const { where, details } = placeOf(name, row);
  return badFile(what, where, received, details);
}

function without(table: ReadTable, taken: readonly string[]): ReadTable {
  const { columns, features } = table;
  const kept = columns.flatMap(({ name }, at) => (taken.some((one) => one.trim() === name.trim()) ? [] : [at]));
  features.keep(kept);
  return { ...table, columns: kept.map((at) => columns[at]!) };
}
