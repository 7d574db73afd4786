import { requireMemory } from '../../machine';
import type { DataSplits, LoadedRows } from '../dataset';
import { badFile } from '../files';
import type { MaybeChunked, TableOptions } from '../table';
import type { ColumnKind } from './column';
import { findColumn } from './findColumn';
import type { ReadTable, TablePlan } from './plan';
import { readTable, readTableInParts } from './readTable';
import type { RowReader } from './rowReader';
import { kindsByPlace, splitColumns } from './splitColumns';
import { kindOf, placeOfWeights, placesOfTargets } from './targetColumns';
import type { TargetOption } from './targetColumns';
import { ValueReader } from './values';
import type { ValueColumn, ValueTable } from './values';

/** Options of tables whose columns have names and values. */
export interface ValueOptions extends Omit<TableOptions, 'chunkRows'> {
  /** Only of tables in files whose features stay on disk. */
  readonly chunkRows?: never;
  /** The column of the classes or targets, by name or by number from 0, or several columns of numbers; by default the last. */
  readonly target?: TargetOption;
  /** The column that says how much each row counts, in numbers ≥ 0; it is no feature then. */
  readonly weightColumn?: string;
  /** What columns are, by name; by default what their values look like, see docs/data.md. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
}

/** A table of values that is read row by row. */
export interface ValueRows {
  readonly columns: readonly Pick<ValueColumn, 'name' | 'kind'>[];
  /** About how many rows there are; 0 for none. */
  readonly rows: number;
}

/**
 * The three parts of a table of values in memory. Throws ERR_DATA, with row and column, for a table without rows or features, a target that is
 * missing and a value of no such kind, ERR_CONFIG for a target that is no column and for sizes that do not fit.
 *
 * @param file its path, or a name for rows that are in no file.
 */
export function splitValues(file: string, values: ValueTable, options: ValueOptions, isFile: boolean): DataSplits {
  const { plan, split } = planValues(file, values, options, isFile);
  return split(readTable(() => new ValueReader(values, file), plan)) as DataSplits; // as there are no chunkRows
}

/** {@link splitValues} of a file that is read from its beginning each time that `open` is called. */
export function splitRows(file: string, rows: ValueRows & { readonly open: () => RowReader }, options: MaybeChunked<ValueOptions>): LoadedRows {
  const { plan, split } = planValues(file, rows, options, true);
  return split(readTable(rows.open, plan));
}

/** {@link splitRows} of a file that is read in parts. */
export async function splitParts(
  file: string, rows: ValueRows & { readonly open: () => AsyncIterable<RowReader> }, options: MaybeChunked<ValueOptions>,
): Promise<LoadedRows> {
  const { plan, split } = planValues(file, rows, options, true);
  return split(await readTableInParts(rows.open, plan));
}

function planValues(file: string, { columns, rows }: ValueRows, options: MaybeChunked<ValueOptions>, isFile: boolean): { plan: TablePlan; split: (table: ReadTable) => LoadedRows } {
  const names = columns.map(({ name }) => name);
  if (rows === 0 || names.length === 0) throw badFile('rows', file, isFile ? 'an empty file' : 'none');
  const { target, weightColumn, numericTargets, chunkRows } = options;
  const targetsAt = target === undefined ? [names.length - 1] : placesOfTargets(target, names, numericTargets, (one) => findColumn(names, one));
  const weightAt = placeOfWeights(weightColumn, names, targetsAt);
  const kinds = kindsByPlace(options.columns, names, [...targetsAt, weightAt], options);
  if (isFile && chunkRows === undefined) requireMemory(16 * rows * names.length, 'dataFile', file);
  const plan: TablePlan = {
    file, names, targetsAt, targetKind: kindOf(numericTargets), weightAt, kinds, commaIsDecimal: false, rows, isOnDisk: chunkRows !== undefined,
    declared: new Map(columns.flatMap(({ kind }, at) => (kind === undefined ? [] : [[at, kind] as const]))),
  };
  const targetNames = targetsAt.map((at) => names[at]!);
  const split = (table: ReadTable): LoadedRows => splitColumns(file, table, {
    targetNames,
    notes: [
      `target${targetNames.length > 1 ? 's' : ''} ${targetNames.join(' and ')}${target === undefined ? ', the last' : ''}`,
      ...(weightAt === undefined ? [] : [`${names[weightAt]!} is the weight of a row`]),
    ],
    choices: { target: targetNames.join(), ...(weightAt !== undefined && { weights: names[weightAt]! }) },
    kinds,
    ...(!isFile && { contents: contentsOf(table) }),
  }, options);
  return { plan, split };
}

/** What the digest of a table that is in no file is computed from; its features are in memory. */
function contentsOf({ features, targets, weights, columns, targetTexts }: ReadTable): Uint8Array[] {
  const layout = features.layout();
  const numbers = 'features' in layout ? [layout.features] : [];
  const bytes = [...numbers, targets, ...(weights === undefined ? [] : [weights])].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return [...bytes, new TextEncoder().encode(JSON.stringify([columns, targetTexts]))];
}
