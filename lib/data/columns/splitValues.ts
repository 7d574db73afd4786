import type { DataSplits } from '../dataset';
import { badFile } from '../files';
import type { TableOptions } from '../table';
import type { ColumnKind } from './column';
import { findColumn } from './findColumn';
import type { ReadTable } from './plan';
import { readTable } from './readTable';
import { kindsByPlace, splitColumns } from './splitColumns';
import { kindOf, placeOfWeights, placesOfTargets } from './targetColumns';
import type { TargetOption } from './targetColumns';
import { ValueReader } from './values';
import type { ValueTable } from './values';

/** Options of tables whose columns have names and values. */
export interface ValueOptions extends Omit<TableOptions, 'chunkRows'> {
  /** The column of the classes or targets, by name or by number from 0, or several columns of numbers; by default the last. */
  readonly target?: TargetOption;
  /** The column that says how much each row counts, in numbers ≥ 0; it is no feature then. */
  readonly weightColumn?: string;
  /** What columns are, by name; by default what their values look like, see docs/data.md. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
}

/**
 * The three parts of a table of values. Throws ERR_DATA, with row and column, for a table without rows or features, a target that is missing
 * and a value of no such kind, ERR_CONFIG for a target that is no column and for sizes that do not fit.
 *
 * @param file its path, or a name for rows that are in no file.
 */
export function splitValues(file: string, values: ValueTable, options: ValueOptions, isFile: boolean): DataSplits {
  const names = values.columns.map(({ name }) => name);
  if (values.rows === 0 || names.length === 0) throw badFile('rows', file, isFile ? 'an empty file' : 'none');
  const { target, weightColumn, numericTargets } = options;
  const targetsAt = target === undefined ? [names.length - 1] : placesOfTargets(target, names, numericTargets, (one) => findColumn(names, one));
  const weightAt = placeOfWeights(weightColumn, names, targetsAt);
  const kinds = kindsByPlace(options.columns, names, [...targetsAt, weightAt], options);
  const table = readTable(() => new ValueReader(values, file), {
    file, names, targetsAt, targetKind: kindOf(numericTargets), weightAt, kinds, commaIsDecimal: false, rows: values.rows,
    declared: new Map(values.columns.flatMap(({ kind }, at) => (kind === undefined ? [] : [[at, kind] as const]))),
  });
  const targetNames = targetsAt.map((at) => names[at]!);
  return splitColumns(file, table, {
    targetNames,
    notes: [
      `target${targetNames.length > 1 ? 's' : ''} ${targetNames.join(' and ')}${target === undefined ? ', the last' : ''}`,
      ...(weightAt === undefined ? [] : [`${names[weightAt]!} is the weight of a row`]),
    ],
    choices: { target: targetNames.join(), ...(weightAt !== undefined && { weights: names[weightAt]! }) },
    kinds,
    ...(!isFile && { contents: contentsOf(table) }),
  }, options);
}

/** What the digest of a table that is in no file is computed from. */
function contentsOf({ features, targets, weights, columns, targetTexts }: ReadTable): Uint8Array[] {
  const bytes = [features.values, targets, ...(weights === undefined ? [] : [weights])].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return [...bytes, Buffer.from(JSON.stringify([columns, targetTexts]))];
}
