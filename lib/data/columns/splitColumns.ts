import { expected } from '../../errors';
import type { LoadedRows } from '../dataset';
import { badFile } from '../files';
import { splitTable } from '../table';
import type { TableOptions } from '../table';
import { columnKinds } from './column';
import type { Column, ColumnKind } from './column';
import { classify } from './labels';
import type { ReadTable } from './plan';
import { suggestion, takeSplitters, withSplitters } from './splitters';
import type { Splitters } from './splitters';
import { kindOf } from './targetColumns';

/** What was assumed about a table, and what else than its file decides about its contents. */
interface Assumptions {
  readonly targetNames: readonly string[];
  readonly notes: readonly string[];
  readonly choices: Readonly<Record<string, string | number | null>>;
  readonly kinds: ReadonlyMap<number, ColumnKind>;
  /** What the table holds, for its digest, where it is in no file; `file` is then a name. */
  readonly contents?: readonly Uint8Array[];
}

/** How a table of columns is divided, and what these were said to be. */
type ColumnsOptions = TableOptions & { readonly columns?: Readonly<Record<string, ColumnKind>> };

/**
 * The three parts of a table that was read: texts of the target become classes. Throws ERR_DATA for one without features, and what
 * {@link takeSplitters} and {@link splitTable} throw.
 */
export function splitColumns(file: string, read: ReadTable, assumptions: Assumptions, options: ColumnsOptions): LoadedRows {
  try {
    return splitRead(file, read, assumptions, options);
  } catch (error) {
    read.features.remove();
    throw error;
  }
}

function splitRead(file: string, read: ReadTable, { targetNames, notes, choices, kinds, contents }: Assumptions, options: ColumnsOptions): LoadedRows {
  const { timeColumn, columns = {} } = options;
  const isTimeIgnored = Object.entries(columns).some(([name, kind]) => kind === 'ignore' && name.trim() === timeColumn?.trim());
  const { table, ...division } = takeSplitters(read, options, isTimeIgnored);
  if (table.columns.length === 0) throw badFile('a feature beside the target', file, 'none');
  const classes = kindOf(options.numericTargets) === 'classes' ? classify(table.targetTexts) : undefined;
  const merged = classes?.merged ?? [];
  return splitTable({
    targetNames,
    ...(classes === undefined
      ? { targets: table.targets, classNames: [] }
      : { labels: labelsOf(table.targets, classes.labels), classNames: classes.classNames }),
    layout: table.features.layout(),
    columns: table.columns,
    division,
    ...(table.weights && { weights: table.weights }),
    files: contents === undefined ? [file] : [],
    ...(contents && { contents }),
    name: contents === undefined ? file.replace(/^.*[/\\](?=.)/, '') : file,
    notes: [...notes, ...table.notes, ...merged.slice(0, 3).map((spellings) => `${spellings.map((name) => name.trim()).join(' and ')} are one class`)],
    choices: {
      ...choices,
      ...(kinds.size > 0 && { columns: JSON.stringify([...kinds]) }),
      ...(merged.length > 0 && { classes: classes!.classNames.length }),
    },
  }, options);
}

/** The labels of rows by the codes of their texts. */
function labelsOf(codes: Float64Array, labelOf: Int32Array): Int32Array {
  const labels = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) labels[row] = labelOf[codes[row]!]!;
  return labels;
}

/**
 * What columns are said to be, or have to be as they divide the rows, by their place. Throws ERR_CONFIG for an unknown name or kind, and
 * for a target or the weights, `taken`.
 */
export function kindsByPlace(
  columns: Readonly<Record<string, ColumnKind>> = {}, names: readonly string[], taken: readonly (number | undefined)[], options: Splitters & Pick<TableOptions, 'like'>,
): ReadonlyMap<number, ColumnKind> {
  if (options.like !== undefined) return kindsLike(options.like, names, taken);
  const kinds = new Map(Object.entries(columns).map(([name, kind]) => {
    const at = names.findIndex((one) => one.trim() === name.trim());
    if (at < 0 || taken.includes(at)) {
      const what = at < 0 ? `the names of columns${suggestion(name, names)}` : `features (${name} is ${at === taken.at(-1) ? 'the weights' : 'the target'})`;
      throw expected('ERR_CONFIG', what, 'columns', name, { path: 'columns' });
    }
    if (!columnKinds.includes(kind)) throw expected('ERR_CONFIG', columnKinds.join(', '), `columns.${name}`, kind, { path: `columns.${name}` });
    return [at, kind];
  }));
  return withSplitters(kinds, names, taken, options);
}

/** What columns are read as, so that {@link alignColumns} can make those of another table of them: both kinds of names as texts; other columns are left out. */
function kindsLike(like: readonly Column[], names: readonly string[], taken: readonly (number | undefined)[]): ReadonlyMap<number, ColumnKind> {
  const kinds = new Map(like.map(({ name, kind }) => [name.trim(), kind === 'boolean' ? 'category' : kind]));
  return new Map(names.flatMap((name, at) => (taken.includes(at) ? [] : [[at, kinds.get(name.trim()) ?? 'ignore']])));
}
