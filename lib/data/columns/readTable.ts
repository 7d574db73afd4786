import { cellPlace } from './plan';
import type { CellPlace, ReadTable, TablePlan } from './plan';
import { Reading } from './reading';
import type { RowReader } from './rowReader';

/** Reads all rows, again where a column of numbers turns out to hold texts. Throws ERR_DATA, with line and column. */
export function readTable(reader: () => RowReader, plan: TablePlan): ReadTable {
  const texts = new Set<number>([...plan.kinds].flatMap(([at, kind]) => (kind === 'number' || kind === 'ignore' || plan.declared?.get(at) === kind ? [] : [at])));
  for (;;) {
    const reading = new Reading(plan, texts, (row) => readerAt(reader(), row));
    const found = reading.readAll(reader());
    if (found.size === 0) return { ...reading.table(), placeOf: (column, row) => placeOf(readerAt(reader(), row), plan, column) };
    for (const at of found) texts.add(at);
  }
}

/** The table is read again up to a row: places are asked for in errors alone. */
function readerAt(reader: RowReader, row: number): RowReader {
  for (let i = 0; i <= row; i++) reader.next();
  return reader;
}

function placeOf(reader: RowReader, { file, names }: TablePlan, column: string): CellPlace {
  return cellPlace(file, names, reader, names.findIndex((name) => name.trim() === column.trim()));
}
