import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkOptions, checkText } from '../../arguments';
import { expected, nearest } from '../../errors';
import { requireMemory } from '../../machine';
import { columnKinds } from '../columns/column';
import type { ColumnKind } from '../columns/column';
import type { DataSplits } from '../dataset';
import { badFile, readingFile } from '../files';
import { splitTable } from '../table';
import type { TableOptions } from '../table';
import { CellReader } from './cells';
import { columnsOf } from './columns';
import { classify } from './labels';
import { readTable } from './read';
import { findDelimiter } from './delimiter';
import { utf8Of } from './utf8';

export interface CsvOptions extends Omit<TableOptions, 'chunkRows'> {
  /** The column of the classes or targets, by name or by number from 0; by default the last. */
  readonly target?: string | number;
  /**
   * Whether the first line names the columns. By default it does unless it has a number in it that looks like one of a row: see
   * docs/data.md. What was assumed is in the description of the data's origin.
   */
  readonly header?: boolean;
  /** What stands between cells, one character; by default what divides the first lines alike, a comma where several do. */
  readonly delimiter?: string;
  /** What columns are, by name; by default what their cells look like, see docs/data.md. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
}

/** Bytes that one buffer of Node.js holds, and that places in it are counted in. */
const maxBytes = 2 ** 31 - 1;

/**
 * Loads a table of comma-separated values (RFC 4180, UTF-8): one row a line, one column the target, all others features: numbers,
 * categories, booleans or dates, of which some may be missing. The texts in the target column are the names of the classes, numbered in
 * the order of numbers where all are numbers, else of their characters; 1 and 1.0 are one class. Throws ERR_DATA, with file, line and
 * column, for a cell that is no number in a column of numbers, for a target that is missing, for a line of another length, for text that is
 * not UTF-8 and for two columns of the target's name; ERR_CONFIG for a target that is no column and for sizes that do not fit; ERR_MEMORY
 * for a table that does not fit into memory.
 */
export function loadCsv(file: string, options: CsvOptions = {}): DataSplits {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const given = readingFile(file, () => readFileSync(file));
  if (given.length > maxBytes) throw badFile('at most 2 GB of text', file, `${String(given.length)} bytes; NumPy arrays (.npy) may be larger`);
  const bytes = utf8Of(given, file);
  const { delimiter, from, line, note: between } = findDelimiter(bytes, options.delimiter);
  if (delimiter.charCodeAt(0) > 127) throw expected('ERR_CONFIG', 'one ASCII character', 'delimiter', delimiter, { path: 'delimiter' });
  const reader = (): CellReader => new CellReader(bytes, delimiter.charCodeAt(0), file, from, line);
  const { names, targetAt, isHeader, isUnusual, notes } = columnsOf(reader, file, options);
  const kinds = kindsOf(options.columns, names, targetAt);
  const rows = estimateRows(reader());
  requireMemory(16 * rows * names.length, 'dataFile', file);
  const table = readTable(() => (isHeader ? behindFirst(reader()) : reader()), {
    file, names, targetAt, targetIsText: options.numericTargets !== true, kinds, commaIsDecimal: delimiter !== ',', rows,
  });
  if (table.columns.length === 0) throw badFile('a feature beside the target', file, 'none');
  const classes = options.numericTargets === true ? undefined : classify(table.targetTexts);
  const merged = classes?.merged ?? [];
  return splitTable({
    ...(classes === undefined
      ? { targets: table.targets, classNames: [] }
      : { labels: Int32Array.from(table.targets, (code) => classes.labels[code]!), classNames: classes.classNames }),
    layout: { features: table.features, rows: table.rows, featureSize: table.columns.length },
    columns: table.columns,
    files: [file],
    name: basename(file),
    notes: [...notes, between, ...table.notes, ...merged.slice(0, 3).map((spellings) => `${spellings.map((name) => name.trim()).join(' and ')} are one class`)],
    // What the file alone decides is left out where it is as it always was, so that earlier runs find their digest.
    choices: {
      target: names[targetAt]!,
      ...(isUnusual && { header: 'unusual' }),
      ...(delimiter !== ',' && { delimiter }),
      ...(kinds.size > 0 && { columns: JSON.stringify([...kinds]) }),
      ...(merged.length > 0 && { classes: classes!.classNames.length }),
    },
  }, options) as DataSplits;
}

/** What columns are said to be, by their place. Throws ERR_CONFIG for an unknown name or kind, and for the target. */
function kindsOf(columns: CsvOptions['columns'] = {}, names: readonly string[], targetAt: number): ReadonlyMap<number, ColumnKind> {
  return new Map(Object.entries(columns).map(([name, kind]) => {
    const at = names.findIndex((one) => one.trim() === name.trim());
    if (at < 0 || at === targetAt) {
      const what = at < 0 ? `the names of columns${suggestion(name, names)}` : `features (${name} is the target)`;
      throw expected('ERR_CONFIG', what, 'columns', name, { path: 'columns' });
    }
    if (!columnKinds.includes(kind)) throw expected('ERR_CONFIG', columnKinds.join(', '), `columns.${name}`, kind, { path: `columns.${name}` });
    return [at, kind];
  }));
}

function suggestion(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/** Lines by which the number of rows is estimated. */
const sampleLines = 1000;

/** How many rows there are, about, by the length of the first. */
function estimateRows(reader: CellReader): number {
  const { position: from } = reader;
  let lines = 0;
  while (lines < sampleLines && reader.next()) lines++;
  return lines < sampleLines ? lines : Math.ceil((1.02 * lines * (reader.bytes.length - from)) / (reader.position - from));
}

function behindFirst(reader: CellReader): CellReader {
  reader.next();
  return reader;
}
