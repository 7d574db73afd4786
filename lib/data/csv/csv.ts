import { checkOptions, checkText } from '../../arguments';
import { expected } from '../../errors';
import { requireMemory } from '../../machine';
import type { ColumnKind } from '../columns/column';
import type { Dataset, DataSplits, StoredDataset } from '../dataset';
import type { MaybeChunked, TableOptions } from '../table';
import { CellReader } from './cells';
import { columnsOf } from './columns';
import { ownRows } from '../ownRows';
import { readTable } from '../columns/readTable';
import { kindsByPlace, splitColumns } from '../columns/splitColumns';
import { kindOf, placeOfWeights } from '../columns/targetColumns';
import type { TargetOption } from '../columns/targetColumns';
import { findDelimiter } from './delimiter';
import { TextReader } from './textReader';
import type { Encoding } from './encodings';

export interface CsvOptions extends Omit<TableOptions, 'chunkRows'> {
  /** Only of tables whose features stay on disk, see below. */
  readonly chunkRows?: never;
  /** The column of the classes or targets, by name or by number from 0, or several columns of numbers; by default the last. */
  readonly target?: TargetOption;
  /** The column that says how much each row counts, in numbers ≥ 0; it is no feature then. */
  readonly weightColumn?: string;
  /**
   * Whether the first line names the columns. By default it does unless it has a number in it that looks like one of a row: see
   * docs/data.md. What was assumed is in the description of the data's origin.
   */
  readonly header?: boolean;
  /** What stands between cells, one character; by default what divides the first lines alike, a comma where several do. */
  readonly delimiter?: string;
  /** How characters are written as bytes; by default UTF-8, or UTF-16 where the file begins with its byte order mark. */
  readonly encoding?: Encoding;
  /** What columns are, by name; by default what their cells look like, see docs/data.md. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
}

/**
 * Loads a table of comma-separated values (RFC 4180, UTF-8): one row a line, one column the target, all others features: numbers,
 * categories, booleans or dates, of which some may be missing. The texts in the target column are the names of the classes, numbered in
 * the order of numbers where all are numbers, else of their characters; 1 and 1.0 are one class. Throws ERR_DATA, with file, line and
 * column, for a cell that is no number in a column of numbers, for a target that is missing, for a weight below 0, for a line of another length, for text that is
 * not UTF-8 and for two columns of the target's name; ERR_CONFIG for a target that is no column and for sizes that do not fit; ERR_MEMORY
 * for a table that does not fit into memory.
 */
export function loadCsv(file: string, options?: CsvOptions): DataSplits;
/** With `chunkRows`, features stay in a temporary file, which is removed when this thread ends; with so many training rows in memory at a time. */
export function loadCsv(file: string, options: MaybeChunked<CsvOptions>): DataSplits<Dataset | StoredDataset>;
export function loadCsv(file: string, options: MaybeChunked<CsvOptions> = {}): DataSplits<Dataset | StoredDataset> {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const open = (): TextReader => new TextReader(file, options.encoding);
  const { delimiter, from, line, note: between } = findDelimiter(open().next() ?? Buffer.alloc(0), options.delimiter);
  if (delimiter.charCodeAt(0) > 127) throw expected('ERR_CONFIG', 'one ASCII character', 'delimiter', delimiter, { path: 'delimiter' });
  const reader = (): CellReader => new CellReader(open(), delimiter.charCodeAt(0), from, line);
  const { names, targetsAt, isHeader, isUnusual, notes } = columnsOf(reader, file, options);
  const weightAt = placeOfWeights(options.weightColumn, names, targetsAt);
  const kinds = kindsByPlace(options.columns, names, [...targetsAt, weightAt], options);
  const rows = estimateRows(reader());
  const isOnDisk = options.chunkRows !== undefined;
  if (!isOnDisk) requireMemory(16 * rows * names.length, 'dataFile', file);
  const table = readTable(() => (isHeader ? behindFirst(reader()) : reader()), {
    file, names, targetsAt, targetKind: kindOf(options.numericTargets), weightAt, kinds, commaIsDecimal: delimiter !== ',', rows, isOnDisk,
  });
  const targetNames = targetsAt.map((at) => names[at]!);
  return ownRows(splitColumns(file, table, {
    targetNames,
    notes: [...notes, ...(weightAt === undefined ? [] : [`${names[weightAt]!.trim()} is the weight of a row`]), between],
    // What the file alone decides is left out where it is as it always was, so that earlier runs find their digest.
    choices: { target: targetNames.join(), ...(weightAt !== undefined && { weights: names[weightAt]! }), ...(isUnusual && { header: 'unusual' }), ...(delimiter !== ',' && { delimiter }), ...(options.encoding !== undefined && { encoding: options.encoding }) },
    kinds,
  }, options));
}

/** Lines by which the number of rows is estimated. */
const sampleLines = 1000;

/** How many rows there are, about, by the length of the first. */
function estimateRows(reader: CellReader): number {
  let lines = 0;
  while (lines < sampleLines && reader.next()) lines++;
  return lines < sampleLines ? lines : Math.ceil((1.02 * lines) / reader.progress);
}

function behindFirst(reader: CellReader): CellReader {
  reader.next();
  return reader;
}
