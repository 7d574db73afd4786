import { parseNumber } from '../../numbers';
import type { CellReader } from './cells';
import { findColumn, placesOf } from '../columns/findColumn';
import { placesOfTargets, targetList } from '../columns/targetColumns';
import type { TargetOption } from '../columns/targetColumns';
import { badFile } from '../files';
import type { TableOptions } from '../table';

/** Options about a table's columns. */
export interface ColumnOptions {
  readonly target?: TargetOption;
  readonly header?: boolean;
  readonly numericTargets?: TableOptions['numericTargets'];
}

/** A table's columns, and the assumptions made about them. */
export interface Columns {
  readonly names: readonly string[];
  readonly targetsAt: readonly number[];
  readonly isHeader: boolean;
  /** Whether the first line is taken for names although it holds a number, or for a row although it holds none. */
  readonly isUnusual: boolean;
  /** Assumptions as readable phrases. */
  readonly notes: readonly string[];
}

/**
 * Determines the names of a table's columns and which are targets. Throws ERR_DATA for a table without rows and where two columns
 * have a target's name, ERR_CONFIG for a target that is no column or is ambiguous and for several columns of classes.
 */
export function columnsOf(readerOf: () => CellReader, file: string, options: ColumnOptions): Columns {
  const { target } = options;
  const reader = readerOf();
  if (!reader.next()) throw badFile('rows', file, 'an empty file');
  const [cells, line] = [reader.texts(), reader.line];
  const { isHeader, note } = readHeader(cells, readerOf, options);
  const columns = isHeader ? cells : cells.map((_, i) => String(i));
  if (isHeader && !reader.next()) throw badFile('rows', file, 'a header alone');
  if (columns.length < 2) throw badFile('two columns or more', file, '1 (set delimiter to the character between cells)');
  const targetsAt = target === undefined ? [columns.length - 1] : placesOfTargets(target, columns, options.numericTargets, (one) => findColumn(columns, one));
  for (const at of targetsAt) {
    const name = columns[at]!.trim();
    const twins = placesOf(columns, name);
    if (twins.length > 1) {
      throw badFile(`one column named '${name}', which is the target,`, `${file}, line ${String(line)}`, `columns ${numbered(twins)}`, { file, line });
    }
  }
  const called = targetsAt.map((at) => (columns[at]!.trim() === '' || !isHeader ? `column ${String(at + 1)}` : columns[at]!.trim()));
  const others = [...new Set(columns.map((column) => column.trim()))].filter((column) => column !== '' && placesOf(columns, column).length > 1);
  return {
    names: columns, targetsAt, isHeader,
    isUnusual: isHeader === cells.some(isNumber),
    notes: [
      note,
      `target${called.length > 1 ? 's' : ''} ${called.join(' and ')}${target === undefined ? ', the last' : ''}`,
      ...others.slice(0, 3).map((column) => {
        const places = placesOf(columns, column);
        return `columns ${numbered(places)} are ${places.length === 2 ? 'both' : 'all'} named ${column}`;
      }),
    ],
  };
}

const isNumber = (cell: string): boolean => parseNumber(cell) !== undefined;
const numbered = (places: readonly number[]): string => places.map((place) => String(place + 1)).join(' and ');

/** Whether the first line names the columns, and a phrase that says why. */
function readHeader(cells: readonly string[], readerOf: () => CellReader, options: ColumnOptions): { isHeader: boolean; note: string } {
  const names = 'the first line names the columns';
  if (options.header !== undefined) {
    return { isHeader: options.header, note: options.header ? `${names}, as header says` : 'the first line is a row, as header says' };
  }
  if (!cells.some(isNumber)) return { isHeader: true, note: names };
  const reason = reasonForHeader(cells, readerOf, options);
  return reason === undefined
    ? { isHeader: false, note: 'the first line is taken for a row, as it holds numbers: header=true takes it for names' }
    : { isHeader: true, note: `the first line is taken for names of columns, as ${reason}: header=false takes it for a row` };
}

/** Why a first line with a number in it is a header nevertheless, as in a data frame with numbered columns; undefined if it is not. */
function reasonForHeader(cells: readonly string[], readerOf: () => CellReader, { target, numericTargets }: ColumnOptions): string | undefined {
  const asked = target === undefined ? [] : targetList(target, cells);
  const named = asked.find((one): one is string => typeof one === 'string' && !isNumber(one) && placesOf(cells, one.trim()).length > 0);
  if (named !== undefined) return `${named.trim()} is the target`;
  const places = asked.map((one) => (typeof one === 'number' && one < cells.length ? one
    : typeof one === 'string' && /^\d+$/.test(one) && Number(one) < cells.length ? Number(one) : cells.length - 1));
  const targetAt = places[0] ?? cells.length - 1;
  const features = cells.filter((_, i) => i !== targetAt && !places.includes(i));
  const text = features.find((cell) => !isNumber(cell));
  if (text !== undefined) return `'${text}' is no number`;
  if (countsUp(cells)) return 'it counts them';
  const label = cells[targetAt]!;
  if (isNumber(label)) return undefined;
  const below = textsBelow(readerOf(), targetAt);
  if ((numericTargets !== undefined && numericTargets !== false) || (below.size > 0 && [...below].every((cell) => cell !== undefined && isNumber(cell)))) return `'${label}' is no number`;
  const rises = features.every((cell, i) => /^\s*\d+\s*$/.test(cell) && (i === 0 || Number(cell) > Number(features[i - 1])));
  return rises && !below.has(label) ? `'${label}' is in no other line` : undefined;
}

/** The different texts of a column below the first line; undefined where a line ends before it. */
function textsBelow(reader: CellReader, at: number): ReadonlySet<string | undefined> {
  const texts = new Set<string | undefined>();
  reader.next();
  while (reader.next()) texts.add(at < reader.count ? reader.text(at) : undefined);
  return texts;
}

/** 0, 1, 2, … or 1, 2, 3, …, three or more. */
function countsUp(cells: readonly string[]): boolean {
  const from = Number(cells[0]);
  return cells.length >= 3 && (from === 0 || from === 1) && cells.every((cell, i) => cell.trim() === String(from + i));
}
